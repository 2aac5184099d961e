#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <ev.h>

#include "net/dns_msg.h"
#include "net/lookup.h"
#include "resolver/zone.h"
#include "tests/support/fake_dns.h"
#include "tests/support/fake_egress.h"
#include "tests/support/suite.h"
#include "tests/support/wait.h"

/* The configured resolver: what it says of names, zones and servers. */
static const struct fake_dns_rule rules[] = {
	{ .name = "home.example", .type = DNS_SOA,
	  .records = "au example 300 SOA ns1.example" },
	{ .name = "gone.example", .type = DNS_SOA, .rcode = DNS_NXDOMAIN,
	  .records = "au example 300 SOA ns1.example" },
	{ .name = "alias.sub.example", .type = DNS_SOA,
	  .records = "an @ 60 CNAME www.other\nau other 60 SOA ns.other" },
	{ .name = "sub.example", .type = DNS_SOA,
	  .records = "an @ 60 SOA ns1.example" },
	{ .name = "a.b.bare", .type = DNS_SOA },
	{ .name = "b.bare", .type = DNS_SOA },
	{ .name = "bare", .type = DNS_SOA },
	{ .name = "no.such.tld", .type = DNS_SOA, .rcode = DNS_NXDOMAIN,
	  .records = "au . 60 SOA a.root" },
	{ .name = "broken.example", .type = DNS_SOA, .rcode = DNS_SERVFAIL },
	{ .name = "nameless.org", .type = DNS_SOA,
	  .records = "an @ 60 SOA ns.gone" },
	{ .name = "example", .type = DNS_NS,
	  .records = "an @ 3600 NS ns1.example\nan @ 3600 NS ns2.example\n"
		     "an @ 3600 NS ns3.example" },
	{ .name = "sub.example", .type = DNS_NS,
	  .records = "an @ 3600 NS ns1.example" },
	{ .name = "nameless.org", .type = DNS_NS,
	  .records = "an @ 60 NS ns.gone" },
	{ .name = "ns1.example", .type = DNS_A,
	  .records = "an @ 600 A 127.0.0.51" },
	{ .name = "ns1.example", .type = DNS_AAAA,
	  .records = "an @ 600 AAAA ::1" },
	{ .name = "ns2.example", .type = DNS_A,
	  .records = "an @ 600 A 127.0.0.52\nan @ 600 A 127.0.0.51" },
	{ .name = "ns2.example", .type = DNS_AAAA,
	  .records = "au example 300 SOA ns1.example" },
	{ .rcode = DNS_NXDOMAIN },
};

struct told {
	struct waiter waiter; /* first */
	int done;
	int status;
};

static struct ev_loop *loop;
static struct fake_dns *server;
static struct lookup *lookup;
static struct zones *zones;

static void setup(void)
{
	const char *servers[1];
	struct lookup_options lo = {
		.servers = servers, .n_servers = 1, .timeout_ms = 500,
		.tries = 2,
	};
	struct zones_options zo = { .timeout_ms = 500, .tries = 2,
				    .port = 5353 };

	fake_egress_failures = 0;
	loop = ev_loop_new(0);
	server = fake_dns_new(loop, "127.0.0.1", 0, rules, SUITE_COUNT(rules));
	servers[0] = fake_dns_text(server);
	ck_assert_int_eq(lookup_new(loop, &lo, &lookup), 0);
	zo.lookup = lookup;
	ck_assert_int_eq(zones_new(loop, &zo, &zones), 0);
}

static void teardown(void)
{
	zones_free(zones);
	lookup_free(lookup);
	fake_dns_free(server);
	ev_loop_destroy(loop);
}

static void told(struct waiter *w, int status)
{
	struct told *t = (struct told *)w;

	t->done++;
	t->status = status;
}

static int find(const struct zones_question *q)
{
	struct told t = { .waiter.told = told };
	int r = zones_find(zones, q, &t.waiter);

	if (r < 0)
		return r;
	ck_assert_int_eq(t.done, 0);
	ck_assert_msg(wait_for(loop, &t.done, 1, 10), "%s hangs", q->name);
	return t.status;
}

/* "ns1.example=127.0.0.51:5353 …", sorted by nothing. */
static const char *print_set(const struct server_set *set)
{
	static char out[1024];
	char text[ADDR_STRLEN];

	out[0] = '\0';
	for (size_t i = 0; i < set->n; i++)
		(void)snprintf(out + strlen(out), sizeof(out) - strlen(out),
			       "%s%s=%s:%u", i > 0 ? " " : "",
			       set->items[i].name,
			       addr_print(&set->items[i].addr, text),
			       set->items[i].port);
	return out;
}

