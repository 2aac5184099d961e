#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "resolver/said.h"
#include "tests/support/fake_dns.h"
#include "tests/support/suite.h"

#define SOA "au example 300 SOA ns.example"

static const struct row {
	const char *name;
	int family;
	struct fake_dns_rule rule;
	bool recursive;
	enum resolver_outcome want;
	const char *addrs;
	uint32_t ttl_s;
	const char *cname;
} rows[] = {
	{ "an address", AF_INET,
	  { .flags = FAKE_AA, .records = "an @ 60 A 192.0.2.7" },
	  false, RESOLVER_ANSWERED, "192.0.2.7", 60, "" },
	{ "two, and the least TTL", AF_INET,
	  { .flags = FAKE_AA,
	    .records = "an @ 60 A 192.0.2.7\nan @ 30 A 192.0.2.8" },
	  false, RESOLVER_ANSWERED, "192.0.2.7 192.0.2.8", 30, "" },
	{ "one twice", AF_INET,
	  { .flags = FAKE_AA,
	    .records = "an @ 60 A 192.0.2.7\nan @ 60 A 192.0.2.7" },
	  false, RESOLVER_ANSWERED, "192.0.2.7", 60, "" },
	{ "IPv6", AF_INET6,
	  { .flags = FAKE_AA, .records = "an @ 60 AAAA 2001:db8::7" },
	  false, RESOLVER_ANSWERED, "2001:db8::7", 60, "" },
	{ "the other family does not count", AF_INET6,
	  { .flags = FAKE_AA, .records = "an @ 60 A 192.0.2.7" },
	  false, RESOLVER_ANSWERED, "", 0, "" },
	{ "the name in another case", AF_INET,
	  { .flags = FAKE_AA, .records = "an HOME.example 60 A 192.0.2.7" },
	  false, RESOLVER_ANSWERED, "192.0.2.7", 60, "" },
	{ "another name does not count", AF_INET,
	  { .flags = FAKE_AA, .records = "an x.example 60 A 192.0.2.7" },
	  false, RESOLVER_ANSWERED, "", 0, "" },
	{ "an address beside the answer does not count", AF_INET,
	  { .flags = FAKE_AA, .records = "ar @ 60 A 192.0.2.7" },
	  false, RESOLVER_ANSWERED, "", 0, "" },
	{ "no such type: absent, for the SOA's least TTL", AF_INET,
	  { .flags = FAKE_AA, .records = SOA },
	  false, RESOLVER_ANSWERED, "", 300, "" },
	{ "no such name: absent", AF_INET,
	  { .flags = FAKE_AA, .rcode = DNS_NXDOMAIN,
	    .records = "au example 100 SOA ns.example" },
	  false, RESOLVER_ANSWERED, "", 100, "" },
	{ "an alias", AF_INET,
	  { .flags = FAKE_AA, .records = "an @ 60 CNAME www.example" },
	  false, RESOLVER_CNAME, "", 60, "www.example" },
	{ "an alias to nothing", AF_INET,
	  { .flags = FAKE_AA, .rcode = DNS_NXDOMAIN,
	    .records = "an @ 60 CNAME www.example\n" SOA },
	  false, RESOLVER_CNAME, "", 60, "www.example" },
	{ "an alias with its target's address", AF_INET,
	  { .flags = FAKE_AA, .records = "an @ 60 CNAME www.example\n"
					 "an www.example 60 A 192.0.2.7" },
	  false, RESOLVER_CNAME, "", 60, "www.example" },
	{ "with recursion, and authority: taken, and RA told", AF_INET,
	  { .flags = FAKE_AA | FAKE_RA, .records = "an @ 60 A 192.0.2.7" },
	  false, RESOLVER_ANSWERED, "192.0.2.7", 60, "" },
	{ "an address without authority", AF_INET,
	  { .records = "an @ 60 A 192.0.2.7" },
	  false, RESOLVER_INTERCEPTED, "192.0.2.7", 60, "" },
	{ "absent without authority", AF_INET,
	  { .flags = FAKE_RA, .rcode = DNS_NXDOMAIN, .records = SOA },
	  false, RESOLVER_INTERCEPTED, "", 300, "" },
	{ "no such type without authority", AF_INET,
	  { .flags = FAKE_RA, .records = SOA },
	  false, RESOLVER_INTERCEPTED, "", 300, "" },
	{ "an alias without authority", AF_INET,
	  { .records = "an @ 60 CNAME www.example" },
	  false, RESOLVER_INTERCEPTED, "", 60, "www.example" },
	{ "nothing at all from one who recurses", AF_INET,
	  { .flags = FAKE_RA },
	  false, RESOLVER_INTERCEPTED, "", 0, "" },
	{ "a referral", AF_INET,
	  { .records = "au example 60 NS ns.example" },
	  false, RESOLVER_LAME, "", 0, "" },
	{ "nothing at all", AF_INET, { 0 },
	  false, RESOLVER_LAME, "", 0, "" },
	{ "REFUSED", AF_INET, { .rcode = DNS_REFUSED },
	  false, RESOLVER_LAME, "", 0, "" },
	{ "SERVFAIL, with AA even", AF_INET,
	  { .flags = FAKE_AA, .rcode = DNS_SERVFAIL },
	  false, RESOLVER_LAME, "", 0, "" },
	{ "NOTIMP", AF_INET, { .rcode = DNS_NOTIMP },
	  false, RESOLVER_LAME, "", 0, "" },
	{ "no such name, and its address", AF_INET,
	  { .flags = FAKE_AA, .rcode = DNS_NXDOMAIN,
	    .records = "an @ 60 A 192.0.2.7" },
	  false, RESOLVER_LAME, "192.0.2.7", 60, "" },
	{ "truncated still", AF_INET,
	  { .flags = FAKE_AA | FAKE_TC, .records = "an @ 60 A 192.0.2.7" },
	  false, RESOLVER_SILENT, "", 0, "" },
	{ "cut within a record", AF_INET,
	  { .flags = FAKE_AA | FAKE_CUT, .records = "an @ 60 A 192.0.2.7\n"
						    "an @ 60 A 192.0.2.8" },
	  false, RESOLVER_SILENT, "", 0, "" },
	{ "a resolver needs no authority", AF_INET,
	  { .flags = FAKE_RA, .records = "an @ 60 A 192.0.2.7" },
	  true, RESOLVER_ANSWERED, "192.0.2.7", 60, "" },
	{ "a resolver's no such name", AF_INET,
	  { .flags = FAKE_RA, .rcode = DNS_NXDOMAIN, .records = SOA },
	  true, RESOLVER_ANSWERED, "", 300, "" },
	{ "a resolver that does not resolve", AF_INET,
	  { .records = "au example 60 NS ns.example" },
	  true, RESOLVER_LAME, "", 0, "" },
};

