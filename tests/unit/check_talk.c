#include "config.h"

#include <errno.h>
#include <string.h>

#include <ev.h>

#include "resolver/talk.h"
#include "tests/support/fake_egress.h"
#include "tests/support/fake_udp.h"
#include "tests/support/suite.h"
#include "tests/support/wait.h"

/* What the other side sends back to each datagram, and in which order. */
enum back { NOTHING, RIGHT, WRONG, WRONG_RIGHT, LONG, LONG_RIGHT };

struct result {
	int done;
	int status;
	uint16_t port; /* told to build() */
	unsigned int wrong;
	char said[16];
};

static struct ev_loop *loop;
static enum back script[8];
static struct result result;
static struct talk talk;

static void setup(void)
{
	loop = ev_loop_new(0);
	memset(script, 0, sizeof(script));
	memset(&result, 0, sizeof(result));
	memset(&talk, 0, sizeof(talk));
	fake_egress_failures = 0;
}

static void teardown(void)
{
	talk_stop(&talk);
	ev_loop_destroy(loop);
}

static size_t answer(void *user, struct fake_udp *f, unsigned int nth,
		     const uint8_t *data, size_t len,
		     uint8_t out[FAKE_UDP_SIZE])
{
	enum back b = nth <= 8 ? script[nth - 1] : NOTHING;

	(void)user;
	ck_assert_uint_eq(len, 3);
	ck_assert_mem_eq(data, "ask", 3);
	memset(out, 'l', FAKE_UDP_SIZE);
	if (b == LONG_RIGHT)
		fake_udp_say(f, out, TALK_ANSWER_MAX + 1);
	if (b == LONG)
		return TALK_ANSWER_MAX + 1;
	if (b == WRONG_RIGHT)
		fake_udp_say(f, "wrong", 5);
	if (b == NOTHING)
		return 0;
	memcpy(out, b == WRONG ? "wrong" : "right", 5);
	return 5;
}

static size_t build(void *user, uint16_t port, uint8_t out[TALK_REQUEST_MAX])
{
	struct result *r = user;

	r->port = port;
	memcpy(out, "ask", 3);
	return 3;
}

static bool take(void *user, const uint8_t *data, size_t len)
{
	struct result *r = user;

	ck_assert_uint_lt(len, sizeof(r->said));
	if (len != 5 || memcmp(data, "right", 5) != 0) {
		r->wrong++;
		return false;
	}
	memcpy(r->said, data, len);
	r->done++;
	talk_stop(&talk);
	return true;
}

static void failed(void *user, int status)
{
	struct result *r = user;

	r->done++;
	r->status = status;
	talk_stop(&talk);
}

static const struct talk_about about = { build, take, failed };

static void begin(uint16_t port, uint32_t first_ms, uint32_t timeout_ms)
{
	struct talk_question q = {
		.port = port, .first_ms = first_ms, .timeout_ms = timeout_ms,
	};

	ck_assert_int_eq(addr_parse("127.0.0.1", &q.server), 0);
	talk_start(&talk, loop, &q, &about, &result);
	ck_assert_int_eq(result.done, 0);
}

static const struct row {
	const char *name;
	enum back script[4];
	uint32_t timeout_ms;
	int status;
	unsigned int heard, wrong; /* heard 0: any number */
} rows[] = {
	{ "an answer", { RIGHT }, 5000, 0, 1, 0 },
	{ "the first is lost", { NOTHING, RIGHT }, 5000, 0, 2, 0 },
	{ "three are lost", { NOTHING, NOTHING, NOTHING, RIGHT }, 5000, 0, 4,
	  0 },
	{ "what is no answer ends nothing", { WRONG_RIGHT }, 5000, 0, 1, 1 },
	{ "... and is not what was waited for", { WRONG, RIGHT }, 5000, 0, 2,
	  1 },
	{ "too long: dropped", { LONG_RIGHT }, 5000, 0, 1, 0 },
	{ "nothing but what is too long", { LONG, LONG, RIGHT }, 5000, 0, 3,
	  0 },
	{ "nobody says anything", { NOTHING }, 40, -ETIMEDOUT, 0, 0 },
	{ "only nonsense", { WRONG, WRONG, WRONG, WRONG }, 40, -ETIMEDOUT, 0,
	  4 },
};

