#include "config.h"

#include <errno.h>
#include <string.h>

#include <ev.h>

#include "net/dns_msg.h"
#include "net/lookup.h"
#include "resolver/servers.h"
#include "tests/support/fake_dns.h"
#include "tests/support/suite.h"
#include "tests/support/wait.h"

static const struct fake_dns_rule rules[] = {
	{ .name = "example", .type = DNS_NS,
	  .records = "an @ 300 NS ns1.example\nan @ 300 NS ns2.example" },
	{ .name = "half.example", .type = DNS_NS,
	  .records = "an @ 300 NS ns1.example\nan @ 300 NS none.example" },
	{ .name = "same.example", .type = DNS_NS,
	  .records = "an @ 300 NS ns1.example\nan @ 300 NS also.example" },
	{ .name = "slow.example", .type = DNS_NS,
	  .records = "an @ 300 NS ns1.example\nan @ 300 NS silent.example" },
	{ .name = "lost.example", .type = DNS_NS,
	  .records = "an @ 300 NS none.example" },
	{ .name = "ns1.example", .type = DNS_A,
	  .records = "an @ 300 A 192.0.2.1" },
	{ .name = "also.example", .type = DNS_A,
	  .records = "an @ 300 A 192.0.2.1" },
	{ .name = "ns1.example", .type = DNS_AAAA, .flags = FAKE_AA },
	{ .name = "ns2.example", .type = DNS_A,
	  .records = "an @ 300 A 192.0.2.2" },
	{ .name = "ns2.example", .type = DNS_AAAA,
	  .records = "an @ 300 AAAA 2001:db8::2" },
	{ .name = "silent.example", .flags = FAKE_SILENT },
	{ .rcode = DNS_NXDOMAIN },
};

static struct ev_loop *loop;
static struct fake_dns *dns;
static struct lookup *lookup;
static struct servers *servers;
static struct waiter waiter;
static int told, status;

static void setup(void)
{
	const char *text[1];
	struct lookup_options o = { .servers = text, .n_servers = 1,
				    .timeout_ms = 1500, .tries = 1 };

	loop = ev_loop_new(0);
	dns = fake_dns_new(loop, "127.0.0.1", 0, rules, SUITE_COUNT(rules));
	text[0] = fake_dns_text(dns);
	ck_assert_int_eq(lookup_new(loop, &o, &lookup), 0);
	ck_assert_int_eq(servers_new(loop, lookup, 53, &servers), 0);
	memset(&waiter, 0, sizeof(waiter));
	told = 0;
}

static void teardown(void)
{
	servers_free(servers);
	lookup_free(lookup);
	fake_dns_free(dns);
	ev_loop_destroy(loop);
}

static void tell(struct waiter *w, int r)
{
	(void)w;
	told++;
	status = r;
}

static void find(struct server_set *set)
{
	told = 0;
	waiter.told = tell;
	ck_assert_int_eq(server_set_refresh(servers, set, &waiter), 0);
	ck_assert_int_eq(told, 0);
	ck_assert(wait_for(loop, &told, 1, 10));
}

static bool has(const struct server_set *set, const char *name,
		const char *text, uint16_t port)
{
	struct addr a;

	ck_assert_int_eq(addr_parse(text, &a), 0);
	for (size_t i = 0; i < set->n; i++)
		if (strcmp(set->items[i].name, name) == 0 &&
		    set->items[i].port == port &&
		    addr_equal(&set->items[i].addr, &a))
			return true;
	return false;
}

START_TEST(test_of_a_zone)
{
	struct server_set *set = servers_of_zone(servers, "example");

	ck_assert(!server_set_is_fresh(set));
	find(set);
	ck_assert_int_eq(status, 0);
	ck_assert_uint_eq(set->n, 3);
	ck_assert(has(set, "ns1.example", "192.0.2.1", 53));
	ck_assert(has(set, "ns2.example", "192.0.2.2", 53));
	ck_assert(has(set, "ns2.example", "2001:db8::2", 53));
	ck_assert(server_set_is_fresh(set));
	ck_assert_ptr_eq(set, servers_of_zone(servers, "example"));
}
END_TEST