START_TEST(test_row)
{
	const struct row *r = &rows[_i];
	uint8_t query[DNS_QUERY_SIZE], data[2048];
	int n = dns_query_build("home.example",
				r->family == AF_INET6 ? DNS_AAAA : DNS_A,
				DNS_IN, 7, false, true, 0x5a, query);
	struct said_question q = {
		.name = "home.example", .family = r->family,
		.need_aa = !r->recursive, .query = query,
		.query_len = (size_t)n,
	};
	char text[512] = "", one[ADDR_STRLEN];
	struct said s;

	said_read(&q, data, fake_dns_build(&r->rule, query, data, sizeof(data)),
		  &s);
	for (size_t i = 0; i < s.n_addrs; i++)
		(void)snprintf(text + strlen(text), sizeof(text) - strlen(text),
			       "%s%s", i > 0 ? " " : "",
			       addr_print(&s.addrs[i], one));
	ck_assert_msg(s.outcome == r->want, "%s: %d, not %d", r->name,
		      (int)s.outcome, (int)r->want);
	ck_assert_msg(strcmp(text, r->addrs) == 0, "%s: %s", r->name, text);
	ck_assert_msg(strcmp(s.cname, r->cname) == 0, "%s: %s", r->name,
		      s.cname);
	ck_assert_int_eq(s.error,
			 s.outcome == RESOLVER_SILENT ? -EBADMSG : 0);
	if (s.outcome != RESOLVER_SILENT) {
		ck_assert_msg(s.ttl_s == r->ttl_s, "%s: TTL %u", r->name,
			      s.ttl_s);
		ck_assert_uint_eq(s.rcode, r->rule.rcode);
		ck_assert(s.ra == !!(r->rule.flags & FAKE_RA));
	}
}
END_TEST

START_TEST(test_many)
{
	static char records[200 * 32];
	struct fake_dns_rule rule = { .flags = FAKE_AA, .records = records };
	uint8_t query[DNS_QUERY_SIZE], data[8192];
	int n = dns_query_build("home.example", DNS_A, DNS_IN, 7, false, false,
				0, query);
	struct said_question q = {
		.name = "home.example", .family = AF_INET, .need_aa = true,
		.query = query, .query_len = (size_t)n,
	};
	size_t at = 0;
	struct said s;

	for (int i = 0; i < 200; i++)
		at += (size_t)snprintf(records + at, sizeof(records) - at,
				       "an @ 60 A 192.0.2.%d\n", i);
	said_read(&q, data, fake_dns_build(&rule, query, data, sizeof(data)),
		  &s);
	ck_assert_int_eq(s.outcome, RESOLVER_ANSWERED);
	ck_assert_uint_eq(s.n_addrs, SAID_ADDRS);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("said");
	TCase *tc = tcase_create("answers");

	tcase_add_loop_test(tc, test_row, 0, SUITE_COUNT(rows));
	tcase_add_test(tc, test_many);
	suite_add_tcase(s, tc);
	return s;
}
