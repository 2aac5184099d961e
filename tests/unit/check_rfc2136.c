#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <ldns/ldns.h>

#include "notify/rfc2136/rfc2136.h"
#include "tests/support/suite.h"

#define SECRET "c2VjcmV0IG9mIHRoZSBkZG5zIGtleSwgMzIgYnl0ZXM="
#define NOW 1900000000
#define ID 0x1234
#define TEXT_MAX 4096

static struct addr addr(const char *text)
{
	struct addr a = { .family = 0 };

	ck_assert_int_eq(addr_parse(text, &a), 0);
	return a;
}

static struct tsig_key key(const char *algorithm)
{
	struct tsig_key k;

	ck_assert_int_eq(tsig_key_init(&k, "GW.key", algorithm, SECRET), 0);
	return k;
}

/* "" withdraws, NULL leaves alone; the addresses are parted by spaces. */
static struct job_set set_of(const char *text, struct addr addrs[4])
{
	struct job_set s = { .given = text != NULL, .addrs = addrs };
	char copy[256], *save = NULL;

	(void)snprintf(copy, sizeof(copy), "%s", text ? text : "");
	for (char *t = strtok_r(copy, " ", &save); t;
	     t = strtok_r(NULL, " ", &save))
		addrs[s.n++] = addr(t);
	return s;
}

/* What ldns makes of it: one line a record. */
static void show(const ldns_rr_list *list, char *out)
{
	for (size_t i = 0; i < ldns_rr_list_rr_count(list); i++) {
		ldns_rr *rr = ldns_rr_list_rr(list, i);
		char *owner = ldns_rdf2str(ldns_rr_owner(rr));
		char *type = ldns_rr_type2str(ldns_rr_get_type(rr));
		char *data = ldns_rr_rd_count(rr)
				     ? ldns_rdf2str(ldns_rr_rdf(rr, 0)) : NULL;

		(void)sprintf(out + strlen(out), "%s %d %u %s %s\n", owner,
			      (int)ldns_rr_get_class(rr), ldns_rr_ttl(rr),
			      type, data ? data : "-");
		free(owner);
		free(type);
		free(data);
	}
}

static const struct row {
	const char *name, *zone, *owner, *ipv4, *ipv6;
	uint32_t ttl_s;
	const char *prereq, *update;
} rows[] = {
	{ "one address", "example.org", "home.example.org", "192.0.2.7", NULL,
	  0, "home.example.org. 254 0 CNAME -\n",
	  "home.example.org. 255 0 A -\n"
	  "home.example.org. 1 60 A 192.0.2.7\n" },
	{ "both families, TTL", "example.org", "home.example.org", "192.0.2.7",
	  "2001:db8::7 2001:db8::8", 300,
	  "home.example.org. 254 0 CNAME -\n",
	  "home.example.org. 255 0 A -\n"
	  "home.example.org. 1 300 A 192.0.2.7\n"
	  "home.example.org. 255 0 AAAA -\n"
	  "home.example.org. 1 300 AAAA 2001:db8::7\n"
	  "home.example.org. 1 300 AAAA 2001:db8::8\n" },
	{ "withdrawn", "example.org", "home.example.org", "", NULL, 0,
	  "home.example.org. 254 0 CNAME -\n",
	  "home.example.org. 255 0 A -\n" },
	{ "apex", "example.org", "example.org", "192.0.2.7", NULL, 0,
	  "example.org. 254 0 CNAME -\n",
	  "example.org. 255 0 A -\nexample.org. 1 60 A 192.0.2.7\n" },
	{ "wildcard", "example.org", "*.example.org", "192.0.2.7", NULL, 0,
	  "*.example.org. 254 0 CNAME -\n",
	  "*.example.org. 255 0 A -\n*.example.org. 1 60 A 192.0.2.7\n" },
	{ "several labels below", "example.org", "a.b.c.example.org",
	  "192.0.2.7", NULL, 0, "a.b.c.example.org. 254 0 CNAME -\n",
	  "a.b.c.example.org. 255 0 A -\n"
	  "a.b.c.example.org. 1 60 A 192.0.2.7\n" },
	{ "the root's zone", "", "home.example", "192.0.2.7", NULL, 0,
	  "home.example. 254 0 CNAME -\n",
	  "home.example. 255 0 A -\nhome.example. 1 60 A 192.0.2.7\n" },
};

