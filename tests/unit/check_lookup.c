#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <ev.h>

#include "net/dns_msg.h"
#include "net/lookup.h"
#include "tests/support/fake_dns.h"
#include "tests/support/suite.h"
#include "tests/support/wait.h"

static const struct fake_dns_rule rules[] = {
	{ .name = "both.example", .type = DNS_A,
	  .records = "an @ 300 A 192.0.2.1\nan @ 200 A 192.0.2.2" },
	{ .name = "both.example", .type = DNS_AAAA,
	  .records = "an @ 100 AAAA 2001:db8::1" },
	{ .name = "alias.example", .type = DNS_A,
	  .records = "an @ 300 CNAME both.example\n"
		     "an both.example 300 A 192.0.2.1" },
	{ .name = "four.example", .type = DNS_A,
	  .records = "an @ 300 A 192.0.2.4" },
	{ .name = "four.example", .records = "au example 60 SOA ns.example" },
	{ .name = "none.example", .rcode = DNS_NXDOMAIN,
	  .records = "au example 60 SOA ns.example" },
	{ .name = "broken.example", .rcode = DNS_SERVFAIL },
	{ .name = "silent.example", .flags = FAKE_SILENT },
	{ .name = "lower.example", .flags = FAKE_LOWER,
	  .records = "an @ 300 A 192.0.2.8" },
	{ .name = "lowest.example", .flags = FAKE_LOWER | FAKE_NO_TCP,
	  .records = "an @ 300 A 192.0.2.6" },
	{ .name = "big.example", .flags = FAKE_TC,
	  .records = "an @ 300 A 192.0.2.9" },
};

struct result {
	int done;
	int status;
	size_t n;
	char text[256];
	uint32_t ttl_s;
	unsigned int rcode;
	struct lookup *lookup; /* to be asked again in the callback */
};

static struct ev_loop *loop;
static struct fake_dns *server;
static struct lookup *lookup;

static void setup(void)
{
	const char *servers[1];
	struct lookup_options o = {
		.servers = servers, .n_servers = 1, .timeout_ms = 200,
		.tries = 2,
	};

	loop = ev_loop_new(0);
	server = fake_dns_new(loop, "127.0.0.1", 0, rules, SUITE_COUNT(rules));
	servers[0] = fake_dns_text(server);
	ck_assert_int_eq(lookup_new(loop, &o, &lookup), 0);
}

static void teardown(void)
{
	lookup_free(lookup);
	fake_dns_free(server);
	ev_loop_destroy(loop);
}

static void addrs_done(void *user, int status, const struct addr *addrs,
		       size_t n, uint32_t ttl_s)
{
	struct result *r = user;
	char text[ADDR_STRLEN];

	r->done++;
	r->status = status;
	r->n = n;
	r->ttl_s = ttl_s;
	for (size_t i = 0; i < n; i++) {
		size_t at = strlen(r->text);

		(void)snprintf(r->text + at, sizeof(r->text) - at, "%s%s",
			       i > 0 ? " " : "", addr_print(&addrs[i], text));
	}
	if (r->lookup && r->done == 1)
		ck_assert_int_gt(lookup_addrs(r->lookup, "both.example",
					      AF_INET, addrs_done, r), 0);
}

static const struct row {
	const char *host;
	int family;
	int status;
	const char *addrs; /* one order or the other */
	const char *or_addrs;
	uint32_t ttl_s;
} rows[] = {
	{ "both.example", AF_INET, 0, "192.0.2.1 192.0.2.2", NULL, 200 },
	{ "both.example", AF_INET6, 0, "2001:db8::1", NULL, 100 },
	{ "both.example", AF_UNSPEC, 0, "192.0.2.1 192.0.2.2 2001:db8::1",
	  "2001:db8::1 192.0.2.1 192.0.2.2", 100 },
	{ "alias.example", AF_INET, 0, "192.0.2.1", NULL, 300 },
	{ "four.example", AF_UNSPEC, 0, "192.0.2.4", NULL, 300 },
	{ "four.example", AF_INET6, -ENOENT, "", NULL, 0 },
	{ "none.example", AF_UNSPEC, -ENOENT, "", NULL, 0 },
	{ "broken.example", AF_UNSPEC, -EREMOTEIO, "", NULL, 0 },
	{ "refused.example", AF_UNSPEC, -EREMOTEIO, "", NULL, 0 },
	{ "silent.example", AF_UNSPEC, -ETIMEDOUT, "", NULL, 0 },
	{ "big.example", AF_INET, 0, "192.0.2.9", NULL, 300 },
	{ "lower.example", AF_INET, 0, "192.0.2.8", NULL, 300 },
	{ "lowest.example", AF_INET, 0, "192.0.2.6", NULL, 300 },
	{ "192.0.2.77", AF_UNSPEC, 0, "192.0.2.77", NULL, 86400 },
	{ "2001:db8::77", AF_INET6, 0, "2001:db8::77", NULL, 86400 },
	{ "192.0.2.77", AF_INET6, -ENOENT, "", NULL, 0 },
	{ "localhost", AF_INET, 0, "127.0.0.1", NULL, 0 },
};

