#include "config.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <ev.h>

#include "base/clock.h"
#include "net/ask.h"
#include "net/dns_msg.h"
#include "tests/support/fake_dns.h"
#include "tests/support/fake_egress.h"
#include "tests/support/suite.h"
#include "tests/support/wait.h"

#define RIGHT "an @ 60 A 192.0.2.7"

struct result {
	int done;
	int status;
	uint8_t rcode;
	bool aa;
	size_t len;
	char addr[ADDR_STRLEN];
	struct ask *to_free; /* in the callback */
	uint8_t query[DNS_QUERY_SIZE];
	size_t query_len;
};

static struct ev_loop *loop;

static void setup(void)
{
	loop = ev_loop_new(0);
	ck_assert_ptr_nonnull(loop);
	fake_egress_failures = 0;
}

static void teardown(void)
{
	ev_loop_destroy(loop);
}

static void ask_done(void *user, int status, const uint8_t *data, size_t len)
{
	struct result *r = user;
	struct dns_record rec;
	struct dns_answer a;

	r->done++;
	r->status = status;
	r->len = len;
	if (status == 0) {
		ck_assert_int_eq(dns_answer_open(r->query, r->query_len, data,
						 len, &a), 0);
		r->rcode = a.rcode;
		r->aa = a.aa;
		if (dns_answer_next(&a, &rec) == 1)
			addr_print(&rec.addr, r->addr);
	} else {
		ck_assert_ptr_null(data);
	}
	ask_free(r->to_free);
}

static struct ask_question question(struct result *r, uint16_t port,
				    uint32_t timeout_ms)
{
	struct ask_question q = { .port = port, .query = r->query };
	int n = dns_query_build("home.example.org", DNS_A, DNS_IN,
				(uint16_t)clock_random(), false, true,
				0xa5a5, r->query); /* every other two capitals */

	ck_assert_int_gt(n, 0);
	ck_assert_int_eq(addr_parse("127.0.0.1", &q.server), 0);
	r->query_len = (size_t)n;
	q.query_len = (size_t)n;
	q.timeout_ms = timeout_ms;
	q.tries = 3;
	return q;
}

static const struct row {
	const char *name;
	struct fake_dns_rule rule;
	uint32_t timeout_ms;
	int status;
	unsigned int rcode;
	const char *addr;
	unsigned int tcp; /* questions by TCP */
} rows[] = {
	{ "a right answer", { .flags = FAKE_AA, .records = RIGHT }, 5000, 0, 0,
	  "192.0.2.7", 0 },
	{ "REFUSED is an answer", { .rcode = DNS_REFUSED }, 5000, 0,
	  DNS_REFUSED, "", 0 },
	{ "SERVFAIL is an answer", { .rcode = DNS_SERVFAIL }, 5000, 0,
	  DNS_SERVFAIL, "", 0 },
	{ "NXDOMAIN is an answer", { .rcode = DNS_NXDOMAIN }, 5000, 0,
	  DNS_NXDOMAIN, "", 0 },
	{ "truncated: TCP", { .flags = FAKE_AA | FAKE_TC, .records = RIGHT },
	  5000, 0, 0, "192.0.2.7", 1 },
	{ "truncated, and 40 kB by TCP",
	  { .flags = FAKE_AA | FAKE_TC | FAKE_HUGE, .records = RIGHT }, 5000,
	  0, 0, "192.0.2.7", 1 },
	{ "a forged id ends nothing",
	  { .flags = FAKE_BAD_ID | FAKE_THEN, .records = RIGHT }, 5000, 0, 0,
	  "192.0.2.7", 0 },
	{ "a forged question ends nothing",
	  { .flags = FAKE_BAD_CASE | FAKE_THEN, .records = RIGHT }, 5000, 0, 0,
	  "192.0.2.7", 0 },
	{ "garbage ends nothing",
	  { .flags = FAKE_GARBAGE | FAKE_THEN, .records = RIGHT }, 5000, 0, 0,
	  "192.0.2.7", 0 },
	{ "all of it ends nothing",
	  { .flags = FAKE_BAD_ID | FAKE_BAD_CASE | FAKE_GARBAGE | FAKE_THEN,
	    .records = RIGHT }, 5000, 0, 0, "192.0.2.7", 0 },
	{ "a wrong id only", { .flags = FAKE_BAD_ID, .records = RIGHT }, 60,
	  -ETIMEDOUT, 0, "", 0 },
	{ "the question in another case only: TCP tells",
	  { .flags = FAKE_BAD_CASE, .records = RIGHT }, 5000, 0, 0,
	  "192.0.2.7", 1 },
	{ "silence", { .flags = FAKE_SILENT }, 60, -ETIMEDOUT, 0, "", 0 },
	{ "truncated, then silence",
	  { .flags = FAKE_TC, .skip = 1, .records = RIGHT }, 5000, 0, 0,
	  "192.0.2.7", 1 },
	{ "the first two are lost", { .skip = 2, .records = RIGHT }, 700, 0, 0,
	  "192.0.2.7", 0 },
};

