#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <ev.h>

#include "resolver/natpmp.h"
#include "resolver/router.h"
#include "tests/support/fake_egress.h"
#include "tests/support/fake_udp.h"
#include "tests/support/netns.h"
#include "tests/support/suite.h"
#include "tests/support/wait.h"

#define LOOPBACK "127.0.0.1"

static struct ev_loop *loop;
static struct router router;

/* How the router answers, and what we have heard of it. */
static struct {
	bool pcp;
	unsigned int result;
	bool silent;
	bool other_nonce; /* before the right one */
	uint8_t addr[4];
	uint8_t nonces[8][PCP_NONCE_SIZE];
	uint32_t lifetimes_s[8];
	uint16_t ports[8];
	unsigned int n;
} it;

static struct {
	int done;
	int status;
	char addr[ADDR_STRLEN];
	char why[64];
	uint32_t epoch_s;
} result;

static void setup(void)
{
	netns_enter(); /* the port is a fixed one */
	loop = ev_loop_new(0);
	memset(&it, 0, sizeof(it));
	memset(&result, 0, sizeof(result));
	memset(&router, 0, sizeof(router));
	fake_egress_failures = 0;
}

static void teardown(void)
{
	router_stop(&router);
	ev_loop_destroy(loop);
}

static size_t pcp_answer(struct fake_udp *f, const uint8_t *data,
			 uint8_t *out)
{
	memcpy(out, data, PCP_REQUEST_SIZE);
	out[1] |= 0x80;
	out[3] = (uint8_t)it.result;
	memset(out + 8, 0, 16);
	out[11] = 42; /* seconds */
	memset(out + 44, 0, 10);
	out[54] = out[55] = 0xff;
	memcpy(out + 56, it.addr, 4);
	if (it.other_nonce) {
		out[24] ^= 1;
		fake_udp_say(f, out, PCP_REQUEST_SIZE);
		out[24] ^= 1;
	}
	return PCP_REQUEST_SIZE;
}

static size_t answer(void *user, struct fake_udp *f, unsigned int nth,
		     const uint8_t *data, size_t len,
		     uint8_t out[FAKE_UDP_SIZE])
{
	(void)user;
	(void)nth;
	ck_assert_uint_lt(it.n, 8);
	if (it.pcp) {
		ck_assert_uint_eq(len, PCP_REQUEST_SIZE);
		memcpy(it.nonces[it.n], data + 24, PCP_NONCE_SIZE);
		it.lifetimes_s[it.n] = data[7];
		it.ports[it.n] = (uint16_t)(data[40] << 8 | data[41]);
		ck_assert_uint_eq(it.ports[it.n], fake_udp_asker(f));
		/* Whom it is from stands in it: 127.0.0.1. */
		ck_assert_mem_eq(data + 18, "\xff\xff\x7f\0\0\1", 6);
		it.n++;
		return it.silent ? 0 : pcp_answer(f, data, out);
	}
	it.n++;
	ck_assert_uint_eq(len, NATPMP_REQUEST_SIZE);
	if (it.silent)
		return 0;
	memcpy(out, "\0\x80\0\0\0\0\0\x2a", 8);
	out[3] = (uint8_t)it.result;
	memcpy(out + 8, it.addr, 4);
	return 12;
}

static void told(void *user, const struct router_reply *reply)
{
	(void)user;
	result.done++;
	result.status = reply->status;
	result.epoch_s = reply->epoch_s;
	addr_print(&reply->addr, result.addr);
	(void)snprintf(result.why, sizeof(result.why), "%s",
		       reply->why ? reply->why : "");
	router_stop(&router);
}

static void ask(uint32_t timeout_ms)
{
	struct router_question q = { .pcp = it.pcp, .timeout_ms = timeout_ms };

	ck_assert_int_eq(addr_parse(LOOPBACK, &q.gateway), 0);
	q.egress.source = q.gateway;
	router_start(&router, loop, &q, told, NULL);
	ck_assert_int_eq(result.done, 0);
	ck_assert(wait_for(loop, &result.done, 1, 10));
	result.done = 0;
}

