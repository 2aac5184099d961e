#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "net/dns_msg.h"

#define HEADER_LEN   12
#define NAME_MOST    255 /* on the wire, RFC 1035 3.1 */
#define LABEL_MOST   63
#define EDNS_PAYLOAD 1232 /* what passes everywhere unfragmented */

#define FLAG_QR	     0x8000
#define FLAG_OPCODE  0x7800
#define FLAG_AA	     0x0400
#define FLAG_TC	     0x0200
#define FLAG_RD	     0x0100
#define FLAG_RA	     0x0080
#define FLAG_RCODE   0x000f

static void put_u16(uint8_t *out, unsigned int v)
{
	out[0] = (uint8_t)(v >> 8);
	out[1] = (uint8_t)v;
}

static bool is_letter(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

/* The wire form of name; its length or -EINVAL. */
static int name_put(const char *name, uint8_t out[NAME_MOST])
{
	size_t at = 0;

	if (strcmp(name, ".") == 0)
		name++;
	while (*name != '\0') {
		size_t len = strcspn(name, ".");

		/* The root's own byte must still fit. */
		if (len == 0 || len > LABEL_MOST || at + len + 2 > NAME_MOST)
			return -EINVAL;
		out[at++] = (uint8_t)len;
		memcpy(out + at, name, len);
		at += len;
		name += len;
		if (*name == '.')
			name++;
	}
	out[at++] = 0;
	return (int)at;
}

static void mix_letters(uint8_t *name, size_t len, uint32_t random)
{
	unsigned int bit = 0;

	for (size_t i = 0; i < len; i++) {
		/* A label's length (at most 63) is never taken for a letter. */
		if (!is_letter(name[i]))
			continue;
		name[i] = (uint8_t)(lower(name[i]) -
				    ((random >> bit & 1) ? 32 : 0));
		bit = (bit + 1) % 32;
	}
}

void dns_name_mix(char *name, uint32_t random)
{
	mix_letters((uint8_t *)name, strlen(name), random);
}

int dns_query_build(const char *name, uint16_t type, uint16_t class,
		    uint16_t id, bool recursion_desired, bool mix_case,
		    uint32_t random, uint8_t out[DNS_QUERY_SIZE])
{
	static const uint8_t opt[] = {
		0, 0, DNS_OPT, EDNS_PAYLOAD >> 8, EDNS_PAYLOAD & 0xff,
		0, 0, 0, 0, 0, 0,
	};
	uint8_t wire[NAME_MOST];
	size_t len, at = HEADER_LEN;
	int r;

	r = name_put(name, wire);
	if (r < 0)
		return r;
	len = (size_t)r;
	memset(out, 0, HEADER_LEN);
	put_u16(out, id);
	put_u16(out + 2, recursion_desired ? FLAG_RD : 0);
	put_u16(out + 4, 1);  /* one question */
	put_u16(out + 10, 1); /* the OPT record, RFC 6891 6.1 */
	memcpy(out + at, wire, len);
	if (mix_case)
		mix_letters(out + at, len, random);
	at += len;
	put_u16(out + at, type);
	put_u16(out + at + 2, class);
	at += 4;
	memcpy(out + at, opt, sizeof(opt));
	return (int)(at + sizeof(opt));
}

/* Where the one question of a query ends, or 0. */
static size_t question_end(const uint8_t *query, size_t len)
{
	size_t at = HEADER_LEN;

	if (len < HEADER_LEN)
		return 0;
	while (at < len && query[at] != 0) {
		if (query[at] > LABEL_MOST)
			return 0;
		at += 1u + query[at];
	}
	return at + 5 <= len ? at + 5 : 0;
}

static bool may_lack_question(unsigned int rcode)
{
	return rcode == DNS_FORMERR || rcode == DNS_NOTIMP ||
	       rcode == DNS_SERVFAIL || rcode == DNS_REFUSED;
}

int dns_answer_open(const uint8_t *query, size_t query_len,
		    const uint8_t *data, size_t len, struct dns_answer *ret)
{
	struct dns_answer a = { .data = data, .len = len, .at = HEADER_LEN };
	size_t end = question_end(query, query_len);
	struct buf_reader r = buf_reader(data, len);
	uint16_t flags, counts[4];

	if (end == 0 || buf_read_u16(&r, &a.id) < 0 ||
	    buf_read_u16(&r, &flags) < 0)
		return -EBADMSG;
	for (int i = 0; i < 4; i++)
		if (buf_read_u16(&r, &counts[i]) < 0)
			return -EBADMSG;
	if (memcmp(query, data, 2) != 0 || !(flags & FLAG_QR) ||
	    (flags & FLAG_OPCODE))
		return -EBADMSG;
	a.rcode = flags & FLAG_RCODE;
	a.aa = flags & FLAG_AA;
	a.tc = flags & FLAG_TC;
	a.ra = flags & FLAG_RA;
	if (counts[0] == 1) {
		if (len < end || memcmp(query + HEADER_LEN, data + HEADER_LEN,
					end - HEADER_LEN) != 0)
			return -EBADMSG;
		a.at = end;
	} else if (counts[0] != 0 || !may_lack_question(a.rcode)) {
		return -EBADMSG;
	}
	for (int i = 0; i < 3; i++)
		a.left[i] = counts[i + 1];
	*ret = a;
	return 0;
}

static void lower_all(uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		bytes[i] = (uint8_t)lower(bytes[i]);
}

bool dns_answer_differs_in_case(const uint8_t *query, size_t query_len,
				const uint8_t *data, size_t len)
{
	uint8_t q[DNS_QUERY_SIZE], d[DNS_QUERY_SIZE];
	size_t end = question_end(query, query_len);
	struct dns_answer a;

	if (end == 0 || end > sizeof(q) || len < end)
		return false;
	memcpy(q, query, end);
	memcpy(d, data, end);
	/* Lengths of labels are no letters, type and class are not touched. */
	lower_all(q + HEADER_LEN, end - 4 - HEADER_LEN);
	lower_all(d + HEADER_LEN, end - 4 - HEADER_LEN);
	return memcmp(query, data, end) != 0 &&
	       dns_answer_open(q, end, d, end, &a) == 0;
}

/*
 * One character of a name in text. What no host name holds becomes '?', so
 * that a dot within a label or a control character misleads nobody.
 */
static char name_char(uint8_t c)
{
	if (c <= ' ' || c >= 0x7f || c == '.' || c == '\\' || c == '"')
		return '?';
	return (char)lower(c);
}

/*
 * The name at r, followed through its pointers; r is left behind it. Each
 * pointer must lead to before all that was read (RFC 1035 4.1.4: "a prior
 * occurrence"), so there is an end.
 */
static int name_get(struct buf_reader *r, char ret[DNS_NAME_SIZE])
{
	struct buf_reader at = *r;
	size_t lowest = r->at, wire = 0, len = 0;
	bool jumped = false;
	const uint8_t *label;
	uint8_t n, low;

	for (;;) {
		if (buf_read_u8(&at, &n) < 0)
			return -EBADMSG;
		if ((n & 0xc0) == 0xc0) {
			if (buf_read_u8(&at, &low) < 0)
				return -EBADMSG;
			if (!jumped)
				*r = at;
			jumped = true;
			at.at = (size_t)((n & 0x3f) << 8 | low);
			if (at.at >= lowest)
				return -EBADMSG;
			lowest = at.at;
			continue;
		}
		wire += 1u + n;
		if (n > LABEL_MOST || wire > NAME_MOST ||
		    buf_read_bytes(&at, n, &label) < 0)
			return -EBADMSG;
		if (n == 0)
			break;
		if (len > 0)
			ret[len++] = '.';
		for (size_t i = 0; i < n; i++)
			ret[len++] = name_char(label[i]);
	}
	ret[len] = '\0';
	if (!jumped)
		*r = at;
	return 0;
}

/* A name that fills its rdata up to the end of r. */
static int target_get(struct buf_reader *r, struct dns_record *rec)
{
	if (name_get(r, rec->target) < 0 || buf_left(r) != 0)
		return -EBADMSG;
	return 0;
}

/* RFC 1035 3.3.13: MNAME, RNAME, five numbers, of which the last counts. */
static int soa_get(struct buf_reader *r, struct dns_record *rec)
{
	char rname[DNS_NAME_SIZE];

	if (name_get(r, rec->target) < 0 || name_get(r, rname) < 0 ||
	    buf_left(r) != 20 || buf_skip(r, 16) < 0)
		return -EBADMSG;
	return buf_read_u32(r, &rec->minimum_s);
}

static int txt_get(struct buf_reader *r, struct dns_record *rec)
{
	size_t len = 0;

	while (buf_left(r) > 0) {
		const uint8_t *part;
		uint8_t n;

		if (buf_read_u8(r, &n) < 0 || buf_read_bytes(r, n, &part) < 0)
			return -EBADMSG;
		for (size_t i = 0; i < n && len < sizeof(rec->text) - 1; i++)
			rec->text[len++] = part[i] ? (char)part[i] : '?';
	}
	rec->text[len] = '\0';
	return 0;
}

static int addr_get(struct buf_reader *r, int family, struct dns_record *rec)
{
	if (addr_from_bytes(family, r->data + r->at, buf_left(r),
			    &rec->addr) < 0)
		return -EBADMSG;
	return 0;
}

/* r ends where the rdata does; pointers may lead to before it. */
static int rdata_get(struct buf_reader *r, struct dns_record *rec)
{
	switch (rec->type) {
	case DNS_A:
		return addr_get(r, AF_INET, rec);
	case DNS_AAAA:
		return addr_get(r, AF_INET6, rec);
	case DNS_NS:
	case DNS_CNAME:
	case DNS_PTR:
		return target_get(r, rec);
	case DNS_SOA:
		return soa_get(r, rec);
	case DNS_TXT:
		return txt_get(r, rec);
	default:
		return 0;
	}
}

/* The head of a record: owner, type, class, TTL; rdata's length in *ret_n. */
static int head_get(struct buf_reader *r, struct dns_record *rec,
		    uint16_t *ret_n)
{
	if (name_get(r, rec->name) < 0 || buf_read_u16(r, &rec->type) < 0 ||
	    buf_read_u16(r, &rec->class) < 0 ||
	    buf_read_u32(r, &rec->ttl_s) < 0 || buf_read_u16(r, ret_n) < 0 ||
	    buf_left(r) < *ret_n)
		return -EBADMSG;
	return 0;
}

int dns_answer_next(struct dns_answer *a, struct dns_record *ret)
{
	struct buf_reader r = buf_reader(a->data, a->len), rdata;
	int section = DNS_ANSWER;
	uint16_t n;

	while (section <= DNS_ADDITIONAL && a->left[section] == 0)
		section++;
	if (section > DNS_ADDITIONAL)
		return 0;
	r.at = a->at;
	memset(&ret->addr, 0, sizeof(ret->addr));
	ret->target[0] = '\0';
	ret->text[0] = '\0';
	ret->minimum_s = 0;
	ret->section = (enum dns_section)section;
	if (head_get(&r, ret, &n) < 0)
		return -EBADMSG;
	rdata = r;
	rdata.len = r.at + n;
	ret->data = r.data + r.at;
	ret->data_len = n;
	if (ret->class == DNS_IN || ret->type == DNS_TXT)
		if (rdata_get(&rdata, ret) < 0)
			return -EBADMSG;
	if (ret->type == DNS_OPT) {
		/* RFC 6891 6.1.3: the upper bits of an extended rcode. */
		unsigned int rcode = (ret->ttl_s >> 24) << 4 | a->rcode;

		a->rcode = (uint8_t)(rcode > UINT8_MAX ? UINT8_MAX : rcode);
	} else if (ret->ttl_s > INT32_MAX) {
		ret->ttl_s = 0; /* RFC 2181 8 */
	}
	a->at = r.at + n;
	a->left[section]--;
	return 1;
}

bool dns_name_equal(const char *a, const char *b)
{
	return str_case_compare(a, b) == 0;
}

const char *dns_rcode_name(unsigned int rcode)
{
	static const char *const names[] = {
		"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN",
		"NOTIMP",  "REFUSED", "YXDOMAIN", "YXRRSET",
		"NXRRSET", "NOTAUTH", "NOTZONE",
	};

	if (rcode < sizeof(names) / sizeof(names[0]))
		return names[rcode];
	return rcode == 16 ? "BADVERS" : "an unknown code";
}
