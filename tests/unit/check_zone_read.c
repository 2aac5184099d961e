#include "config.h"

#include <errno.h>
#include <string.h>

#include "resolver/zone_read.h"
#include "tests/support/fake_dns.h"
#include "tests/support/suite.h"

static const struct soa_row {
	const char *name;
	struct fake_dns_rule rule;
	bool need_aa;
	int want;
	const char *zone;
	uint32_t ttl_s;
} soas[] = {
	{ "the apex itself", { .records = "an @ 600 SOA ns.example" },
	  false, 0, "a.home.example", 600 },
	{ "a name in a zone", { .records = "au home.example 90 SOA ns.example" },
	  false, 0, "home.example", 90 },
	{ "its least TTL", { .records = "au example 3600 SOA ns.example" },
	  false, 0, "example", 300 },
	{ "no such name is in a zone, too",
	  { .rcode = DNS_NXDOMAIN, .records = "au example 90 SOA ns.example" },
	  false, 0, "example", 90 },
	{ "an alias: the target's zone is another matter",
	  { .records = "an @ 60 CNAME www.other\nau other 90 SOA ns.other" },
	  false, -EAGAIN, NULL, 0 },
	{ "an alias within the zone: nor is it believed",
	  { .records = "an @ 60 CNAME b.example\nau example 90 SOA ns.example" },
	  false, -EAGAIN, NULL, 0 },
	{ "a SOA from nowhere", { .records = "au other 90 SOA ns.other" },
	  false, -EAGAIN, NULL, 0 },
	{ "the end of a label is no zone",
	  { .records = "au ome.example 90 SOA ns.example" },
	  false, -EAGAIN, NULL, 0 },
	{ "a SOA below", { .records = "au x.a.home.example 90 SOA ns.example" },
	  false, -EAGAIN, NULL, 0 },
	{ "a SOA beside the answer",
	  { .records = "ar home.example 90 SOA ns.example" },
	  false, -EAGAIN, NULL, 0 },
	{ "no SOA", { 0 }, false, -EAGAIN, NULL, 0 },
	{ "the root holds it", { .records = "au . 90 SOA ns.example" },
	  false, 0, "", 90 },
	{ "the root knows of no such name",
	  { .rcode = DNS_NXDOMAIN, .records = "au . 90 SOA ns.example" },
	  false, -ENOENT, NULL, 0 },
	{ "SERVFAIL", { .rcode = DNS_SERVFAIL }, false, -EREMOTEIO, NULL, 0 },
	{ "no authority where it is needed",
	  { .records = "au example 90 SOA ns.example" },
	  true, -EREMOTEIO, NULL, 0 },
	{ "authority where it is needed",
	  { .flags = FAKE_AA, .records = "au example 90 SOA ns.example" },
	  true, 0, "example", 90 },
	{ "garbled", { .flags = FAKE_CUT,
		       .records = "au example 90 SOA ns.example" },
	  false, -EBADMSG, NULL, 0 },
};

START_TEST(test_soa)
{
	const struct soa_row *r = &soas[_i];
	uint8_t query[DNS_QUERY_SIZE], data[2048];
	int n = dns_query_build("a.home.example", DNS_SOA, DNS_IN, 7, true,
				false, 0, query);
	struct zone_message m = { query, (size_t)n, data, 0 };
	char zone[DNS_NAME_SIZE] = "untouched";
	uint32_t ttl_s = 99;
	int rc;

	m.len = fake_dns_build(&r->rule, query, data, sizeof(data));
	rc = zone_read_soa(&m, "a.home.example", r->need_aa, zone, &ttl_s);
	ck_assert_msg(rc == r->want, "%s: %d, not %d", r->name, rc, r->want);
	ck_assert_msg(strcmp(zone, rc == 0 ? r->zone : "untouched") == 0,
		      "%s: %s", r->name, zone);
	ck_assert_uint_eq(ttl_s, rc == 0 ? r->ttl_s : 99);
}
END_TEST

static const struct ns_row {
	const char *name;
	const char *records;
	int want;
	size_t n;
	const char *last;
	uint32_t ttl_s;
} nss[] = {
	{ "two", "an @ 600 NS a.ns.example\nan @ 500 NS B.ns.example", 0, 2,
	  "b.ns.example", 500 },
	{ "one twice", "an @ 600 NS a.example\nan @ 500 NS A.example", 0, 1,
	  "a.example", 600 },
	{ "none", "au example 60 SOA ns.example", -ENOENT, 0, NULL, 0 },
	{ "another zone's", "an other 600 NS a.example", -ENOENT, 0, NULL, 0 },
	{ "a referral's", "au @ 600 NS a.example", -ENOENT, 0, NULL, 0 },
	{ "more than we ask",
	  "an @ 9 NS a\nan @ 9 NS b\nan @ 9 NS c\nan @ 9 NS d\n"
	  "an @ 9 NS e\nan @ 9 NS f\nan @ 9 NS g\nan @ 9 NS h\n"
	  "an @ 9 NS i\nan @ 9 NS j\nan @ 9 NS k\nan @ 9 NS l\n"
	  "an @ 9 NS m\nan @ 9 NS n\nan @ 9 NS o\nan @ 9 NS p\n"
	  "an @ 9 NS q", 0, ZONE_SERVERS_MOST, "p", 9 },
};

START_TEST(test_ns)
{
	const struct ns_row *r = &nss[_i];
	struct fake_dns_rule rule = { .records = r->records };
	uint8_t query[DNS_QUERY_SIZE], data[2048];
	int n = dns_query_build("example", DNS_NS, DNS_IN, 7, true, false, 0,
				query);
	struct zone_message m = { query, (size_t)n, data, 0 };
	struct zone_names names;
	int rc;

	m.len = fake_dns_build(&rule, query, data, sizeof(data));
	rc = zone_read_ns(&m, "example", &names);
	ck_assert_msg(rc == r->want, "%s: %d, not %d", r->name, rc, r->want);
	if (rc < 0)
		return;
	ck_assert_uint_eq(names.n, r->n);
	ck_assert_str_eq(names.names[names.n - 1], r->last);
	ck_assert_uint_eq(names.ttl_s, r->ttl_s);
}
END_TEST

START_TEST(test_names)
{
	ck_assert_str_eq(zone_above("a.b.example"), "b.example");
	ck_assert_str_eq(zone_above("example"), "");
	ck_assert_ptr_null(zone_above(""));
	ck_assert(zone_holds("example", "example"));
	ck_assert(zone_holds("Example", "a.exAmple"));
	ck_assert(zone_holds("", "example"));
	ck_assert(!zone_holds("example", "aexample"));
	ck_assert(!zone_holds("a.example", "example"));
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("zone_read");
	TCase *tc = tcase_create("rows");

	tcase_add_loop_test(tc, test_soa, 0, SUITE_COUNT(soas));
	tcase_add_loop_test(tc, test_ns, 0, SUITE_COUNT(nss));
	tcase_add_test(tc, test_names);
	suite_add_tcase(s, tc);
	return s;
}