static const struct row {
	const char *name;
	int status;
	const char *zone;
	size_t n, n_unreachable;
} rows[] = {
	{ "home.example", 0, "example", 3, 1 },
	{ "gone.example", 0, "example", 3, 1 },
	{ "alias.sub.example", 0, "sub.example", 2, 0 },
	{ "sub.example", 0, "sub.example", 2, 0 },
	{ "a.b.bare", -ENOENT, NULL, 0, 0 },
	{ "no.such.tld", -ENOENT, NULL, 0, 0 },
	{ "broken.example", -EREMOTEIO, NULL, 0, 0 },
	{ "nameless.org", -EHOSTUNREACH, NULL, 0, 0 },
	{ "bad..name", -EINVAL, NULL, 0, 0 },
};

START_TEST(test_row)
{
	const struct row *r = &rows[_i];
	struct zones_question q = { .name = r->name };
	const struct server_set *set;
	const char *zone = NULL;
	int status;

	ck_assert_ptr_null(zones_known(zones, &q, &zone));
	status = find(&q);
	ck_assert_msg(status == r->status, "%s: %s", r->name,
		      strerror(-status));
	set = zones_known(zones, &q, &zone);
	ck_assert((set != NULL) == (r->status == 0));
	if (!set)
		return;
	ck_assert_str_eq(zone, r->zone);
	ck_assert_str_eq(zones_zone(zones, r->name), r->zone);
	ck_assert_msg(set->n == r->n, "%s: %s", r->name, print_set(set));
	ck_assert_uint_eq(set->n_unreachable, r->n_unreachable);
	ck_assert_ptr_nonnull(strstr(print_set(set),
				     "ns1.example=127.0.0.51:5353"));
	ck_assert_ptr_nonnull(strstr(print_set(set), "ns1.example=::1:5353"));
}
END_TEST

/* Two names at once, and one of them twice: the NS set is asked for once. */
START_TEST(test_found_once_for_all)
{
	struct told t[3] = { 0 };
	const char *names[] = { "home.example", "home.example",
				"gone.example" };
	const char *zone;
	unsigned int asked;
	int all = 0;

	for (int i = 0; i < 3; i++) {
		struct zones_question q = { .name = names[i] };

		t[i].waiter.told = told;
		ck_assert_int_eq(zones_find(zones, &q, &t[i].waiter), 0);
	}
	for (int i = 0; i < 3; i++) {
		ck_assert(wait_for(loop, &t[i].done, 1, 10));
		ck_assert_int_eq(t[i].status, 0);
		all += t[i].done;
	}
	ck_assert_int_eq(all, 3);
	/* 2 SOA, 1 NS, 3 servers with A and AAAA */
	asked = fake_dns_seen(server)->udp;
	ck_assert_uint_eq(asked, 2 + 1 + 6);
	/* What is known is known without any question. */
	ck_assert_ptr_nonnull(zones_known(zones,
		&(struct zones_question){ .name = "Home.Example" }, &zone));
	ev_run(loop, EVRUN_NOWAIT);
	ck_assert_uint_eq(fake_dns_seen(server)->udp, asked);
}
END_TEST

START_TEST(test_old_is_used_and_refreshed_beside)
{
	struct zones_question q = { .name = "home.example" };
	struct server_set *set;
	struct told t = { .waiter.told = told };
	unsigned int asked;
	const char *zone;

	ck_assert_int_eq(find(&q), 0);
	asked = fake_dns_seen(server)->udp;
	/* The set is the zones' own: the test makes it old. */
	set = (struct server_set *)(uintptr_t)zones_known(zones, &q, &zone);
	ck_assert_ptr_nonnull(set);
	ck_assert(server_set_is_fresh(set));
	set->fresh_until_ns = 0;
	ck_assert_ptr_eq(zones_known(zones, &q, &zone), set);
	ck_assert_ptr_nonnull(set->search);
	ck_assert_ptr_eq(zones_known(zones, &q, &zone), set);
	waiter_add(&set->waiters, &t.waiter);
	ck_assert(wait_for(loop, &t.done, 1, 10));
	ck_assert_int_eq(t.status, 0);
	ck_assert(server_set_is_fresh(set));
	ck_assert_uint_eq(fake_dns_seen(server)->udp, asked + 1 + 6);
}
END_TEST

