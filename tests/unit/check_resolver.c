#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <ev.h>

#include "net/dns_msg.h"
#include "resolver/resolver.h"
#include "tests/support/fake_dns.h"
#include "tests/support/fake_egress.h"
#include "tests/support/suite.h"
#include "tests/support/wait.h"

#define SERVERS_MOST 4
#define NAME "home.example"
#define SOA                                                                    \
	{ .type = DNS_SOA, .flags = FAKE_AA,                                   \
	  .records = "au example 300 SOA ns1.example" }

struct result {
	int done;
	int status;
	char zone[256];
	size_t n, n_unreachable;
	char said[SERVERS_MOST][256]; /* after the server's name */
	enum resolver_outcome outcomes[SERVERS_MOST];
	int errors[SERVERS_MOST];
	enum resolver_verdict verdict; /* of 192.0.2.7 */
};

static struct ev_loop *loop;
static struct resolver *resolver;
static struct fake_dns *dns[SERVERS_MOST];
static const char *texts[SERVERS_MOST];

static void start(uint32_t timeout_ms, const char *const *servers, size_t n)
{
	struct resolver_options o = { .timeout_ms = timeout_ms, .tries = 3,
				      .servers = servers, .n_servers = n };

	ck_assert_int_eq(resolver_new(loop, &o, &resolver), 0);
}

static void serve(size_t i, const struct fake_dns_rule *rules, unsigned int n)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "127.0.0.%zu", i + 1);
	dns[i] = fake_dns_new(loop, text, 0, rules, n);
	texts[i] = fake_dns_text(dns[i]);
}

static void setup(void)
{
	loop = ev_loop_new(0);
	resolver = NULL;
	memset(dns, 0, sizeof(dns));
	fake_egress_failures = 0;
	fake_egress_family = 0;
}

static void teardown(void)
{
	resolver_free(resolver);
	for (size_t i = 0; i < SERVERS_MOST; i++)
		fake_dns_free(dns[i]);
	ev_loop_destroy(loop);
}

static void checked(void *user, const struct resolver_answer *a)
{
	struct result *r = user;
	struct addr wanted;
	char text[256];

	r->done++;
	r->status = a->status;
	(void)snprintf(r->zone, sizeof(r->zone), "%s", a->zone ? a->zone : "-");
	r->n = a->n_servers;
	r->n_unreachable = a->n_unreachable;
	for (size_t i = 0; i < a->n_servers; i++) {
		resolver_server_print(&a->servers[i], text, sizeof(text));
		(void)snprintf(r->said[i], sizeof(r->said[i]), "%s",
			       strstr(text, ": ") + 2);
		r->outcomes[i] = a->servers[i].outcome;
		r->errors[i] = a->servers[i].error;
	}
	ck_assert_int_eq(addr_parse("192.0.2.7", &wanted), 0);
	r->verdict = resolver_verdict(a, &wanted, 1);
}

static struct resolver_question question(size_t n)
{
	struct resolver_question q = {
		.name = NAME, .family = AF_INET, .nameservers = texts,
		.n_nameservers = n,
	};

	return q;
}

static void check(const struct resolver_question *q, struct result *r)
{
	int id;

	memset(r, 0, sizeof(*r));
	id = resolver_check(resolver, q, checked, r);
	ck_assert_msg(id > 0, "%s", strerror(-id));
	ck_assert_int_eq(r->done, 0);
	ck_assert(wait_for(loop, &r->done, 1, 10));
}

static const struct row {
	const char *name;
	struct fake_dns_rule rules[2]; /* of two servers, for the name */
	const char *said[2];
	enum resolver_verdict verdict;
} rows[] = {
	{ "both right",
	  { { .flags = FAKE_AA, .records = "an @ 60 A 192.0.2.7" },
	    { .flags = FAKE_AA, .records = "an @ 60 A 192.0.2.7" } },
	  { "192.0.2.7", "192.0.2.7" }, RESOLVER_RIGHT },
	{ "one is late",
	  { { .flags = FAKE_AA, .records = "an @ 60 A 192.0.2.7" },
	    { .flags = FAKE_AA, .records = "an @ 60 A 192.0.2.6" } },
	  { "192.0.2.7", "192.0.2.6" }, RESOLVER_PROPAGATING },
	{ "absent, and by TCP",
	  { { .flags = FAKE_AA, .rcode = DNS_NXDOMAIN },
	    { .flags = FAKE_AA | FAKE_TC, .records = "an @ 60 A 192.0.2.6" } },
	  { "absent", "192.0.2.6" }, RESOLVER_DIFFERS },
	{ "an alias",
	  { { .flags = FAKE_AA, .records = "an @ 60 CNAME www.example" },
	    { .flags = FAKE_AA, .records = "an @ 60 CNAME www.example" } },
	  { "an alias of www.example", "an alias of www.example" },
	  RESOLVER_ALIAS },
	{ "one lame, one silent",
	  { { .rcode = DNS_REFUSED }, { .flags = FAKE_SILENT } },
	  { "REFUSED", "no answer (timed out)" }, RESOLVER_UNKNOWN },
	{ "one intercepted, one garbled",
	  { { .flags = FAKE_RA, .records = "an @ 60 A 192.0.2.7" },
	    { .flags = FAKE_AA | FAKE_CUT, .records = "an @ 60 A 192.0.2.7" } },
	  { "answered without authority: intercepted? (192.0.2.7)",
	    "no answer (it was garbled)" }, RESOLVER_UNKNOWN },
	{ "forged before the right one",
	  { { .flags = FAKE_AA | FAKE_BAD_CASE | FAKE_THEN,
	      .records = "an @ 60 A 192.0.2.7" },
	    { .flags = FAKE_AA | FAKE_BAD_ID | FAKE_THEN,
	      .records = "an @ 60 A 192.0.2.7" } },
	  { "192.0.2.7", "192.0.2.7" }, RESOLVER_RIGHT },
};

