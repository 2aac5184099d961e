#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <ev.h>

#include "base/clock.h"
#include "net/dns_msg.h"
#include "resolver/resolver.h"
#include "tests/support/fake_dns.h"
#include "tests/support/fake_egress.h"
#include "tests/support/suite.h"
#include "tests/support/wait.h"

#define REFLECTORS_MOST 4
/* The candidate of all rows: what leaves 127.0.0.1 is seen as itself. */
#define SEEN  { .flags = FAKE_AA, .records = "an @ 1 TXT 127.0.0.1" }
#define OTHER { .flags = FAKE_AA, .records = "an @ 1 TXT 203.0.115.9" }
#define DEAF  { .flags = FAKE_SILENT }
#define NO_AA { .flags = FAKE_RA, .records = "an @ 1 TXT 127.0.0.1" }
#define LOCAL { .flags = FAKE_AA, .records = "an @ 1 TXT 192.168.1.1" }

struct result {
	int done;
	enum resolver_seen seen;
	bool dns_only;
	size_t n;
	int statuses[REFLECTORS_MOST];
	char whys[REFLECTORS_MOST][80];
	char reflectors[REFLECTORS_MOST][80];
};

static struct ev_loop *loop;
static struct resolver *resolver;
static struct fake_dns *dns[REFLECTORS_MOST];
static char texts[REFLECTORS_MOST][80];
static const char *words[REFLECTORS_MOST];

static void setup(void)
{
	static const char *const servers[] = { "127.0.0.1:9" };
	struct resolver_options o = { .timeout_ms = 5000, .tries = 3,
				      .servers = servers, .n_servers = 1 };

	loop = ev_loop_new(0);
	memset(dns, 0, sizeof(dns));
	fake_egress_failures = 0;
	ck_assert_int_eq(resolver_new(loop, &o, &resolver), 0);
}

static void teardown(void)
{
	resolver_free(resolver);
	for (size_t i = 0; i < REFLECTORS_MOST; i++)
		fake_dns_free(dns[i]);
	ev_loop_destroy(loop);
}

static void serve(size_t i, const struct fake_dns_rule *rule)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "127.0.0.%zu", i + 1);
	dns[i] = fake_dns_new(loop, text, 0, rule, 1);
	(void)snprintf(texts[i], sizeof(texts[i]), "dns:who.example@%s/TXT",
		       fake_dns_text(dns[i]));
	words[i] = texts[i];
}

static void confirmed(void *user, const struct resolver_confirmation *c)
{
	struct result *r = user;

	r->done++;
	r->seen = c->seen;
	r->dns_only = c->dns_only;
	r->n = c->n_reflections;
	for (size_t i = 0; i < c->n_reflections; i++) {
		r->statuses[i] = c->reflections[i].status;
		(void)snprintf(r->whys[i], sizeof(r->whys[i]), "%s",
			       c->reflections[i].why);
		(void)snprintf(r->reflectors[i], sizeof(r->reflectors[i]),
			       "%s", c->reflections[i].reflector);
	}
}

static void confirm(size_t n, unsigned int quorum, uint32_t timeout_ms,
		    struct result *r)
{
	struct resolver_confirm c = {
		.reflectors = words, .n_reflectors = n, .quorum = quorum,
		.quorum_as = quorum,
		.timeout_ms = timeout_ms,
	};
	int id;

	ck_assert_int_eq(addr_parse("127.0.0.1", &c.candidate), 0);
	c.egress.source = c.candidate;
	memset(r, 0, sizeof(*r));
	id = resolver_confirm(resolver, &c, confirmed, r);
	ck_assert_int_gt(id, 0);
	ck_assert_int_eq(r->done, 0);
	ck_assert(wait_for(loop, &r->done, 1, 10));
}