/* A resolver that has gone takes nothing away that is known. */
START_TEST(test_old_survives_a_dead_resolver)
{
	struct zones_question q = { .name = "home.example" };
	struct server_set *set;
	struct told t = { .waiter.told = told };
	const char *zone;

	ck_assert_int_eq(find(&q), 0);
	set = (struct server_set *)(uintptr_t)zones_known(zones, &q, &zone);
	fake_dns_free(server);
	server = NULL;
	set->fresh_until_ns = 0;
	ck_assert_ptr_eq(zones_known(zones, &q, &zone), set);
	waiter_add(&set->waiters, &t.waiter);
	ck_assert(wait_for(loop, &t.done, 1, 10));
	ck_assert_int_lt(t.status, 0);
	ck_assert_uint_eq(set->n, 3);
	ck_assert_ptr_eq(zones_known(zones, &q, &zone), set);
	ck_assert_ptr_null(set->search); /* not asked again at once */
}
END_TEST

START_TEST(test_forgotten_waiter)
{
	struct zones_question q = { .name = "home.example" };
	struct told a = { .waiter.told = told }, b = { .waiter.told = told };

	ck_assert_int_eq(zones_find(zones, &q, &a.waiter), 0);
	ck_assert_int_eq(zones_find(zones, &q, &b.waiter), 0);
	waiter_remove(&a.waiter);
	ck_assert(wait_for(loop, &b.done, 1, 10));
	ck_assert_int_eq(a.done, 0);
	/* One that is under way when all is freed is told nothing. */
	q.name = "sub.example";
	ck_assert_int_eq(zones_find(zones, &q, &a.waiter), 0);
}
END_TEST

/* ---- listed servers ---- */

static const struct fake_dns_rule listed_rules[] = {
	{ .name = "home.example", .type = DNS_SOA, .flags = FAKE_AA,
	  .records = "au example 300 SOA ns1.example" },
	{ .name = "alias.example", .type = DNS_SOA, .flags = FAKE_AA,
	  .records = "an @ 60 CNAME www.other" },
	{ .name = "example", .type = DNS_SOA, .flags = FAKE_AA,
	  .records = "an @ 60 SOA ns1.example" },
	{ .name = "lied.example", .type = DNS_SOA, .flags = FAKE_RA,
	  .records = "au example 300 SOA ns1.example" },
};

static const struct listed_row {
	const char *name;
	const char *zone;
} listed[] = {
	{ "home.example", "example" },
	{ "alias.example", "example" },
	{ "lied.example", NULL },
	{ "refused.example", NULL },
};

START_TEST(test_listed)
{
	const struct listed_row *r = &listed[_i];
	struct fake_dns *f = fake_dns_new(loop, "127.0.0.1", 0, listed_rules,
					  SUITE_COUNT(listed_rules));
	const char *list[] = { fake_dns_text(f), "127.0.0.99:9" };
	struct zones_question q = { .name = r->name, .nameservers = list,
				    .n_nameservers = 2 };
	const struct server_set *set;
	const char *zone = "";

	ck_assert_int_eq(find(&q), 0);
	set = zones_known(zones, &q, &zone);
	ck_assert_ptr_nonnull(set);
	ck_assert_uint_eq(set->n, 2);
	if (r->zone)
		ck_assert_str_eq(zone, r->zone);
	else
		ck_assert_ptr_null(zone);
	ck_assert(!fake_dns_seen(f)->rd);
	ck_assert_uint_eq(fake_dns_seen(server)->udp, 0);
	/* The zone's own servers are another question. */
	q.n_nameservers = 0;
	ck_assert_ptr_null(zones_known(zones, &q, &zone));
	fake_dns_free(f);
}
END_TEST

START_TEST(test_listed_by_name)
{
	const char *list[] = { "ns2.example:5454" };
	struct zones_question q = { .name = "home.example",
				    .nameservers = list,
				    .n_nameservers = 1 };
	const char *none[] = { "ns3.example" }, *bad[] = { "ns1:x" };
	const struct server_set *set;
	const char *zone;

	ck_assert_int_eq(find(&q), 0);
	set = zones_known(zones, &q, &zone);
	ck_assert_ptr_nonnull(set);
	ck_assert_str_eq(print_set(set), "ns2.example=127.0.0.52:5454 "
					 "ns2.example=127.0.0.51:5454");
	q.nameservers = none;
	ck_assert_int_eq(find(&q), -EHOSTUNREACH);
	q.nameservers = bad;
	ck_assert_int_eq(find(&q), -EINVAL);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("zone");
	TCase *tc = tcase_create("loopback");

	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_row, 0, SUITE_COUNT(rows));
	tcase_add_test(tc, test_found_once_for_all);
	tcase_add_test(tc, test_old_is_used_and_refreshed_beside);
	tcase_add_test(tc, test_old_survives_a_dead_resolver);
	tcase_add_test(tc, test_forgotten_waiter);
	tcase_add_loop_test(tc, test_listed, 0, SUITE_COUNT(listed));
	tcase_add_test(tc, test_listed_by_name);
	suite_add_tcase(s, tc);
	return s;
}
