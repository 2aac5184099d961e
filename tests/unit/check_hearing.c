#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ev.h>

#include "net/dns_msg.h"
#include "resolver/hearing.h"
#include "tests/support/fake_dns.h"
#include "tests/support/fake_egress.h"
#include "tests/support/suite.h"
#include "tests/support/wait.h"

#define NAME "home.example"
#define RULES_MOST 3

static struct ev_loop *loop;
static struct fake_dns *dns;
static struct hearing hearing;
static struct resolver_server out;
static int done;

static void setup(void)
{
	loop = ev_loop_new(0);
	dns = NULL;
	done = 0;
	hearing = (struct hearing){ 0 };
	out = (struct resolver_server){ .name = "server" };
	fake_egress_failures = 0;
}

static void teardown(void)
{
	free((void *)(uintptr_t)out.addrs);
	free((void *)(uintptr_t)out.cname);
	fake_dns_free(dns);
	ev_loop_destroy(loop);
}

static void heard(void *user)
{
	(void)user;
	done++;
}

/* The server says this; what it is asked may be changed before hear(). */
static struct hearing_question question(const struct fake_dns_rule *rules,
					unsigned int n)
{
	struct hearing_question q = {
		.probe = { .name = NAME, .type = DNS_A, .class = DNS_IN,
			   .timeout_ms = 300, .tries = 2 },
		.family = AF_INET, .zone = "example", .global = true,
	};

	dns = fake_dns_new(loop, "127.0.0.1", 0, rules, n);
	q.probe.port = fake_dns_port(dns);
	ck_assert_int_eq(addr_parse("127.0.0.1", &q.probe.server), 0);
	return q;
}

static void begin(const struct hearing_question *q)
{
	ck_assert_int_eq(hearing_start(&hearing, loop, q, &out, heard, NULL),
			 0);
	ck_assert_int_eq(done, 0);
}

static void hear(const struct hearing_question *q)
{
	begin(q);
	ck_assert(wait_for(loop, &done, 1, 10));
}

#define SOA(f)                                                                 \
	{ .name = "example", .type = DNS_SOA, .flags = (f),                    \
	  .records = "an @ 300 SOA ns1.example" }
#define SAYS(f, address)                                                       \
	{ .name = NAME, .type = DNS_A, .flags = (f),                           \
	  .records = "an @ 60 A " address }
#define NOT_ITS                                                                \
	"answered as a resolver does, and does not hold the zone: intercepted?"

/* Who answers at the server's address: by rules, and what we make of it. */
static const struct row {
	const char *name;
	struct fake_dns_rule rules[RULES_MOST];
	const char *said; /* after "server: " */
	enum resolver_outcome outcome;
	unsigned int tcp; /* questions by TCP */
} rows[] = {
	{ "an authority", { SAYS(FAKE_AA, "5.6.7.8") }, "5.6.7.8",
	  RESOLVER_ANSWERED, 0 },
	{ "BIND with recursion: AA and RA, and the SOA is its own",
	  { SOA(FAKE_AA | FAKE_RA), SAYS(FAKE_AA | FAKE_RA, "5.6.7.8") },
	  "5.6.7.8", RESOLVER_ANSWERED, 1 },
	{ "... that says absent",
	  { SOA(FAKE_AA | FAKE_RA),
	    { .flags = FAKE_AA | FAKE_RA, .rcode = DNS_NXDOMAIN } },
	  "absent", RESOLVER_ANSWERED, 1 },
	{ "... or an alias",
	  { SOA(FAKE_AA | FAKE_RA),
	    { .flags = FAKE_AA | FAKE_RA,
	      .records = "an @ 60 CNAME www.example" } },
	  "an alias of www.example", RESOLVER_CNAME, 1 },
	{ "a resolver that rewrites the name",
	  { { .type = DNS_SOA, .flags = FAKE_AA | FAKE_RA },
	    SAYS(FAKE_AA | FAKE_RA, "5.6.7.8") },
	  NOT_ITS " (5.6.7.8)", RESOLVER_INTERCEPTED, 1 },
	{ "... and passes the SOA on, without AA",
	  { SOA(FAKE_RA), SAYS(FAKE_AA | FAKE_RA, "5.6.7.8") },
	  NOT_ITS " (5.6.7.8)", RESOLVER_INTERCEPTED, 1 },
	{ "... and passes the SOA on with its AA, but says who it is",
	  { SOA(FAKE_RA | FAKE_AA), SAYS(FAKE_AA | FAKE_RA, "5.6.7.8"),
	    { .name = "version.bind", .type = DNS_TXT,
	      .records = "an @ 0 TXT dnsmasq-2.90" } },
	  NOT_ITS " (5.6.7.8)", RESOLVER_INTERCEPTED, 1 },
	{ "... or says another zone's",
	  { { .type = DNS_SOA, .flags = FAKE_AA | FAKE_RA,
	      .records = "au . 300 SOA ns1.example" },
	    SAYS(FAKE_AA | FAKE_RA, "5.6.7.8") },
	  NOT_ITS " (5.6.7.8)", RESOLVER_INTERCEPTED, 1 },
	{ "... or nothing of it",
	  { { .type = DNS_SOA, .flags = FAKE_SILENT },
	    SAYS(FAKE_AA | FAKE_RA, "5.6.7.8") },
	  NOT_ITS " (5.6.7.8)", RESOLVER_INTERCEPTED, 1 },
	{ "a resolver", { SAYS(FAKE_RA, "5.6.7.8") },
	  "answered without authority: intercepted? (5.6.7.8)",
	  RESOLVER_INTERCEPTED, 1 },
	{ "... that says absent",
	  { { .flags = FAKE_RA, .rcode = DNS_NXDOMAIN } },
	  "answered without authority: intercepted?", RESOLVER_INTERCEPTED,
	  1 },
	{ "... that will not say",
	  { { .flags = FAKE_RA, .rcode = DNS_REFUSED } },
	  "answered without authority: intercepted? (REFUSED)",
	  RESOLVER_INTERCEPTED, 1 },
	{ "a private address, from within",
	  { SOA(FAKE_AA), SAYS(FAKE_AA, "10.0.0.7") },
	  "answered with a private address, from within: a split horizon, "
	  "not believed (10.0.0.7)", RESOLVER_INTERCEPTED, 0 },
	{ "UDP alone is redirected, to one who rewrites",
	  { SOA(FAKE_RA | FAKE_UDP), SAYS(FAKE_AA | FAKE_RA | FAKE_UDP,
	    "5.6.7.8"), SAYS(FAKE_AA, "5.6.7.9") },
	  "5.6.7.9 (by TCP; by UDP it is intercepted)", RESOLVER_ANSWERED,
	  1 },
	{ "... or to one who forwards",
	  { SAYS(FAKE_RA | FAKE_UDP, "5.6.7.8"), SAYS(FAKE_AA, "5.6.7.8") },
	  "5.6.7.8 (by TCP; by UDP it is intercepted)", RESOLVER_ANSWERED,
	  1 },
	{ "refused", { { .rcode = DNS_REFUSED } }, "REFUSED", RESOLVER_LAME,
	  0 },
	{ "silent", { { .flags = FAKE_SILENT } }, "no answer (timed out)",
	  RESOLVER_SILENT, 0 },
};