static const struct row {
	const char *name;
	struct fake_dns_rule rules[3];
	unsigned int quorum;
	uint32_t timeout_ms;
	enum resolver_seen seen;
	size_t n; /* asked */
	bool dns_only;
} rows[] = {
	{ "one is enough, and one is asked", { SEEN, SEEN, SEEN }, 1, 9000,
	  RESOLVER_SEEN, 1, true },
	{ "two are asked for two", { SEEN, SEEN, SEEN }, 2, 9000,
	  RESOLVER_SEEN, 2, true },
	{ "one without authority does not count", { NO_AA, SEEN, SEEN }, 1,
	  9000, RESOLVER_SEEN, 2, true },
	{ "a private answer does not count", { LOCAL, SEEN, SEEN }, 1, 9000,
	  RESOLVER_SEEN, 2, true },
	{ "one that is deaf is not waited for", { DEAF, SEEN, SEEN }, 1, 9000,
	  RESOLVER_SEEN, 2, true },
	{ "one that says otherwise is not the last word",
	  { OTHER, SEEN, SEEN }, 1, 9000, RESOLVER_SEEN, 2, true },
	{ "all say otherwise: plain DNS does not decide",
	  { OTHER, OTHER, OTHER }, 2, 9000, RESOLVER_DISPUTED, 3, true },
	{ "two of three is a quorum", { SEEN, OTHER, SEEN }, 2, 9000,
	  RESOLVER_SEEN, 3, true },
	{ "one of three is none", { SEEN, OTHER, OTHER }, 2, 9000,
	  RESOLVER_DISPUTED, 3, true },
	{ "nobody who counts", { NO_AA, LOCAL, NO_AA }, 1, 9000,
	  RESOLVER_NOT_SEEN, 3, false },
	{ "nobody at all", { DEAF, DEAF, DEAF }, 3, 60, RESOLVER_NOT_SEEN, 3,
	  false },
	{ "one heard when the time is over", { SEEN, DEAF, DEAF }, 2, 240,
	  RESOLVER_DISPUTED, 2, true },
};

START_TEST(test_row)
{
	const struct row *row = &rows[_i];
	uint64_t begun_ms = clock_mono_ms();
	struct result r;
	int fds;

	for (size_t i = 0; i < 3; i++)
		serve(i, &row->rules[i]);
	fds = wait_open_fds();
	confirm(3, row->quorum, row->timeout_ms, &r);
	ck_assert_msg(r.seen == row->seen, "%s: %d", row->name, (int)r.seen);
	ck_assert_msg(r.n == row->n, "%s: %zu asked", row->name, r.n);
	ck_assert(r.dns_only == row->dns_only);
	for (size_t i = 0; i < r.n; i++)
		ck_assert_str_eq(r.reflectors[i], words[i]);
	ck_assert_int_eq(wait_open_fds(), fds);
	ck_assert_uint_lt(clock_mono_ms() - begun_ms, 5000);
}
END_TEST

/* Stopped for longer than the answer may take, before the question. */
START_TEST(test_held_up)
{
	const struct fake_dns_rule rule = SEEN;
	struct result r;

	serve(0, &rule);
	ev_now_update(loop);
	ck_assert_int_eq(usleep(900000), 0);
	confirm(1, 1, 800, &r);
	ck_assert_int_eq(r.seen, RESOLVER_SEEN);
}
END_TEST

START_TEST(test_leaves_from_the_candidate)
{
	struct fake_dns_rule rule = SEEN;
	char text[ADDR_STRLEN];
	struct result r;

	serve(0, &rule);
	confirm(1, 1, 5000, &r);
	/* By lot, all letters may be of one case: not each time. */
	for (int i = 0; i < 5 && !fake_dns_seen(dns[0])->mixed_case; i++)
		confirm(1, 1, 5000, &r);
	ck_assert_str_eq(addr_print(&fake_dns_seen(dns[0])->from, text),
			 "127.0.0.1");
	ck_assert(!fake_dns_seen(dns[0])->rd);
	ck_assert(fake_dns_seen(dns[0])->mixed_case);
}
END_TEST

START_TEST(test_kernel_is_late)
{
	struct fake_dns_rule rule = SEEN;
	struct result r;

	serve(0, &rule);
	fake_egress_error = -EADDRNOTAVAIL;
	fake_egress_failures = 3;
	confirm(1, 1, 5000, &r);
	ck_assert_int_eq(r.seen, RESOLVER_SEEN);
}
END_TEST