START_TEST(test_row)
{
	const struct row *row = &rows[_i];
	struct fake_dns *f = fake_dns_new(loop, "127.0.0.1", 0, &row->rule, 1);
	struct result r = { 0 };
	struct ask_question q = question(&r, fake_dns_port(f),
					 row->timeout_ms);
	int fds = wait_open_fds();
	struct ask *a;

	ck_assert_int_eq(ask_start(loop, &q, ask_done, &r, &a), 0);
	ck_assert_int_eq(r.done, 0);
	ck_assert_msg(wait_for(loop, &r.done, 1, 10), "%s: hangs", row->name);
	ck_assert_msg(r.status == row->status, "%s: %s", row->name,
		      strerror(-r.status));
	ck_assert_uint_eq(r.rcode, row->rcode);
	ck_assert_msg(strcmp(r.addr, row->addr) == 0, "%s: %s", row->name,
		      r.addr);
	ck_assert_uint_eq(fake_dns_seen(f)->tcp, row->tcp);
	ck_assert(!fake_dns_seen(f)->rd);
	ck_assert(fake_dns_seen(f)->mixed_case);
	/* c-ares 1.34 writes what it has read anew, and so a little shorter. */
	if (row->rule.flags & FAKE_HUGE)
		ck_assert_uint_ge(r.len, 35000);
	ask_free(a);
	fake_dns_free(f);
	/* The fake's end of a TCP connection is closed with it. */
	ck_assert_int_le(wait_open_fds(), fds);
}
END_TEST

START_TEST(test_tcp_from_the_start)
{
	struct fake_dns_rule rule = { .flags = FAKE_AA, .records = RIGHT };
	struct fake_dns *f = fake_dns_new(loop, "127.0.0.1", 0, &rule, 1);
	struct result r = { 0 };
	struct ask_question q = question(&r, fake_dns_port(f), 5000);
	struct ask *a;

	q.tcp = true;
	ck_assert_int_eq(addr_parse("127.0.0.9", &q.egress.source), 0);
	ck_assert_int_eq(ask_start(loop, &q, ask_done, &r, &a), 0);
	ck_assert(wait_for(loop, &r.done, 1, 10));
	ck_assert_int_eq(r.status, 0);
	ck_assert_uint_eq(fake_dns_seen(f)->udp, 0);
	ck_assert_uint_eq(fake_dns_seen(f)->tcp, 1);
	ask_free(a);
	fake_dns_free(f);
}
END_TEST

START_TEST(test_leaves_from_its_source)
{
	struct fake_dns_rule rule = { .flags = FAKE_AA, .records = RIGHT };
	struct fake_dns *f = fake_dns_new(loop, "127.0.0.1", 0, &rule, 1);
	struct result r = { 0 };
	struct ask_question q = question(&r, fake_dns_port(f), 5000);
	char text[ADDR_STRLEN];
	struct ask *a;

	ck_assert_int_eq(addr_parse("127.0.0.77", &q.egress.source), 0);
	ck_assert_int_eq(ask_start(loop, &q, ask_done, &r, &a), 0);
	ck_assert(wait_for(loop, &r.done, 1, 10));
	ck_assert_str_eq(addr_print(&fake_dns_seen(f)->from, text),
			 "127.0.0.77");
	ask_free(a);
	fake_dns_free(f);
}
END_TEST