static const struct row {
	const char *zone;
	int status;
	size_t n, n_unreachable;
} rows[] = {
	{ "half.example", 0, 1, 1 },
	{ "same.example", 0, 1, 0 },
	/* One that takes long is not waited for, once another is known. */
	{ "slow.example", 0, 1, 1 },
	{ "lost.example", -EHOSTUNREACH, 0, 0 },
	{ "no.example", -EHOSTUNREACH, 0, 0 },
};

START_TEST(test_row)
{
	const struct row *row = &rows[_i];
	struct server_set *set = servers_of_zone(servers, row->zone);

	find(set);
	ck_assert_msg(status == row->status, "%s: %d", row->zone, status);
	ck_assert_msg(set->n == row->n, "%s: %zu", row->zone, set->n);
	ck_assert_msg(set->n_unreachable == row->n_unreachable, "%s: %zu",
		      row->zone, set->n_unreachable);
}
END_TEST

START_TEST(test_listed)
{
	static const char *const list[] = { "192.0.2.9:5353", "ns1.example",
					    "[2001:db8::9]:54" };
	struct server_set *set = servers_listed(servers, list, 3);

	find(set);
	ck_assert_int_eq(status, 0);
	ck_assert_uint_eq(set->n, 3);
	ck_assert(has(set, "192.0.2.9", "192.0.2.9", 5353));
	ck_assert(has(set, "ns1.example", "192.0.2.1", 53));
	ck_assert(has(set, "2001:db8::9", "2001:db8::9", 54));
	ck_assert_ptr_eq(set, servers_listed(servers, list, 3));
	ck_assert_ptr_ne(set, servers_listed(servers, list, 2));
}
END_TEST

/* What is known of a server outlives the refresh of its set. */
START_TEST(test_notes)
{
	struct server_set *set = servers_of_zone(servers, "example");
	const struct server_note bad = { .silent = true, .doubted = true };
	const struct server_note good = { .rtt_us = 8000 };
	const struct server_note fast = { .rtt_us = 16 };
	struct addr a, other;

	ck_assert_int_eq(addr_parse("192.0.2.2", &a), 0);
	ck_assert_int_eq(addr_parse("192.0.2.99", &other), 0);
	find(set);
	server_set_note(set, &a, 53, &bad);
	server_set_note(set, &a, 54, &good);
	server_set_note(set, &other, 53, &bad);
	find(set);
	for (size_t i = 0; i < set->n; i++) {
		bool noted = addr_equal(&set->items[i].addr, &a);

		ck_assert(set->items[i].silent == noted);
		ck_assert(set->items[i].doubted == noted);
		ck_assert_uint_eq(set->items[i].rtt_us, 0);
	}
	server_set_note(set, &a, 53, &good);
	server_set_note(set, &a, 53, &bad);
	server_set_note(set, &a, 53, &fast);
	find(set);
	for (size_t i = 0; i < set->n; i++) {
		bool noted = addr_equal(&set->items[i].addr, &a);

		ck_assert(!set->items[i].silent && !set->items[i].doubted);
		/* Silence takes nothing of it, and haste little. */
		ck_assert_uint_eq(set->items[i].rtt_us, noted ? 7002 : 0);
	}
}
END_TEST

/* A refresh that fails leaves what was known. */
START_TEST(test_refresh_that_fails)
{
	struct server_set *set = servers_of_zone(servers, "example");

	find(set);
	fake_dns_use(dns, rules + SUITE_COUNT(rules) - 1, 1);
	find(set);
	ck_assert_int_lt(status, 0);
	ck_assert_uint_eq(set->n, 3);
	/* Freed while one is under way: nobody is told. */
	told = 0;
	ck_assert_int_eq(server_set_refresh(servers, set, &waiter), 0);
	waiter_remove(&waiter);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("servers");
	TCase *tc = tcase_create("servers");

	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_of_a_zone);
	tcase_add_loop_test(tc, test_row, 0, SUITE_COUNT(rows));
	tcase_add_test(tc, test_listed);
	tcase_add_test(tc, test_notes);
	tcase_add_test(tc, test_refresh_that_fails);
	suite_add_tcase(s, tc);
	return s;
}