START_TEST(test_row)
{
	const struct row *row = &rows[_i];
	struct hearing_question q;
	char said[256];

	q = question(row->rules, RULES_MOST);
	hear(&q);
	resolver_server_print(&out, said, sizeof(said));
	ck_assert_msg(strcmp(said + strlen("server: "), row->said) == 0,
		      "%s: %s", row->name, said);
	ck_assert_msg(out.outcome == row->outcome, "%s: %d", row->name,
		      (int)out.outcome);
	/* A proof by TCP may be given up before it is heard. */
	ck_assert_uint_le(fake_dns_seen(dns)->tcp, row->tcp);
	ev_run(loop, EVRUN_NOWAIT);
	ck_assert_int_eq(done, 1);
}
END_TEST

/* In doubt before: its SOA comes in the same burst, and TCP is left alone. */
START_TEST(test_doubted)
{
	static const struct fake_dns_rule rules[] = {
		SOA(FAKE_AA | FAKE_RA), SAYS(FAKE_AA | FAKE_RA, "5.6.7.8"),
	};
	struct hearing_question q;

	q = question(rules, 2);
	q.doubted = true;
	hear(&q);
	ck_assert_int_eq(out.outcome, RESOLVER_ANSWERED);
	ck_assert_int_eq(out.doubt, RESOLVER_RA);
	ck_assert_uint_eq(fake_dns_seen(dns)->udp, 3);
	ck_assert_uint_eq(fake_dns_seen(dns)->tcp, 0);
}
END_TEST

/* ... and where that fails, TCP is tried all the same. */
START_TEST(test_doubted_no_more)
{
	static const struct fake_dns_rule rules[] = {
		SOA(FAKE_RA | FAKE_UDP),
		SAYS(FAKE_AA | FAKE_RA | FAKE_UDP, "5.6.7.8"),
		SAYS(FAKE_AA, "5.6.7.9"),
	};
	struct hearing_question q;

	q = question(rules, 3);
	q.doubted = true;
	hear(&q);
	ck_assert_int_eq(out.outcome, RESOLVER_ANSWERED);
	ck_assert(out.by_tcp);
}
END_TEST

/* The zone is not known: only TCP could help, and here it does not. */
START_TEST(test_no_zone)
{
	static const struct fake_dns_rule rules[] = {
		SOA(FAKE_AA | FAKE_RA), SAYS(FAKE_AA | FAKE_RA, "5.6.7.8"),
	};
	struct hearing_question q;

	q = question(rules, 2);
	q.zone = NULL;
	hear(&q);
	ck_assert_int_eq(out.outcome, RESOLVER_INTERCEPTED);
}
END_TEST

/* Stopped at any moment, even before it began. */
START_TEST(test_stop)
{
	static const struct fake_dns_rule rules[] = {
		{ .type = DNS_SOA, .flags = FAKE_SILENT },
		SAYS(FAKE_AA | FAKE_RA, "5.6.7.8"),
	};
	struct hearing_question q;
	int fds;

	hearing_stop(&hearing);
	q = question(rules, 2);
	fds = wait_open_fds();
	begin(&q);
	for (int i = 0; i < _i; i++)
		ev_run(loop, EVRUN_ONCE);
	hearing_stop(&hearing);
	ev_run(loop, EVRUN_NOWAIT);
	ck_assert_int_eq(done, 0);
	ck_assert_int_le(wait_open_fds(), fds + 1); /* a TCP end of the fake */
	q.probe.name = "bad..name";
	ck_assert_int_eq(hearing_start(&hearing, loop, &q, &out, heard, NULL),
			 -EINVAL);
	hearing_stop(&hearing);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("hearing");
	TCase *tc = tcase_create("hearing");

	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_row, 0, SUITE_COUNT(rows));
	tcase_add_test(tc, test_doubted);
	tcase_add_test(tc, test_doubted_no_more);
	tcase_add_test(tc, test_no_zone);
	tcase_add_loop_test(tc, test_stop, 0, 5);
	suite_add_tcase(s, tc);
	return s;
}