static const struct row {
	const char *name;
	bool pcp;
	unsigned int result;
	bool silent, other_nonce;
	int status;
	const char *addr; /* NULL: none */
	const char *why;  /* a part; NULL: no matter */
} rows[] = {
	{ "NAT-PMP", false, 0, false, false, 0, "5.6.7.9", NULL },
	{ "NAT-PMP without an address", false, 3, false, false, 0, NULL,
	  "no public address" },
	{ "NAT-PMP not for us", false, 2, false, false, -EOPNOTSUPP, NULL,
	  "not authorized" },
	{ "no NAT-PMP", false, 0, true, false, -ETIMEDOUT, NULL, NULL },
	{ "PCP", true, 0, false, false, 0, "5.6.7.9", NULL },
	{ "PCP, and somebody who guesses", true, 0, false, true, 0,
	  "5.6.7.9", NULL },
	{ "PCP without an address", true, 7, false, false, 0, NULL,
	  "no public address" },
	{ "PCP not for us", true, 2, false, false, -EOPNOTSUPP, NULL,
	  "not authorized" },
	{ "no PCP", true, 0, true, false, -ETIMEDOUT, NULL, NULL },
};

START_TEST(test_row)
{
	const struct row *row = &rows[_i];
	struct fake_udp *f = fake_udp_new(loop, LOOPBACK, NATPMP_PORT, answer,
					  NULL);
	int fds = wait_open_fds();

	it.pcp = row->pcp;
	it.result = row->result;
	it.silent = row->silent;
	it.other_nonce = row->other_nonce;
	if (row->addr)
		memcpy(it.addr, "\5\6\7\11", 4);
	ask(row->silent ? 40 : 5000);
	ck_assert_msg(result.status == row->status, "%s: %s", row->name,
		      strerror(-result.status));
	if (row->status == 0) {
		ck_assert_str_eq(result.addr, row->addr ? row->addr : "none");
		ck_assert_uint_eq(result.epoch_s, 42);
	}
	if (row->why)
		ck_assert_msg(strstr(result.why, row->why), "%s: %s",
			      row->name, result.why);
	ck_assert_int_eq(wait_open_fds(), fds);
	fake_udp_free(f);
}
END_TEST

/* Each time by another port and nonce, and the mapping is taken back. */
START_TEST(test_fresh_each_time)
{
	struct fake_udp *f = fake_udp_new(loop, LOOPBACK, NATPMP_PORT, answer,
					  NULL);
	int never = 0;

	it.pcp = true;
	memcpy(it.addr, "\5\6\7\11", 4);
	ask(5000);
	(void)wait_for(loop, &never, 1, .03);
	ask(5000);
	(void)wait_for(loop, &never, 1, .03);
	ck_assert_uint_eq(it.n, 4);
	for (int i = 0; i < 4; i += 2) {
		ck_assert_uint_eq(it.lifetimes_s[i], PCP_LIFETIME_S);
		ck_assert_uint_eq(it.lifetimes_s[i + 1], 0);
		ck_assert_mem_eq(it.nonces[i], it.nonces[i + 1],
				 PCP_NONCE_SIZE);
		ck_assert_uint_eq(it.ports[i], it.ports[i + 1]);
	}
	ck_assert_mem_ne(it.nonces[0], it.nonces[2], PCP_NONCE_SIZE);
	fake_udp_free(f);
}
END_TEST

START_TEST(test_nobody_there)
{
	ask(5000);
	ck_assert_int_eq(result.status, -ECONNREFUSED);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("router");
	TCase *tc = tcase_create("loopback");

	netns_or_skip();
	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_row, 0, SUITE_COUNT(rows));
	tcase_add_test(tc, test_fresh_each_time);
	tcase_add_test(tc, test_nobody_there);
	suite_add_tcase(s, tc);
	return s;
}
