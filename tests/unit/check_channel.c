#include "config.h"

#include <errno.h>
#include <string.h>

#include <ev.h>

#include "base/clock.h"
#include "net/channel.h"
#include "net/dns_msg.h"
#include "tests/support/fake_dns.h"
#include "tests/support/fake_egress.h"
#include "tests/support/suite.h"
#include "tests/support/wait.h"

static const struct errno_row {
	const char *name;
	int status, error, want;
} errors[] = {
	{ "all is well", ARES_SUCCESS, -ENETUNREACH, 0 },
	{ "no such name", ARES_ENOTFOUND, 0, -ENOENT },
	{ "no such data", ARES_ENODATA, 0, -ENOENT },
	{ "the server would not say", ARES_EREFUSED, 0, -EREMOTEIO },
	{ "time is up", ARES_ETIMEOUT, -ENETUNREACH, -ETIMEDOUT },
	{ "what the socket said is sharper", ARES_ECONNREFUSED,
	  -EADDRNOTAVAIL, -EADDRNOTAVAIL },
	{ "... where it said something", ARES_ECONNREFUSED, 0, -EREMOTEIO },
	{ "garbage", ARES_EBADRESP, 0, -EBADMSG },
	{ "no name at all", ARES_EBADNAME, 0, -EINVAL },
};

START_TEST(test_errno)
{
	struct channel c = { .error = errors[_i].error };

	ck_assert_msg(channel_errno(&c, errors[_i].status) == errors[_i].want,
		      "%s", errors[_i].name);
}
END_TEST

START_TEST(test_first_try)
{
	ck_assert_uint_eq(channel_first_try_ms(700, 3), 100);
	ck_assert_uint_eq(channel_first_try_ms(2000, 1), 2000);
	ck_assert_uint_eq(channel_first_try_ms(2000, 0), 2000);
	ck_assert_uint_eq(channel_first_try_ms(25500, 100), 100);
}
END_TEST

static struct ev_loop *loop;
static struct fake_dns *dns;
static int steps, answers, expired, status;

static void setup(void)
{
	loop = ev_loop_new(0);
	dns = NULL;
	steps = answers = expired = 0;
	fake_egress_failures = 0;
	fake_egress_family = 0;
}

static void teardown(void)
{
	fake_dns_free(dns);
	ev_loop_destroy(loop);
}

static void step(void *user, bool is_over)
{
	struct channel *c = user;

	steps++;
	expired += is_over;
	if (is_over || answers > 0)
		channel_done(c);
}

static void answered(void *user, int s, int timeouts, unsigned char *data,
		     int len)
{
	(void)user;
	(void)timeouts;
	(void)data;
	(void)len;
	if (s == ARES_EDESTRUCTION)
		return;
	answers++;
	status = s;
}

static void ask(struct channel *c, const struct fake_dns_rule *rule,
		uint32_t total_ms)
{
	struct channel_options o = { .try_ms = 2000, .tries = 1,
				     .total_ms = total_ms, .verify = true,
				     .flags = ARES_FLAG_NOCHECKRESP };
	uint8_t query[DNS_QUERY_SIZE];
	int n = dns_query_build("home.example", DNS_A, DNS_IN, 7, false, true,
				5, query);

	dns = fake_dns_new(loop, "127.0.0.1", 0, rule, 1);
	o.servers = fake_dns_text(dns);
	ck_assert_int_eq(channel_init(c, loop, &o, step, c), 0);
	ares_send(c->ares, query, n, answered, c);
	channel_arm(c);
}

START_TEST(test_answer)
{
	static const struct fake_dns_rule rule = {
		.records = "an @ 60 A 192.0.2.7",
	};
	int fds = wait_open_fds();
	struct channel c;

	ask(&c, &rule, 5000);
	ck_assert(wait_for(loop, &answers, 1, 10));
	ck_assert_int_eq(status, ARES_SUCCESS);
	ck_assert(!c.case_lost);
	fake_dns_free(dns);
	dns = NULL;
	ck_assert_int_eq(wait_open_fds(), fds);
}
END_TEST

/* The deadline holds, whatever c-ares would still wait for. */
START_TEST(test_deadline)
{
	static const struct fake_dns_rule rule = { .flags = FAKE_SILENT };
	uint64_t began_ms = clock_mono_ms();
	struct channel c;

	ask(&c, &rule, 60);
	ck_assert(wait_for(loop, &expired, 1, 10));
	ck_assert_int_eq(answers, 0);
	ck_assert_uint_ge(clock_mono_ms() - began_ms, 59);
	ck_assert_uint_lt(clock_mono_ms() - began_ms, 1900);
}
END_TEST

/* An answer in another case is dropped, and seen to have been. */
START_TEST(test_case_lost)
{
	static const struct fake_dns_rule rule = {
		.flags = FAKE_LOWER, .records = "an @ 60 A 192.0.2.7",
	};
	struct channel c;

	ask(&c, &rule, 5000);
	ck_assert(wait_for(loop, &steps, 1, 10));
	ck_assert_int_eq(answers, 0);
	ck_assert(c.case_lost);
	channel_done(&c);
}
END_TEST

/* What refuses the bind is told, and not only that it failed. */
START_TEST(test_bind_refused)
{
	static const struct fake_dns_rule rule = { .flags = FAKE_SILENT };
	struct channel c;

	fake_egress_error = -EADDRNOTAVAIL;
	fake_egress_failures = 1000;
	ask(&c, &rule, 5000);
	ck_assert_int_eq(answers, 1);
	ck_assert_int_eq(channel_errno(&c, status), -EADDRNOTAVAIL);
	channel_done(&c);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("channel");
	TCase *tc = tcase_create("channel");

	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_errno, 0, SUITE_COUNT(errors));
	tcase_add_test(tc, test_first_try);
	tcase_add_test(tc, test_answer);
	tcase_add_test(tc, test_deadline);
	tcase_add_test(tc, test_case_lost);
	tcase_add_test(tc, test_bind_refused);
	suite_add_tcase(s, tc);
	return s;
}