START_TEST(test_who_cannot_be_asked)
{
	struct fake_dns_rule rule = SEEN;
	struct result r;

	words[0] = "https://echo.example/";
	words[1] = "dns:who.example@[::1]:5353/TXT";
	words[2] = "nonsense";
	confirm(3, 1, 60000, &r);
	ck_assert_int_eq(r.seen, RESOLVER_NOT_SEEN);
	ck_assert_uint_eq(r.n, 3);
	/* In the order of their cost. */
	ck_assert_int_eq(r.statuses[0], -EINVAL);
	ck_assert_int_eq(r.statuses[1], -EAFNOSUPPORT);
	ck_assert_int_eq(r.statuses[2], -EOPNOTSUPP);
	confirm(0, 1, 60000, &r);
	ck_assert_int_eq(r.seen, RESOLVER_NOT_SEEN);
	ck_assert_uint_eq(r.n, 0);
	/* Those who can are asked all the same, at once. */
	serve(3, &rule);
	confirm(4, 1, 5000, &r);
	ck_assert_int_eq(r.seen, RESOLVER_SEEN);
	ck_assert_uint_eq(r.n, 3);
}
END_TEST

/* A server by its name, and a resolver that is dead. */
START_TEST(test_unknown_host)
{
	struct result r;

	words[0] = "dns:who.example@ns.example/TXT";
	confirm(1, 1, 9000, &r);
	ck_assert_int_eq(r.seen, RESOLVER_NOT_SEEN);
	ck_assert_uint_eq(r.n, 1);
	ck_assert_int_eq(r.statuses[0], -ECONNREFUSED);
	ck_assert_str_eq(r.whys[0], "its server's address is not known");
	words[0] = "dns:who.example@localhost:1/TXT";
	confirm(1, 1, 9000, &r);
	ck_assert_int_eq(r.statuses[0], -ECONNREFUSED);
}
END_TEST

START_TEST(test_two_of_one_operator)
{
	struct fake_dns_rule rule = SEEN;
	struct result r;

	serve(0, &rule);
	(void)snprintf(texts[1], sizeof(texts[1]), "dns:other.example@%s/TXT",
		       fake_dns_text(dns[0]));
	words[1] = texts[1];
	confirm(2, 2, 60000, &r);
	ck_assert_int_eq(r.seen, RESOLVER_DISPUTED);
}
END_TEST

START_TEST(test_cancel)
{
	struct fake_dns_rule rule = SEEN;
	struct resolver_confirm c = { .reflectors = words, .n_reflectors = 1,
				      .quorum = 1, .timeout_ms = 5000 };
	struct result a = { 0 }, b;
	int id;

	serve(0, &rule);
	ck_assert_int_eq(resolver_confirm(resolver, &c, confirmed, &a),
			 -EAFNOSUPPORT);
	ck_assert_int_eq(addr_parse("127.0.0.1", &c.candidate), 0);
	id = resolver_confirm(resolver, &c, confirmed, &a);
	ck_assert_int_gt(id, 0);
	resolver_cancel(resolver, id);
	confirm(1, 1, 5000, &b);
	ck_assert_int_eq(a.done, 0);
	ck_assert_int_eq(resolver_reflector_check("dns:google"), 0);
	ck_assert_int_eq(resolver_reflector_check("pcp"), 0);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("confirm");
	TCase *tc = tcase_create("loopback");

	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_row, 0, SUITE_COUNT(rows));
	tcase_add_test(tc, test_held_up);
	tcase_add_test(tc, test_leaves_from_the_candidate);
	tcase_add_test(tc, test_kernel_is_late);
	tcase_add_test(tc, test_who_cannot_be_asked);
	tcase_add_test(tc, test_unknown_host);
	tcase_add_test(tc, test_two_of_one_operator);
	tcase_add_test(tc, test_cancel);
	suite_add_tcase(s, tc);
	return s;
}