/* A closed port, a missing address and a missing route are told apart. */
START_TEST(test_errors)
{
	struct fake_dns *f = fake_dns_new(loop, "127.0.0.1", 0, NULL, 0);
	struct result r = { 0 };
	struct ask_question q = question(&r, fake_dns_port(f), 5000);
	struct ask *a;

	fake_dns_free(f); /* the port is closed now */
	ck_assert_int_eq(ask_start(loop, &q, ask_done, &r, &a), 0);
	ck_assert(wait_for(loop, &r.done, 1, 10));
	ck_assert_int_eq(r.status, -ECONNREFUSED);
	ask_free(a);

	r.done = 0;
	ck_assert_int_eq(addr_parse("192.0.2.250", &q.egress.source), 0);
	ck_assert_int_eq(ask_start(loop, &q, ask_done, &r, &a),
			 -EADDRNOTAVAIL);
	q.egress.source.family = 0;
	fake_egress_error = -ENODEV;
	fake_egress_failures = 99;
	ck_assert_int_eq(ask_start(loop, &q, ask_done, &r, &a), -ENODEV);
	fake_egress_failures = 0;
	/* No host is there for ever: the limited broadcast address. */
	ck_assert_int_eq(addr_parse("255.255.255.255", &q.server), 0);
	ck_assert_int_eq(ask_start(loop, &q, ask_done, &r, &a), -EACCES);
	q.server.family = 0;
	ck_assert_int_eq(ask_start(loop, &q, ask_done, &r, &a), -EINVAL);
	ck_assert_int_eq(r.done, 0);
}
END_TEST

START_TEST(test_freed_before_the_answer)
{
	struct fake_dns_rule rule = { .flags = FAKE_AA, .records = RIGHT };
	struct fake_dns *f = fake_dns_new(loop, "127.0.0.1", 0, &rule, 1);
	struct result r = { 0 }, other = { 0 };
	struct ask_question q = question(&r, fake_dns_port(f), 5000);
	int fds = wait_open_fds();
	struct ask *a, *b;

	ck_assert_int_eq(ask_start(loop, &q, ask_done, &r, &a), 0);
	q = question(&other, fake_dns_port(f), 5000);
	ck_assert_int_eq(ask_start(loop, &q, ask_done, &other, &b), 0);
	ask_free(a);
	ck_assert(wait_for(loop, &other.done, 1, 10));
	ck_assert_int_eq(r.done, 0);
	ask_free(b);
	ck_assert_int_eq(wait_open_fds(), fds);
	ask_free(NULL);
	fake_dns_free(f);
}
END_TEST

START_TEST(test_freed_in_the_callback)
{
	struct fake_dns_rule rule = { .flags = FAKE_AA, .records = RIGHT };
	struct fake_dns *f = fake_dns_new(loop, "127.0.0.1", 0, &rule, 1);
	struct result r = { 0 };
	struct ask_question q = question(&r, fake_dns_port(f), 5000);
	int fds = wait_open_fds();

	ck_assert_int_eq(ask_start(loop, &q, ask_done, &r, &r.to_free), 0);
	ck_assert(wait_for(loop, &r.done, 1, 10));
	ck_assert_int_eq(wait_open_fds(), fds);
	fake_dns_free(f);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("ask");
	TCase *tc = tcase_create("loopback");

	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_row, 0, SUITE_COUNT(rows));
	tcase_add_test(tc, test_tcp_from_the_start);
	tcase_add_test(tc, test_leaves_from_its_source);
	tcase_add_test(tc, test_errors);
	tcase_add_test(tc, test_freed_before_the_answer);
	tcase_add_test(tc, test_freed_in_the_callback);
	suite_add_tcase(s, tc);
	return s;
}