START_TEST(test_addrs)
{
	const struct row *row = &rows[_i];
	struct result r = { 0 };
	int fds = wait_open_fds();

	ck_assert_int_gt(lookup_addrs(lookup, row->host, row->family,
				      addrs_done, &r), 0);
	ck_assert_int_eq(r.done, 0);
	ck_assert_msg(wait_for(loop, &r.done, 1, 10), "%s hangs", row->host);
	ck_assert_msg(r.status == row->status, "%s: %s", row->host,
		      strerror(-r.status));
	ck_assert_msg(strcmp(r.text, row->addrs) == 0 ||
			      (row->or_addrs &&
			       strcmp(r.text, row->or_addrs) == 0),
		      "%s: %s", row->host, r.text);
	if (row->ttl_s)
		ck_assert_uint_eq(r.ttl_s, row->ttl_s);
	ck_assert_int_le(wait_open_fds(), fds + 1); /* a TCP end of the fake */
}
END_TEST

static void raw_done(void *user, int status, const uint8_t *query,
		     size_t query_len, const uint8_t *data, size_t len)
{
	struct result *r = user;
	struct dns_answer a;

	r->done++;
	r->status = status;
	if (status < 0)
		return;
	ck_assert_int_eq(dns_answer_open(query, query_len, data, len, &a), 0);
	r->rcode = a.rcode;
	r->n = a.left[DNS_ANSWER];
}

static const struct raw_row {
	const char *name;
	int status;
	unsigned int rcode;
	size_t n;
} raws[] = {
	{ "both.example", 0, DNS_NOERROR, 2 },
	{ "none.example", 0, DNS_NXDOMAIN, 0 },
	{ "big.example", 0, DNS_NOERROR, 1 },
	{ "broken.example", -EREMOTEIO, 0, 0 },
	{ "silent.example", -ETIMEDOUT, 0, 0 },
	{ "lower.example", 0, DNS_NOERROR, 1 },
	{ "lowest.example", 0, DNS_NOERROR, 1 },
};

START_TEST(test_raw)
{
	const struct raw_row *row = &raws[_i];
	struct result r = { 0 };

	ck_assert_int_gt(lookup_raw(lookup, row->name, DNS_A, raw_done, &r),
			 0);
	ck_assert_int_eq(r.done, 0);
	ck_assert(wait_for(loop, &r.done, 1, 10));
	ck_assert_msg(r.status == row->status, "%s: %s", row->name,
		      strerror(-r.status));
	ck_assert_uint_eq(r.rcode, row->rcode);
	ck_assert_uint_eq(r.n, row->n);
	ck_assert(fake_dns_seen(server)->rd);
}
END_TEST

START_TEST(test_cancel)
{
	struct result r = { 0 }, other = { 0 };
	int id = lookup_addrs(lookup, "both.example", AF_INET, addrs_done, &r);
	int literal = lookup_addrs(lookup, "192.0.2.1", AF_INET, addrs_done,
				   &r);

	ck_assert_int_gt(id, 0);
	ck_assert_int_ne(id, literal);
	ck_assert_int_gt(lookup_raw(lookup, "both.example", DNS_A, raw_done,
				    &other), 0);
	lookup_cancel(lookup, id);
	lookup_cancel(lookup, literal);
	lookup_cancel(lookup, id);
	lookup_cancel(lookup, 12345);
	ck_assert(wait_for(loop, &other.done, 1, 10));
	ck_assert_int_eq(r.done, 0);
	/* What is still open when the lookup goes is never told. */
	ck_assert_int_gt(lookup_addrs(lookup, "silent.example", AF_INET,
				      addrs_done, &r), 0);
}
END_TEST