START_TEST(test_row)
{
	const struct row *row = &rows[_i];
	struct fake_dns_rule rules[2][2];
	struct resolver_question q;
	struct result r;
	int fds;

	for (size_t i = 0; i < 2; i++) {
		rules[i][0] = (struct fake_dns_rule)SOA;
		rules[i][1] = row->rules[i];
		serve(i, rules[i], 2);
	}
	start(150, NULL, 0);
	q = question(2);
	fds = wait_open_fds();
	check(&q, &r);
	ck_assert_int_eq(r.status, 0);
	ck_assert_str_eq(r.zone, "example");
	ck_assert_uint_eq(r.n, 2);
	for (size_t i = 0; i < 2; i++)
		ck_assert_msg(strcmp(r.said[i], row->said[i]) == 0, "%s: %s",
			      row->name, r.said[i]);
	ck_assert_msg(r.verdict == row->verdict, "%s: %d", row->name,
		      (int)r.verdict);
	ck_assert_int_le(wait_open_fds(), fds + 1); /* a TCP end of the fake */
}
END_TEST

static const struct fake_dns_rule right[] = {
	SOA,
	{ .flags = FAKE_AA, .records = "an @ 60 A 192.0.2.7" },
};

/* An address that is a moment late, a route that is: tried again at once. */
START_TEST(test_kernel_is_late)
{
	static const int errors[] = { -EADDRNOTAVAIL, -ENETUNREACH };
	struct resolver_question q;
	struct result r;

	serve(0, right, 2);
	start(2000, NULL, 0);
	q = question(1);
	check(&q, &r); /* so that the zone is known */
	ck_assert_int_eq(addr_parse("127.0.0.1", &q.egress.source), 0);
	fake_egress_error = errors[_i];
	fake_egress_failures = 3;
	check(&q, &r);
	ck_assert_str_eq(r.said[0], "192.0.2.7");
	ck_assert_uint_eq(fake_egress_failures, 0);

	/* One that stays away is told, soon. */
	fake_egress_failures = 1000;
	check(&q, &r);
	ck_assert_int_eq(r.outcomes[0], RESOLVER_SILENT);
	ck_assert_int_eq(r.errors[0], errors[_i]);
	ck_assert_uint_le(fake_egress_failures, 1000 - 6);

	/* Where the server's family is not ours, there is nothing to await. */
	ck_assert_int_eq(addr_parse("2001:db8::1", &q.egress.source), 0);
	fake_egress_failures = 1000;
	check(&q, &r);
	ck_assert_int_eq(r.errors[0], errors[_i]);
	ck_assert_uint_gt(fake_egress_failures, 1000 - 6);
}
END_TEST

/* An IPv6 server that cannot be reached holds nothing up. */
START_TEST(test_other_family_holds_nothing_up)
{
	struct resolver_question q;
	struct result r;

	serve(0, right, 2);
	texts[1] = "[2001:db8::9]:9";
	fake_egress_family = AF_INET6;
	fake_egress_error = -ENETUNREACH;
	fake_egress_failures = 1000;
	start(60000, NULL, 0);
	q = question(2);
	check(&q, &r);
	ck_assert_str_eq(r.said[0], "192.0.2.7");
	ck_assert_int_eq(r.errors[1], -ENETUNREACH);
	ck_assert_int_eq(r.verdict, RESOLVER_RIGHT);
}
END_TEST

static const struct fake_dns_rule recursive_rules[] = {
	{ .name = NAME, .type = DNS_A, .flags = FAKE_RA,
	  .records = "an @ 60 A 192.0.2.7" },
	{ .name = NAME, .type = DNS_AAAA, .flags = FAKE_RA, .rcode = 0 },
	{ .type = DNS_SOA, .flags = FAKE_RA,
	  .records = "au example 300 SOA ns1.example" },
};