static void check_row(const struct row *r, struct tsig_key *k)
{
	struct addr a4[4], a6[4];
	struct job_set ipv4 = set_of(r->ipv4, a4), ipv6 = set_of(r->ipv6, a6);
	struct rfc2136_change c = { .name = r->owner, .ipv4 = &ipv4,
				    .ipv6 = &ipv6, .ttl_s = r->ttl_s };
	struct rfc2136_size size;
	struct rfc2136_message m;
	char text[TEXT_MAX] = "";
	ldns_pkt *pkt;

	ck_assert_int_eq(rfc2136_build(r->zone, &c, 1, k, ID, NOW, &m), 0);
	rfc2136_size_start(&size, r->zone);
	ck_assert(rfc2136_size_add(&size, &c));
	if (k)
		ck_assert_uint_le(m.len, size.prereqs + size.updates +
						 TSIG_SIZE_MAX);
	else
		ck_assert_uint_eq(m.len, size.prereqs + size.updates);
	ck_assert_int_eq(ldns_wire2pkt(&pkt, m.wire, m.len),
			 LDNS_STATUS_OK);
	ck_assert_uint_eq(ldns_pkt_id(pkt), ID);
	ck_assert_int_eq((int)ldns_pkt_get_opcode(pkt), 5);
	ck_assert(!ldns_pkt_qr(pkt) && !ldns_pkt_rd(pkt));
	show(ldns_pkt_question(pkt), text);
	ck_assert_msg(strncmp(text, *r->zone ? r->zone : ".",
			      *r->zone ? strlen(r->zone) : 1) == 0,
		      "%s: zone is %s", r->name, text);
	ck_assert_ptr_nonnull(strstr(text, " SOA "));
	text[0] = '\0';
	show(ldns_pkt_answer(pkt), text);
	ck_assert_msg(strcmp(text, r->prereq) == 0, "%s: prerequisites:\n%s",
		      r->name, text);
	text[0] = '\0';
	show(ldns_pkt_authority(pkt), text);
	ck_assert_msg(strcmp(text, r->update) == 0, "%s: updates:\n%s",
		      r->name, text);
	if (k)
		ck_assert_msg(ldns_pkt_tsig_verify(pkt, m.wire, m.len, k->name,
						   k->secret, NULL),
			      "%s: ldns finds the signature wrong", r->name);
	else
		ck_assert_ptr_null(ldns_pkt_tsig(pkt));
	ldns_pkt_free(pkt);
	rfc2136_message_done(&m);
}

START_TEST(test_build)
{
	check_row(&rows[_i], NULL);
	for (size_t i = 0; tsig_algorithms[i]; i++) {
		struct tsig_key k = key(tsig_algorithms[i]);

		check_row(&rows[_i], &k);
		tsig_key_done(&k);
	}
}
END_TEST

static void check_names(const char names[][40], size_t n,
			const struct rfc2136_message *m,
			const struct tsig_key *k)
{
	ldns_pkt *pkt;

	ck_assert_int_eq(ldns_wire2pkt(&pkt, m->wire, m->len), LDNS_STATUS_OK);
	ck_assert(ldns_pkt_tsig_verify(pkt, m->wire, m->len, k->name,
				       k->secret, NULL));
	for (size_t i = 0; i < n; i++) {
		char *owner = ldns_rdf2str(ldns_rr_owner(ldns_rr_list_rr(
			ldns_pkt_authority(pkt), 2 * i + 1)));

		ck_assert(strncmp(owner, names[i], strlen(names[i])) == 0);
		free(owner);
	}
	ldns_pkt_free(pkt);
}

/*
 * Names far into a message cannot be pointed to: they are written again. As
 * many as there is room for are in it, and not one more.
 */