START_TEST(test_many)
{
	static struct result r[200];
	int ids[200], fds = wait_open_fds();

	memset(r, 0, sizeof(r));
	for (int i = 0; i < 200; i++)
		ids[i] = lookup_addrs(lookup, "both.example", AF_INET,
				      addrs_done, &r[i]);
	ck_assert_int_le(wait_open_fds(), fds + 40);
	for (int i = 0; i < 200; i += 3)
		lookup_cancel(lookup, ids[i]);
	for (int i = 0; i < 200; i++) {
		if (i % 3 != 0)
			ck_assert(wait_for(loop, &r[i].done, 1, 10));
		ck_assert_int_eq(r[i].done, i % 3 != 0);
		ck_assert_int_eq(r[i].status, 0);
	}
	for (int i = 0; i < 200; i++)
		(void)lookup_raw(lookup, "both.example", DNS_A, raw_done,
				 &r[i]);
	/* ... and freed while most of them wait. */
}
END_TEST

START_TEST(test_asked_again_in_the_callback)
{
	struct result r = { .lookup = lookup };

	ck_assert_int_gt(lookup_addrs(lookup, "192.0.2.1", AF_INET, addrs_done,
				      &r), 0);
	ck_assert(wait_for(loop, &r.done, 2, 10));
	ck_assert_str_eq(r.text, "192.0.2.1192.0.2.1 192.0.2.2");
}
END_TEST

START_TEST(test_bad_arguments)
{
	static const char *const bad[] = { "resolver.example" };
	struct lookup_options o = { .servers = bad, .n_servers = 1 };
	struct lookup *l = NULL;
	struct result r = { 0 };

	ck_assert_int_eq(lookup_new(loop, &o, &l), -EINVAL);
	ck_assert_ptr_null(l);
	lookup_free(NULL);
	ck_assert_int_eq(lookup_raw(lookup, "a..b", DNS_A, raw_done, &r),
			 -EINVAL);
	/* Idle: no watcher keeps the loop alive, but the fake's two. */
	ck_assert_int_eq(r.done, 0);
}
END_TEST

/*
 * The first of two servers is dead: it holds one question up, and is asked
 * after the other until that fails.
 */
START_TEST(test_first_server_is_dead)
{
	static const struct fake_dns_rule dead = { .flags = FAKE_SILENT };
	struct fake_dns *first = fake_dns_new(loop, "127.0.0.1", 0, &dead, 1);
	const char *servers[] = { fake_dns_text(first),
				  fake_dns_text(server) };
	struct lookup_options o = {
		.servers = servers, .n_servers = 2, .timeout_ms = 200,
		.tries = 3,
	};
	struct result r = { 0 };
	unsigned int asked;
	struct lookup *l;

	ck_assert_int_eq(lookup_new(loop, &o, &l), 0);
	ck_assert_int_gt(lookup_addrs(l, "both.example", AF_INET, addrs_done,
				      &r), 0);
	ck_assert(wait_for(loop, &r.done, 1, 10));
	ck_assert_int_eq(r.status, 0);
	asked = fake_dns_seen(first)->udp;
	ck_assert_uint_ge(asked, 1);
	for (int i = 2; i < 6; i++) {
		r.text[0] = 0;
		ck_assert_int_gt(lookup_addrs(l, "four.example", AF_INET,
					      addrs_done, &r), 0);
		ck_assert(wait_for(loop, &r.done, i, 10));
		ck_assert_int_eq(r.status, 0);
	}
	ck_assert_uint_eq(fake_dns_seen(first)->udp, asked);
	/* Now it is the other way round. */
	fake_dns_use(first, rules, SUITE_COUNT(rules));
	fake_dns_use(server, &dead, 1);
	ck_assert_int_gt(lookup_addrs(l, "both.example", AF_INET, addrs_done,
				      &r), 0);
	ck_assert(wait_for(loop, &r.done, 6, 10));
	ck_assert_int_eq(r.status, 0);
	asked = fake_dns_seen(server)->udp;
	ck_assert_int_gt(lookup_addrs(l, "four.example", AF_INET, addrs_done,
				      &r), 0);
	ck_assert(wait_for(loop, &r.done, 7, 10));
	ck_assert_uint_eq(fake_dns_seen(server)->udp, asked);
	lookup_free(l);
	fake_dns_free(first);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("lookup");
	TCase *tc = tcase_create("loopback");

	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_addrs, 0, SUITE_COUNT(rows));
	tcase_add_loop_test(tc, test_raw, 0, SUITE_COUNT(raws));
	tcase_add_test(tc, test_cancel);
	tcase_add_test(tc, test_many);
	tcase_add_test(tc, test_asked_again_in_the_callback);
	tcase_add_test(tc, test_first_server_is_dead);
	tcase_add_test(tc, test_bad_arguments);
	suite_add_tcase(s, tc);
	return s;
}