START_TEST(test_recursive)
{
	struct resolver_question q = { .name = NAME, .family = AF_INET,
				       .mode = RESOLVER_RECURSIVE };
	struct result r;

	serve(0, recursive_rules, 3);
	start(2000, texts, 1);
	check(&q, &r);
	ck_assert_int_eq(r.status, 0);
	ck_assert_uint_eq(r.n, 1);
	ck_assert_str_eq(r.said[0], "192.0.2.7");
	ck_assert_int_eq(r.verdict, RESOLVER_RIGHT);
	q.family = AF_INET6;
	check(&q, &r);
	ck_assert_str_eq(r.said[0], "absent");
	q.name = "refused.example";
	check(&q, &r);
	ck_assert_str_eq(r.said[0], "no answer (the resolver failed)");
	ck_assert_int_eq(r.verdict, RESOLVER_UNKNOWN);
	q.name = NAME;
	check(&q, &r);
	ck_assert_str_eq(r.zone, "example");
}
END_TEST

START_TEST(test_no_zone)
{
	struct resolver_question q = { .name = "no.such", .family = AF_INET };
	struct result r;

	serve(0, NULL, 0); /* a resolver that refuses */
	start(200, texts, 1);
	check(&q, &r);
	ck_assert_int_eq(r.status, -EREMOTEIO);
	ck_assert_uint_eq(r.n, 0);
	ck_assert_int_eq(r.verdict, RESOLVER_UNKNOWN);
	ck_assert_str_eq(r.zone, "-");
	q.name = "bad..name";
	ck_assert_int_eq(resolver_check(resolver, &q, checked, &r), -EINVAL);
	q.family = AF_UNSPEC;
	ck_assert_int_eq(resolver_check(resolver, &q, checked, &r),
			 -EAFNOSUPPORT);
}
END_TEST

/* Waited for once, for the grace, and then only asked. */
START_TEST(test_silent_server)
{
	static const struct fake_dns_rule silent[] = {
		{ .flags = FAKE_SILENT },
	};
	struct resolver_question q;
	struct result r;
	ev_tstamp began;

	serve(0, right, 2);
	serve(1, silent, 1);
	start(20000, NULL, 0);
	q = question(2);
	began = ev_time();
	check(&q, &r);
	ck_assert(ev_time() - began < 3);
	ck_assert_int_eq(r.verdict, RESOLVER_RIGHT);
	ck_assert_str_eq(r.said[1], "no answer (timed out)");
	began = ev_time();
	check(&q, &r);
	ck_assert(ev_time() - began < .3);
	ck_assert_int_eq(r.outcomes[1], RESOLVER_SILENT);
	/* It is back: that is seen, and then it counts again. */
	fake_dns_use(dns[1], right, 2);
	fake_dns_use(dns[0], silent, 1);
	check(&q, &r);
	ck_assert_int_eq(r.outcomes[1], RESOLVER_ANSWERED);
	ck_assert_int_eq(r.outcomes[0], RESOLVER_SILENT);
}
END_TEST

/* One that answers later than the others is found alive with patience. */
START_TEST(test_slow_server)
{
	static const struct fake_dns_rule silent[] = {
		{ .flags = FAKE_SILENT },
	};
	/* The first question of each check is lost: 2 s / 7 later. */
	static const struct fake_dns_rule slow[] = {
		{ .flags = FAKE_AA, .records = "an @ 60 A 192.0.2.6",
		  .skip = 1 },
	};
	struct resolver_question q;
	struct result r;

	serve(0, right, 2);
	serve(1, silent, 1);
	start(2000, NULL, 0);
	q = question(2);
	check(&q, &r);
	ck_assert_int_eq(r.verdict, RESOLVER_RIGHT);
	fake_dns_use(dns[1], slow, 1);
	check(&q, &r);
	ck_assert_int_eq(r.outcomes[1], RESOLVER_SILENT);
	q.patient = true;
	fake_dns_use(dns[1], slow, 1);
	check(&q, &r);
	ck_assert_int_eq(r.outcomes[1], RESOLVER_ANSWERED);
	ck_assert_int_eq(r.verdict, RESOLVER_PROPAGATING);
	/* ... and from then on without it, too. */
	q.patient = false;
	fake_dns_use(dns[1], slow, 1);
	check(&q, &r);
	ck_assert_int_eq(r.outcomes[1], RESOLVER_ANSWERED);
}
END_TEST