START_TEST(test_many)
{
	static const char *const below[] = { "", ".of.the.whole.fleet" };
	static const size_t least[] = { 1000, 700 };
	static char names[3000][40];
	static struct rfc2136_change changes[3000];
	struct addr a[4];
	struct job_set four = set_of("192.0.2.7", a);
	struct job_set none = { .given = false };
	struct tsig_key k = key("hmac-sha256");
	struct rfc2136_message m;
	struct rfc2136_size size;
	size_t n = 0, len;

	rfc2136_size_start(&size, "example.org");
	for (;; n++) {
		(void)snprintf(names[n], sizeof(names[n]),
			       "gw-%zu%s.example.org", n, below[_i]);
		changes[n] = (struct rfc2136_change){
			.name = names[n], .ipv4 = &four, .ipv6 = &none };
		if (!rfc2136_size_add(&size, &changes[n]))
			break;
	}
	ck_assert_uint_ge(n, least[_i]);
	len = size.prereqs + size.updates;
	ck_assert_int_eq(rfc2136_build("example.org", changes, n, NULL, ID,
				       NOW, &m), 0);
	ck_assert_uint_eq(m.len, len);
	rfc2136_message_done(&m);
	ck_assert_int_eq(rfc2136_build("example.org", changes, n, &k, ID, NOW,
				       &m), 0);
	ck_assert_uint_le(m.len, 65535);
	check_names(names, n, &m, &k);
	rfc2136_message_done(&m);
	ck_assert_int_eq(rfc2136_build("example.org", changes, n + 1, &k, ID,
				       NOW, &m), -EMSGSIZE);
	tsig_key_done(&k);
}
END_TEST

static const struct bad {
	const char *name, *zone, *owner;
} bad[] = {
	{ "outside the zone", "example.org", "home.example.com" },
	{ "only looks like inside", "example.org", "badexample.org" },
	{ "above the zone", "a.example.org", "example.org" },
	{ "empty label", "example.org", "a..example.org" },
	{ "long label", "example.org",
	  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	  ".example.org" },
};

START_TEST(test_bad)
{
	struct addr a[4];
	struct job_set four = set_of("192.0.2.7", a);
	struct job_set none = { .given = false };
	struct rfc2136_change c = { .name = bad[_i].owner, .ipv4 = &four,
				    .ipv6 = &none };
	struct rfc2136_message m = { .len = 99 };

	ck_assert_msg(rfc2136_build(bad[_i].zone, &c, 1, NULL, ID, NOW, &m) ==
			      -EINVAL, "%s", bad[_i].name);
	ck_assert_uint_eq(m.len, 99);
}
END_TEST

/* A reply is the request's head with QR and an rcode: unsigned. */
START_TEST(test_judge_unsigned)
{
	static const struct {
		unsigned int rcode;
		enum rfc2136_verdict verdict;
		enum notify_status status;
		const char *word;
	} said[] = {
		{ 0, RFC2136_JUDGED, NOTIFY_DONE, "NOERROR" },
		{ 1, RFC2136_ELSEWHERE, NOTIFY_REFUSED, "FORMERR" },
		{ 2, RFC2136_ELSEWHERE, NOTIFY_RETRY, "SERVFAIL" },
		{ 4, RFC2136_ELSEWHERE, NOTIFY_REFUSED, "NOTIMP" },
		{ 5, RFC2136_ELSEWHERE, NOTIFY_REFUSED, "unsigned" },
		{ 7, RFC2136_SPLIT, NOTIFY_REFUSED, "is a CNAME" },
		{ 3, RFC2136_JUDGED, NOTIFY_RETRY, "no sense" },
		{ 8, RFC2136_JUDGED, NOTIFY_RETRY, "no sense" },
		{ 9, RFC2136_ELSEWHERE, NOTIFY_REFUSED, "primary" },
		{ 10, RFC2136_SPLIT, NOTIFY_REFUSED, "not in the zone" },
	};
	struct addr a[4];
	struct job_set four = set_of("192.0.2.7", a);
	struct job_set none = { .given = false };
	struct rfc2136_change c = { .name = "h.example.org", .ipv4 = &four,
				    .ipv6 = &none };
	struct rfc2136_message m;
	struct rfc2136_sent sent = { .message = &m, .zone = "example.org",
				     .name = c.name, .server = "192.0.2.53" };
	struct outcome o;
	uint8_t reply[29];

	ck_assert_int_eq(rfc2136_build("example.org", &c, 1, NULL, ID, NOW,
				       &m), 0);
	for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
		memcpy(reply, m.wire, sizeof(reply));
		memset(reply + 6, 0, 6);
		reply[2] |= 0x80;
		reply[3] = (uint8_t)said[i].rcode;
		ck_assert_int_eq(rfc2136_judge(&sent, reply, sizeof(reply),
					       NOW, &o), said[i].verdict);
		ck_assert_int_eq(o.status, said[i].status);
		ck_assert_msg(strstr(o.text, said[i].word) != NULL, "%s",
			      o.text);
		/* Every cut of it is no answer, or only says less. */
		for (size_t n = 0; n < sizeof(reply); n++)
			ck_assert_int_eq(rfc2136_judge(&sent, reply, n, NOW,
						       &o), RFC2136_NOT_OURS);
		reply[0] ^= 1;
		ck_assert_int_eq(rfc2136_judge(&sent, reply, sizeof(reply),
					       NOW, &o), RFC2136_NOT_OURS);
	}
	/* What we sent ourselves is no answer. */
	ck_assert_int_eq(rfc2136_judge(&sent, m.wire, m.len, NOW, &o),
			 RFC2136_NOT_OURS);
	rfc2136_message_done(&m);
}
END_TEST

