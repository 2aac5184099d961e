#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <ldns/ldns.h>

#include "net/dns_msg.h"
#include "notify/rfc2136/rfc2136.h"
#include "notify/rfc2136/tsig.h"

/*
 * Written by hand, not by ldns: this is all that lies between an address and
 * the wire, and after weeks of sleep every cache line of it comes from
 * memory. What ldns makes of it is checked by the tests.
 */
#define HEADER_SIZE 12
#define ZONE_AT HEADER_SIZE
#define NAME_MAX_WIRE 255
#define RR_FIXED 10
/* A pointer has 14 bits (RFC 1035, section 4.1.4). */
#define POINTER_MAX 0x3fff
#define OPCODE_UPDATE 5

enum { TYPE_A = 1, TYPE_CNAME = 5, TYPE_SOA = 6, TYPE_AAAA = 28 };
enum { CLASS_IN = 1, CLASS_NONE = 254, CLASS_ANY = 255 };

struct writer {
	uint8_t *data;
	size_t len, size;
	size_t zone_labels; /* length of the zone's text */
	size_t prereqs, updates;
	bool failed;
};

/* Where the owner of a change stands first; 0: beyond any pointer. */
struct owner {
	uint16_t at;
};

static void put(struct writer *w, const void *data, size_t len)
{
	if (w->size - w->len < len) {
		w->failed = true;
		return;
	}
	memcpy(w->data + w->len, data, len);
	w->len += len;
}

static void put_u16(struct writer *w, unsigned int n)
{
	const uint8_t b[2] = { (uint8_t)(n >> 8), (uint8_t)n };

	put(w, b, sizeof(b));
}

static void put_u32(struct writer *w, uint32_t n)
{
	put_u16(w, n >> 16);
	put_u16(w, n & 0xffff);
}

/* The first len bytes of a name's text as labels; without an end. */
static void put_labels(struct writer *w, const char *text, size_t len)
{
	while (len > 0) {
		const char *dot = memchr(text, '.', len);
		size_t label = dot ? (size_t)(dot - text) : len;
		const uint8_t n = (uint8_t)label;

		if (label == 0 || label > 63 || label + 1 == len) {
			w->failed = true;
			return;
		}
		put(w, &n, 1);
		put(w, text, label);
		text += label + (dot != NULL);
		len -= label + (dot != NULL);
	}
}

/* Labels up to the zone, then a pointer to it; the root has no pointer. */
static void put_owner(struct writer *w, const char *name, struct owner *o)
{
	size_t len = strlen(name);
	size_t own = len > w->zone_labels ? len - w->zone_labels : 0;
	const uint8_t root = 0;

	if (o->at != 0) {
		put_u16(w, 0xc000U | o->at);
		return;
	}
	if (len + 2 > NAME_MAX_WIRE) {
		w->failed = true;
		return;
	}
	if (w->len <= POINTER_MAX)
		o->at = (uint16_t)w->len;
	if (w->zone_labels == 0) {
		put_labels(w, name, len);
		put(w, &root, 1);
		return;
	}
	if (own > 0)
		put_labels(w, name, own - 1); /* without the dot */
	put_u16(w, 0xc000U | ZONE_AT);
}

static void put_rr(struct writer *w, const char *name, struct owner *o,
		   unsigned int type, unsigned int class, uint32_t ttl_s,
		   const struct addr *a)
{
	size_t len = a ? addr_len(a->family) : 0;

	put_owner(w, name, o);
	put_u16(w, type);
	put_u16(w, class);
	put_u32(w, ttl_s);
	put_u16(w, (unsigned int)len);
	if (a)
		put(w, a->bytes, len);
}

static bool holds(const struct addr *set, size_t n, const struct addr *a)
{
	for (size_t i = 0; i < n; i++)
		if (addr_equal(&set[i], a))
			return true;
	return false;
}

/*
 * Delete an RRset (2.5.2), then add each record of it (2.5.1); or add, and
 * then delete each record that is known to be ours (2.5.4), so that the name
 * is never without any.
 */
static void put_set(struct writer *w, const struct rfc2136_change *c,
		    struct owner *o, const struct job_set *set,
		    unsigned int type)
{
	uint32_t ttl_s = c->ttl_s ? c->ttl_s : RFC2136_TTL_S;

	if (!set->given)
		return;
	if (!set->was_given) {
		put_rr(w, c->name, o, type, CLASS_ANY, 0, NULL);
		w->updates++;
	}
	for (size_t i = 0; i < set->n; i++)
		put_rr(w, c->name, o, type, CLASS_IN, ttl_s, &set->addrs[i]);
	w->updates += set->n;
	for (size_t i = 0; set->was_given && i < set->n_was; i++) {
		if (holds(set->addrs, set->n, &set->was[i]) ||
		    holds(set->was, i, &set->was[i]))
			continue;
		put_rr(w, c->name, o, type, CLASS_NONE, 0, &set->was[i]);
		w->updates++;
	}
}