/* A server at an address that was ours is we. */
START_TEST(test_server_that_we_are)
{
	struct resolver_question q;
	struct addr was[2];
	char text[64];
	struct result r;

	serve(0, right, 2);
	ck_assert_int_eq(addr_parse("2001:db8::9", &was[0]), 0);
	ck_assert_int_eq(addr_parse("127.9.9.9", &was[1]), 0);
	(void)snprintf(text, sizeof(text), "127.9.9.9:%u",
		       fake_dns_port(dns[0]));
	texts[0] = text;
	start(2000, NULL, 0);
	q = question(1);
	q.were_ours = was;
	q.n_were_ours = 2;
	ck_assert_int_eq(addr_parse("127.0.0.1", &q.ours4), 0);
	check(&q, &r);
	ck_assert_str_eq(r.said[0], "192.0.2.7");
	/* No address of ours now: where the set says. */
	q.ours4 = (struct addr){ 0 };
	check(&q, &r);
	ck_assert_int_eq(r.outcomes[0], RESOLVER_SILENT);
}
END_TEST

/* Cancelled before the zone is found, while the servers are asked, never. */
START_TEST(test_cancel)
{
	struct result a = { 0 }, b = { 0 }, c = { 0 };
	struct resolver_question q;
	int id;

	serve(0, right, 2);
	start(2000, NULL, 0);
	q = question(1);
	id = resolver_check(resolver, &q, checked, &a);
	ck_assert_int_gt(id, 0);
	ck_assert_int_gt(resolver_check(resolver, &q, checked, &b), id);
	resolver_cancel(resolver, id);
	ck_assert(wait_for(loop, &b.done, 1, 10));
	id = resolver_check(resolver, &q, checked, &a);
	ck_assert_int_gt(resolver_check(resolver, &q, checked, &c), id);
	resolver_cancel(resolver, id);
	resolver_cancel(resolver, id);
	resolver_cancel(resolver, 0);
	ck_assert(wait_for(loop, &c.done, 1, 10));
	ck_assert_int_eq(a.done, 0);
	/* What is under way when the resolver goes is never told. */
	ck_assert_int_gt(resolver_check(resolver, &q, checked, &a), 0);
	resolver_free(resolver);
	resolver = NULL;
	ev_run(loop, EVRUN_NOWAIT);
	ck_assert_int_eq(a.done, 0);
}
END_TEST

/* More than may be under way: all are answered, some were cancelled. */
START_TEST(test_many)
{
	static struct result r[300];
	struct resolver_question q;
	int ids[300], fds;

	serve(0, right, 2);
	serve(1, right, 2);
	start(5000, NULL, 0);
	q = question(2);
	check(&q, &r[0]);
	memset(r, 0, sizeof(r));
	fds = wait_open_fds();
	for (int i = 0; i < 300; i++)
		ids[i] = resolver_check(resolver, &q, checked, &r[i]);
	ck_assert_int_le(wait_open_fds(), fds + 100);
	for (int i = 0; i < 300; i += 3)
		resolver_cancel(resolver, ids[i]);
	for (int i = 0; i < 300; i++) {
		if (i % 3 != 0)
			ck_assert(wait_for(loop, &r[i].done, 1, 10));
		ck_assert_int_eq(r[i].done, i % 3 != 0);
		if (r[i].done)
			ck_assert_int_eq(r[i].verdict, RESOLVER_RIGHT);
	}
	ck_assert_int_eq(wait_open_fds(), fds);
}
END_TEST

/* In the callback, others are cancelled and new ones asked. */
struct chain {
	int done;
	int other;
	struct resolver_question q;
};

static void chained(void *user, const struct resolver_answer *a)
{
	struct chain *c = user;

	(void)a;
	resolver_cancel(resolver, c->other);
	if (++c->done < 5)
		ck_assert_int_gt(resolver_check(resolver, &c->q, chained, c),
				 0);
}

START_TEST(test_asked_in_the_callback)
{
	struct result r = { 0 };
	struct chain c = { 0 };

	serve(0, right, 2);
	start(2000, NULL, 0);
	c.q = question(1);
	ck_assert_int_gt(resolver_check(resolver, &c.q, chained, &c), 0);
	c.other = resolver_check(resolver, &c.q, checked, &r);
	ck_assert(wait_for(loop, &c.done, 5, 10));
	ck_assert_int_le(r.done, 1);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("resolver");
	TCase *tc = tcase_create("check");

	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_row, 0, SUITE_COUNT(rows));
	tcase_add_loop_test(tc, test_kernel_is_late, 0, 2);
	tcase_add_test(tc, test_other_family_holds_nothing_up);
	tcase_add_test(tc, test_recursive);
	tcase_add_test(tc, test_no_zone);
	tcase_add_test(tc, test_silent_server);
	tcase_add_test(tc, test_slow_server);
	tcase_add_test(tc, test_server_that_we_are);
	tcase_add_test(tc, test_cancel);
	tcase_add_test(tc, test_many);
	tcase_add_test(tc, test_asked_in_the_callback);
	suite_add_tcase(s, tc);
	return s;
}