START_TEST(test_row)
{
	const struct row *row = &rows[_i];
	struct fake_udp *f = fake_udp_new(loop, "127.0.0.1", 0, answer, NULL);
	int fds = wait_open_fds();

	memcpy(script, row->script, sizeof(row->script));
	begin(fake_udp_port(f), 4, row->timeout_ms);
	ck_assert_msg(wait_for(loop, &result.done, 1, 10), "%s: hangs",
		      row->name);
	ck_assert_msg(result.status == row->status, "%s: %s", row->name,
		      strerror(-result.status));
	ck_assert_str_eq(result.said, row->status == 0 ? "right" : "");
	/* It is never asked again before its time; later it may be. */
	if (row->status == 0)
		ck_assert_uint_ge(fake_udp_heard(f), row->heard);
	if (row->status == 0)
		ck_assert_uint_eq(result.wrong, row->wrong);
	ck_assert_uint_eq(result.port, fake_udp_asker(f));
	ck_assert_int_eq(wait_open_fds(), fds);
	fake_udp_free(f);
}
END_TEST

/* The intervals grow: so many go out in this time, and no more. */
START_TEST(test_intervals_double)
{
	struct fake_udp *f = fake_udp_new(loop, "127.0.0.1", 0, answer, NULL);

	begin(fake_udp_port(f), 10, 10 + 20 + 40 + 5);
	ck_assert(wait_for(loop, &result.done, 1, 10));
	ck_assert_int_eq(result.status, -ETIMEDOUT);
	ck_assert_uint_le(fake_udp_heard(f), 4);
	ck_assert_uint_ge(fake_udp_heard(f), 1);
	fake_udp_free(f);
}
END_TEST

START_TEST(test_nobody_listens)
{
	struct fake_udp *f = fake_udp_new(loop, "127.0.0.1", 0, answer, NULL);
	uint16_t port = fake_udp_port(f);

	fake_udp_free(f);
	begin(port, 500, 5000);
	ck_assert(wait_for(loop, &result.done, 1, 10));
	ck_assert_int_eq(result.status, -ECONNREFUSED);
}
END_TEST

/* An address or a route that is about to come is waited for, and no other. */
static const struct coming {
	const char *name;
	int error;
	unsigned int failures;
	int status;
	unsigned int left; /* failures that were not needed */
} comings[] = {
	{ "an address that comes", -EADDRNOTAVAIL, 3, 0, 0 },
	{ "a route that comes", -ENETUNREACH, 5, 0, 0 },
	{ "one that does not", -ENETUNREACH, 99, -ENETUNREACH, 93 },
	{ "no right to", -EPERM, 99, -EPERM, 98 },
};

START_TEST(test_coming)
{
	const struct coming *c = &comings[_i];
	struct fake_udp *f = fake_udp_new(loop, "127.0.0.1", 0, answer, NULL);
	int fds = wait_open_fds();

	script[0] = RIGHT;
	fake_egress_error = c->error;
	fake_egress_failures = c->failures;
	begin(fake_udp_port(f), 500, 5000);
	ck_assert(wait_for(loop, &result.done, 1, 10));
	ck_assert_msg(result.status == c->status, "%s: %s", c->name,
		      strerror(-result.status));
	ck_assert_uint_eq(fake_egress_failures, c->left);
	ck_assert_int_eq(wait_open_fds(), fds);
	fake_udp_free(f);
}
END_TEST

START_TEST(test_stopped)
{
	struct fake_udp *f = fake_udp_new(loop, "127.0.0.1", 0, answer, NULL);
	int fds = wait_open_fds(), never = 0;

	script[0] = RIGHT;
	begin(fake_udp_port(f), 2, 50);
	talk_stop(&talk);
	talk_stop(&talk);
	ck_assert_int_eq(wait_open_fds(), fds);
	(void)wait_for(loop, &never, 1, .1);
	ck_assert_int_eq(result.done, 0);
	/* One that never began, too. */
	memset(&talk, 0, sizeof(talk));
	talk_stop(&talk);
	fake_udp_free(f);
}
END_TEST

/* Something else is said by the same way, and nothing expected. */
START_TEST(test_say)
{
	struct fake_udp *f = fake_udp_new(loop, "127.0.0.1", 0, NULL, NULL);
	int never = 0;

	begin(fake_udp_port(f), 5000, 5000);
	talk_say(&talk, (const uint8_t *)"by", 2);
	(void)wait_for(loop, &never, 1, .05);
	ck_assert_uint_eq(fake_udp_heard(f), 2);
	ck_assert_uint_eq(result.port, fake_udp_asker(f));
	talk_stop(&talk);
	talk_say(&talk, (const uint8_t *)"by", 2);
	(void)wait_for(loop, &never, 1, .02);
	ck_assert_uint_eq(fake_udp_heard(f), 2);
	fake_udp_free(f);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("talk");
	TCase *tc = tcase_create("loopback");

	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_row, 0, SUITE_COUNT(rows));
	tcase_add_test(tc, test_intervals_double);
	tcase_add_test(tc, test_nobody_listens);
	tcase_add_loop_test(tc, test_coming, 0, SUITE_COUNT(comings));
	tcase_add_test(tc, test_stopped);
	tcase_add_test(tc, test_say);
	suite_add_tcase(s, tc);
	return s;
}