static void put_records(struct writer *w, const struct rfc2136_change *c,
			bool prereqs)
{
	uint32_t ttl_s = c->ttl_s ? c->ttl_s : RFC2136_TTL_S;

	for (size_t i = 0; i < c->n_records; i++) {
		const struct rfc2136_record *r = &c->records[i];
		struct owner o = { .at = 0 };

		if ((r->act == RFC2136_EQUALS) != prereqs)
			continue;
		put_owner(w, r->name, &o);
		put_u16(w, r->type);
		put_u16(w, r->act == RFC2136_DELETE  ? CLASS_NONE
			   : r->act == RFC2136_CLEAR ? CLASS_ANY : CLASS_IN);
		put_u32(w, r->act == RFC2136_ADD ? ttl_s : 0);
		put_u16(w, r->len);
		if (r->len > 0)
			put(w, r->data, r->len);
		if (prereqs)
			w->prereqs++;
		else
			w->updates++;
	}
}

static void put_prereqs(struct writer *w, const struct rfc2136_change *c,
			struct owner *o)
{
	/* 2.4.3: no RRset of this type. */
	if (!c->any_name) {
		put_rr(w, c->name, o, TYPE_CNAME, CLASS_NONE, 0, NULL);
		w->prereqs++;
	}
	/* 2.4.1: an RRset of this type. */
	if (c->no_create && c->ipv4->given) {
		put_rr(w, c->name, o, TYPE_A, CLASS_ANY, 0, NULL);
		w->prereqs++;
	}
	if (c->no_create && c->ipv6->given) {
		put_rr(w, c->name, o, TYPE_AAAA, CLASS_ANY, 0, NULL);
		w->prereqs++;
	}
	put_records(w, c, true);
}

static void put_count(struct writer *w, size_t at, size_t n)
{
	w->data[at] = (uint8_t)(n >> 8);
	w->data[at + 1] = (uint8_t)n;
}

static bool is_within(const char *name, const char *zone)
{
	size_t n = strlen(name), z = strlen(zone);

	return z == 0 || (n >= z && strcmp(name + n - z, zone) == 0 &&
			  (n == z || name[n - z - 1] == '.'));
}

static int put_message(struct writer *w, const char *zone,
		       const struct rfc2136_change *changes, size_t n,
		       struct owner *owners)
{
	const uint8_t root = 0;

	put_u16(w, OPCODE_UPDATE << 11);
	put_u16(w, 1); /* zone */
	put_u16(w, 0); /* prerequisites */
	put_u16(w, 0);
	put_u16(w, 0);
	put_labels(w, zone, strlen(zone));
	put(w, &root, 1);
	put_u16(w, TYPE_SOA);
	put_u16(w, CLASS_IN);
	w->zone_labels = strlen(zone);
	for (size_t i = 0; i < n; i++) {
		if (!is_within(changes[i].name, zone))
			return -EINVAL;
		put_prereqs(w, &changes[i], &owners[i]);
	}
	for (size_t i = 0; i < n; i++) {
		put_set(w, &changes[i], &owners[i], changes[i].ipv4, TYPE_A);
		put_set(w, &changes[i], &owners[i], changes[i].ipv6,
			TYPE_AAAA);
		put_records(w, &changes[i], false);
	}
	if (w->failed || w->prereqs > UINT16_MAX || w->updates > UINT16_MAX)
		return -EINVAL;
	put_count(w, 6, w->prereqs);
	put_count(w, 8, w->updates);
	return 0;
}

void rfc2136_size_start(struct rfc2136_size *s, const char *zone)
{
	/* A name of one byte is the root: no label, no dot. */
	s->zone_len = strlen(zone);
	s->prereqs = HEADER_SIZE + s->zone_len + (s->zone_len ? 2 : 1) + 4;
	s->updates = 0;
}

/* An owner, written out: up to the zone, and a pointer to it. */
static size_t owner_size(const struct rfc2136_size *s, const char *name)
{
	size_t len = strlen(name);

	if (s->zone_len == 0)
		return len + 2;
	return (len > s->zone_len ? len - s->zone_len : 0) + 2;
}