START_TEST(test_keys)
{
	struct tsig_key k = { .secret = NULL };

	ck_assert_int_eq(tsig_key_init(&k, "k", "hmac-md5", SECRET), -EINVAL);
	ck_assert_int_eq(tsig_key_init(&k, "k", "hmac-sha256", "x"), -EINVAL);
	ck_assert_int_eq(tsig_key_init(&k, "", "hmac-sha256", SECRET),
			 -EINVAL);
	ck_assert_int_eq(tsig_key_init(&k, ".", "hmac-sha256", SECRET),
			 -EINVAL);
	ck_assert_int_eq(tsig_key_init(&k, "a..b", "hmac-sha256", SECRET),
			 -EINVAL);
	ck_assert_ptr_null(k.secret);
	ck_assert_int_eq(tsig_key_init(&k, "GW.Key", "HMAC-SHA256", SECRET),
			 0);
	ck_assert_str_eq(k.name, "gw.key.");
	ck_assert_str_eq(k.algorithm, "hmac-sha256.");
	tsig_key_done(&k);
}
END_TEST

/* Exact removal, create = no, and records of other kinds. */
START_TEST(test_records)
{
	static const uint8_t text[] = "\5hello", ptr[] = "\1a\7example\3org";
	const struct rfc2136_record records[] = {
		{ RFC2136_DELETE, "_m.a.example.org", 16, text, 6 },
		{ RFC2136_EQUALS, "_m.a.example.org", 16, text, 6 },
		{ RFC2136_CLEAR, "b.example.org", 12, NULL, 0 },
		{ RFC2136_ADD, "b.example.org", 12, ptr, sizeof(ptr) },
	};
	struct addr was[3] = { addr("192.0.2.1"), addr("192.0.2.2"),
			       addr("192.0.2.1") };
	struct job_set four = { .given = true, .addrs = &was[1], .n = 1,
				.was_given = true, .was = was, .n_was = 3 };
	struct job_set none = { .given = false };
	struct rfc2136_change c = { .name = "a.example.org", .ipv4 = &four,
				    .ipv6 = &none, .no_create = true,
				    .records = records, .n_records = 4 };
	struct rfc2136_message m;
	char prereq[TEXT_MAX] = "", update[TEXT_MAX] = "";
	ldns_pkt *pkt;

	ck_assert_int_eq(rfc2136_build("example.org", &c, 1, NULL, ID, NOW,
				       &m), 0);
	ck_assert_int_eq(ldns_wire2pkt(&pkt, m.wire, m.len), LDNS_STATUS_OK);
	show(ldns_pkt_answer(pkt), prereq);
	show(ldns_pkt_authority(pkt), update);
	ck_assert_str_eq(prereq, "a.example.org. 254 0 CNAME -\n"
				 "a.example.org. 255 0 A -\n"
				 "_m.a.example.org. 1 0 TXT \"hello\"\n");
	ck_assert_str_eq(update, "a.example.org. 1 60 A 192.0.2.2\n"
				 "a.example.org. 254 0 A 192.0.2.1\n"
				 "_m.a.example.org. 254 0 TXT \"hello\"\n"
				 "b.example.org. 255 0 PTR -\n"
				 "b.example.org. 1 60 PTR a.example.org.\n");
	ldns_pkt_free(pkt);
	rfc2136_message_done(&m);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("rfc2136");
	TCase *tc = tcase_create("messages");

	tcase_add_loop_test(tc, test_build, 0, SUITE_COUNT(rows));
	tcase_add_loop_test(tc, test_many, 0, 2);
	tcase_add_loop_test(tc, test_bad, 0, SUITE_COUNT(bad));
	tcase_add_test(tc, test_judge_unsigned);
	tcase_add_test(tc, test_keys);
	tcase_add_test(tc, test_records);
	suite_add_tcase(s, tc);
	return s;
}
