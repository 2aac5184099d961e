#include "config.h"

#include <errno.h>
#include <string.h>

#include <ev.h>

#include "net/dns_msg.h"
#include "resolver/probe.h"
#include "tests/support/fake_dns.h"
#include "tests/support/fake_egress.h"
#include "tests/support/suite.h"
#include "tests/support/wait.h"

#define PROBES 3

static struct ev_loop *loop;
static struct fake_dns *dns;
static struct gate gate;
static int done;
static int status;
static struct probe_question question;

static const struct fake_dns_rule rules[] = {
	{ .name = "home.example", .type = DNS_A, .flags = FAKE_AA,
	  .records = "an @ 60 A 192.0.2.7" },
};

static void setup(void)
{
	loop = ev_loop_new(0);
	dns = fake_dns_new(loop, "127.0.0.1", 0, rules, 1);
	done = 0;
	fake_egress_failures = 0;
	fake_egress_family = 0;
	question = (struct probe_question){
		.name = "home.example", .type = DNS_A, .class = DNS_IN,
		.port = fake_dns_port(dns), .timeout_ms = 2000, .tries = 2,
	};
	ck_assert_int_eq(addr_parse("127.0.0.1", &question.server), 0);
}

static void teardown(void)
{
	fake_dns_free(dns);
	ev_loop_destroy(loop);
}

static void answered(void *user, const struct probe_reply *reply)
{
	struct probe *p = user;
	struct dns_answer a;

	done++;
	status = reply->status;
	if (status == 0)
		ck_assert_int_eq(dns_answer_open(reply->query,
						 reply->query_len, reply->data,
						 reply->len, &a), 0);
	probe_stop(p);
}

static void start(struct probe *p)
{
	ck_assert_int_eq(probe_start(p, loop, &question, answered, p), 0);
	ck_assert_int_eq(done, 0);
}

START_TEST(test_answer)
{
	struct probe p;

	question.tcp = _i;
	start(&p);
	ck_assert(wait_for(loop, &done, 1, 10));
	ck_assert_int_eq(status, 0);
	ck_assert_uint_eq(fake_dns_seen(dns)->tcp, (unsigned int)_i);
	ck_assert(!fake_dns_seen(dns)->rd);
	ck_assert(fake_dns_seen(dns)->mixed_case || _i == 1 ||
		  fake_dns_seen(dns)->udp == 1);
}
END_TEST

/* How often the kernel is not ready, and whether that is waited out. */
static const struct row {
	const char *name;
	const char *source; /* NULL: the kernel's choice */
	int error;
	unsigned int failures;
	int want;
} rows[] = {
	{ "the address is a moment late", "127.0.0.1", -EADDRNOTAVAIL, 5, 0 },
	{ "its route is", "127.0.0.1", -ENETUNREACH, 3, 0 },
	{ "it does not come", "127.0.0.1", -EADDRNOTAVAIL, 999,
	  -EADDRNOTAVAIL },
	{ "no address of ours is awaited", NULL, -ENETUNREACH, 999,
	  -ENETUNREACH },
	{ "the other family has no route", "2001:db8::1", -ENETUNREACH, 999,
	  -ENETUNREACH },
	{ "what is forbidden stays so", "127.0.0.1", -EPERM, 999, -EPERM },
};

START_TEST(test_row)
{
	const struct row *row = &rows[_i];
	struct probe p;

	if (row->source)
		ck_assert_int_eq(addr_parse(row->source,
					    &question.egress.source), 0);
	fake_egress_error = row->error;
	fake_egress_failures = row->failures;
	start(&p);
	ck_assert(wait_for(loop, &done, 1, 10));
	ck_assert_msg(status == row->want, "%s: %s", row->name,
		      strerror(-status));
	if (row->want == 0)
		ck_assert_uint_eq(fake_egress_failures, 0);
}
END_TEST

/* One at a time: whoever stops, waiting or asking, lets the next one in. */
START_TEST(test_gate)
{
	struct probe p[PROBES];

	gate_init(&gate, 1);
	question.gate = &gate;
	for (int i = 0; i < PROBES; i++)
		start(&p[i]);
	ck_assert_uint_eq(gate.lane.in, 1);
	probe_stop(&p[1]);
	probe_stop(&p[0]);
	ck_assert(wait_for(loop, &done, 1, 10));
	ck_assert_int_eq(status, 0);
	ck_assert_uint_eq(gate.lane.in, 0);
}
END_TEST

START_TEST(test_stop)
{
	struct probe never = { 0 }, p;
	int fds = wait_open_fds();

	probe_stop(&never);
	start(&p);
	probe_stop(&p);
	probe_stop(&p);
	ck_assert_int_eq(wait_open_fds(), fds);
	question.name = "bad..name";
	ck_assert_int_eq(probe_start(&p, loop, &question, answered, &p),
			 -EINVAL);
	ev_run(loop, EVRUN_NOWAIT);
	ck_assert_int_eq(done, 0);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("probe");
	TCase *tc = tcase_create("probe");

	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_answer, 0, 2);
	tcase_add_loop_test(tc, test_row, 0, SUITE_COUNT(rows));
	tcase_add_test(tc, test_gate);
	tcase_add_test(tc, test_stop);
	suite_add_tcase(s, tc);
	return s;
}