static size_t set_size(const struct job_set *set, size_t each, size_t len)
{
	if (!set->given)
		return 0;
	return (set->was_given ? 0 : each) +
	       (set->n + set->n_was) * (each + len);
}

bool rfc2136_size_add(struct rfc2136_size *s, const struct rfc2136_change *c)
{
	size_t first = owner_size(s, c->name) + RR_FIXED, prereqs = 0;
	size_t next = s->prereqs <= POINTER_MAX ? 2 + RR_FIXED : first;
	size_t updates = 0, all;

	if (c->any_name)
		next = first;
	else
		prereqs += first;
	if (c->no_create && c->ipv4->given)
		prereqs += next;
	if (c->no_create && c->ipv6->given)
		prereqs += next;
	updates += set_size(c->ipv4, next, 4) + set_size(c->ipv6, next, 16);
	for (size_t i = 0; i < c->n_records; i++)
		updates += owner_size(s, c->records[i].name) + RR_FIXED +
			   c->records[i].len;
	all = s->prereqs + prereqs + s->updates + updates;
	if (all > UINT16_MAX - TSIG_SIZE_MAX)
		return false;
	s->prereqs += prereqs;
	s->updates += updates;
	return true;
}

int rfc2136_build(const char *zone, const struct rfc2136_change *changes,
		  size_t n, struct tsig_key *key, uint16_t id,
		  int64_t now_s, struct rfc2136_message *ret)
{
	struct rfc2136_message m = { .mac_len = 0 };
	struct owner one = { .at = 0 }, *owners = &one;
	struct rfc2136_size size;
	struct writer w = { .size = 0 };
	int r = -ENOMEM;

	rfc2136_size_start(&size, zone);
	for (size_t i = 0; i < n; i++)
		if (!rfc2136_size_add(&size, &changes[i]))
			return -EMSGSIZE;
	w.size = size.prereqs + size.updates;
	w.data = malloc(w.size + TSIG_SIZE_MAX);
	if (n > 1)
		owners = calloc(n, sizeof(*owners));
	if (!w.data || !owners)
		goto out;
	put_u16(&w, id);
	r = put_message(&w, zone, changes, n, owners);
	w.size += TSIG_SIZE_MAX;
	if (r == 0 && key)
		r = tsig_sign(w.data, &w.len, w.size, key, now_s, m.mac,
			      &m.mac_len);
out:
	if (owners != &one)
		free(owners);
	if (r < 0) {
		free(w.data);
		return r;
	}
	m.wire = w.data;
	m.len = w.len;
	*ret = m;
	return 0;
}

int rfc2136_ask(const char *name, uint16_t type, struct tsig_key *key,
		uint16_t id, int64_t now_s, struct rfc2136_message *ret)
{
	struct rfc2136_message m = { .wire = malloc(DNS_QUERY_SIZE +
						    TSIG_SIZE_MAX) };
	int r = -ENOMEM;

	if (m.wire)
		r = dns_query_build(name, type, DNS_IN, id, false, false, 0,
				    m.wire);
	if (r > 0) {
		m.len = (size_t)r;
		r = key ? tsig_sign(m.wire, &m.len,
				    DNS_QUERY_SIZE + TSIG_SIZE_MAX, key, now_s,
				    m.mac, &m.mac_len) : 0;
	}
	if (r == 0)
		*ret = m;
	else
		free(m.wire);
	return r;
}

void rfc2136_message_done(struct rfc2136_message *m)
{
	free(m->wire);
	*m = (struct rfc2136_message){ .wire = NULL };
}

void rfc2136_warm(struct tsig_key *key)
{
	struct addr addrs[2] = { { .family = AF_INET },
				 { .family = AF_INET6 } };
	struct job_set four = { .given = true, .addrs = &addrs[0], .n = 1 };
	struct job_set six = { .given = true, .addrs = &addrs[1], .n = 1 };
	struct rfc2136_change c = { .name = "warm.invalid", .ipv4 = &four,
				    .ipv6 = &six };
	struct rfc2136_message m;

	if (rfc2136_build("invalid", &c, 1, key, 0, 0, &m) == 0)
		rfc2136_message_done(&m);
	if (key)
		tsig_key_ready(key);
}

char *rfc2136_print(const uint8_t *wire, size_t len)
{
	ldns_pkt *pkt = NULL;
	char *text = NULL;

	if (ldns_wire2pkt(&pkt, wire, len) == LDNS_STATUS_OK)
		text = ldns_pkt2str(pkt);
	ldns_pkt_free(pkt);
	return text;
}
