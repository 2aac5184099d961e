/*
 * What a source behind a NAT makes of the router's word and of time; the
 * watch is this test's own, and so are the candidate's questions.
 */
#include "config.h"

#include <errno.h>
#include <string.h>

#include <ev.h>

#include "daemon/source/candidate.h"
#include "daemon/source/nat.h"
#include "daemon/source/source_inside.h"
#include "tests/support/suite.h"
#include "tests/support/wait.h"

#define OLD "5.6.7.5"
#define NEW "5.6.7.9"

static struct source_world world;
static struct config_source config;
static struct source source;

/* ---- the watch ---- */

static struct {
	struct resolver_watch_options options;
	resolver_watch_fn *news;
	void *user;
	bool open;
	int opened, asked;
	int error;       /* of the next opening */
	const char *own; /* it has spoken, and said this; NULL: it has not */
} watch;

static struct addr addr_of(const char *text)
{
	struct addr a = { 0 };

	if (text)
		ck_assert_int_eq(addr_parse(text, &a), 0);
	return a;
}

int resolver_watch_new(struct ev_loop *loop,
		       const struct resolver_watch_options *o,
		       resolver_watch_fn *news, void *user,
		       struct resolver_watch **ret)
{
	ck_assert_ptr_eq(loop, world.loop);
	ck_assert(!watch.open);
	if (watch.error < 0)
		return watch.error;
	watch.options = *o;
	watch.news = news;
	watch.user = user;
	watch.open = true;
	watch.opened++;
	*ret = (struct resolver_watch *)(void *)&watch;
	return 0;
}

void resolver_watch_free(struct resolver_watch *w)
{
	if (w)
		watch.open = false;
}

void resolver_watch_ask(struct resolver_watch *w)
{
	ck_assert_ptr_nonnull(w);
	watch.asked++;
}

bool resolver_watch_speaks(const struct resolver_watch *w,
			   struct addr *ret_addr)
{
	ck_assert_ptr_nonnull(w);
	*ret_addr = addr_of(watch.own);
	return watch.own != NULL;
}

/* ---- the rest of the source ---- */

static int again;
static uint64_t again_ns;

void candidate_again(struct source_candidate *c, uint64_t heard_ns)
{
	ck_assert_ptr_eq(c, &source.candidates[0]);
	again++;
	again_ns = heard_ns;
}

struct log_fields source_fields(const struct source *s, const char *event)
{
	ck_assert_ptr_eq(s, &source);
	return (struct log_fields){ .subject = "source", .event = event };
}

static void setup(void)
{
	struct source_candidate *c = &source.candidates[0];

	world.loop = ev_loop_new(0);
	config = (struct config_source){ .confirm = CONFIRM_AUTO };
	source = (struct source){ .world = &world, .config = &config,
				  .family = AF_INET, .n = 1 };
	c->addr = addr_of("192.168.1.2");
	c->gateway = addr_of("192.168.1.1");
	c->ifindex = 7;
	c->egress.ifindex = 8;
	c->shut_in = c->routed = true;
	c->stand = STAND_CONFIRMED;
	c->public = addr_of(OLD);
	c->owner = &source;
}

static void teardown(void)
{
	nat_done(&source);
	ck_assert(!watch.open);
	ev_loop_destroy(world.loop);
}

/* ---- what the router says ---- */

static const struct row {
	const char *name;
	enum source_stand stand;
	const char *public; /* as it stands */
	const char *word;   /* NULL: it has no address */
	bool changed, lost;
	bool again;
} rows[] = {
	{ "what is known", STAND_CONFIRMED, OLD, OLD, false, false, false },
	{ "what is known, and it says it first", STAND_CONFIRMED, OLD, OLD,
	  true, false, false },
	{ "another", STAND_CONFIRMED, OLD, NEW, true, false, true },
	{ "another NAT's, as ever", STAND_CONFIRMED, OLD, NEW, false, false,
	  false },
	{ "none, for now", STAND_CONFIRMED, OLD, NULL, true, false, false },
	{ "started anew, with the same", STAND_CONFIRMED, OLD, OLD, false,
	  true, true },
	{ "started anew, with none yet", STAND_CONFIRMED, OLD, NULL, true,
	  true, false },
	{ "one where nothing was seen", STAND_UNSEEN, NULL, NEW, true, false,
	  true },
	{ "the same where nothing was seen", STAND_UNSEEN, NULL, NEW, false,
	  false, false },
	{ "one where it was left", STAND_LEFT, NULL, NEW, true, false, true },
};

START_TEST(test_row)
{
	const struct row *r = &rows[_i];
	struct resolver_router_word word = {
		.addr = addr_of(r->word), .changed = r->changed,
		.lost = r->lost, .heard_ns = 4711,
	};

	source.candidates[0].stand = r->stand;
	source.candidates[0].public = addr_of(r->public);
	nat_look(&source);
	ck_assert(watch.open);
	watch.news(watch.user, &word);
	ck_assert_msg(again == r->again, "%s: asked %d times", r->name, again);
	if (r->again)
		ck_assert_uint_eq(again_ns, 4711);
}
END_TEST

/* ---- what nat-recheck does ---- */

static const struct recheck {
	const char *name;
	enum source_stand stand;
	const char *own;
	bool again, ask;
} rechecks[] = {
	{ "the router is what the world sees: it alone", STAND_CONFIRMED, OLD,
	  false, true },
	{ "it is not: those who saw it", STAND_CONFIRMED, NEW, true, false },
	{ "it does not speak: they, and perhaps it does by now",
	  STAND_CONFIRMED, NULL, true, true },
	{ "left alone: perhaps not any more", STAND_LEFT, NEW, true, false },
	{ "being asked anyway", STAND_ASKING, NULL, false, true },
	{ "asked again anyway", STAND_UNSEEN, NEW, false, false },
};

START_TEST(test_recheck)
{
	const struct recheck *r = &rechecks[_i];
	int rounds = 0;

	config.nat_recheck_ms = 1;
	source.candidates[0].stand = r->stand;
	watch.own = r->own;
	nat_look(&source);
	(void)wait_for(world.loop, &rounds, 1, .02);
	ck_assert_msg((again > 0) == r->again, "%s: they were%s asked",
		      r->name, again ? "" : " not");
	ck_assert_msg((watch.asked > 0) == r->ask, "%s: it was%s asked",
		      r->name, watch.asked ? "" : " not");
	ck_assert_uint_eq(again_ns, 0);
}
END_TEST

START_TEST(test_no_recheck)
{
	int rounds = 0;

	nat_look(&source);
	(void)wait_for(world.loop, &rounds, 1, .02);
	ck_assert_int_eq(again + watch.asked, 0);
}
END_TEST

/* ---- when it listens at all ---- */

static const struct look {
	const char *name;
	bool shut_in, routed;
	enum config_confirm confirm;
	size_t n;
	bool open;
} looks[] = {
	{ "behind NAT", true, true, CONFIRM_AUTO, 1, true },
	{ "behind NAT, always confirmed", true, true, CONFIRM_ALWAYS, 1, true },
	{ "a global address", false, true, CONFIRM_AUTO, 1, false },
	{ "no way out", true, false, CONFIRM_AUTO, 1, false },
	{ "nobody is ever asked", true, true, CONFIRM_NEVER, 1, false },
	{ "no address", true, true, CONFIRM_AUTO, 0, false },
};

START_TEST(test_look)
{
	const struct look *l = &looks[_i];

	nat_look(&source);
	ck_assert(watch.open);
	source.candidates[0].shut_in = l->shut_in;
	source.candidates[0].routed = l->routed;
	config.confirm = l->confirm;
	source.n = l->n;
	nat_look(&source);
	ck_assert_msg(watch.open == l->open, "%s", l->name);
}
END_TEST

/* Another way out is another router; the same one goes on undisturbed. */
START_TEST(test_another_way)
{
	struct source_candidate *c = &source.candidates[0];

	nat_look(&source);
	nat_look(&source);
	ck_assert_int_eq(watch.opened, 1);
	ck_assert_int_eq(watch.options.ifindex, 8);
	ck_assert(addr_equal(&watch.options.gateway, &c->gateway));
	c->gateway = addr_of("192.168.1.254");
	nat_look(&source);
	ck_assert_int_eq(watch.opened, 2);
	ck_assert(addr_equal(&watch.options.gateway, &c->gateway));
	c->egress.ifindex = 0; /* bind = no */
	nat_look(&source);
	ck_assert_int_eq(watch.opened, 3);
	ck_assert_int_eq(watch.options.ifindex, 7);
	c->addr = addr_of("192.168.1.3");
	nat_look(&source);
	ck_assert_int_eq(watch.opened, 4);
	config.nat_recheck_ms = 60000;
	nat_look(&source);
	ck_assert_int_eq(watch.opened, 5);
	nat_look(&source);
	ck_assert_int_eq(watch.opened, 5);
}
END_TEST

/* Who cannot listen goes by time alone; an IPv6 router is not listened to. */
START_TEST(test_cannot_listen)
{
	int rounds = 0;

	config.nat_recheck_ms = 1;
	if (_i == 0)
		watch.error = -EADDRINUSE;
	else
		source.candidates[0].gateway = addr_of("fe80::1");
	nat_look(&source);
	ck_assert(!watch.open);
	(void)wait_for(world.loop, &rounds, 1, .02);
	ck_assert_int_gt(again, 0);
	ck_assert_int_eq(watch.asked, 0);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("nat");
	TCase *tc = tcase_create("rows");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_row, 0, SUITE_COUNT(rows));
	tcase_add_loop_test(tc, test_recheck, 0, SUITE_COUNT(rechecks));
	tcase_add_test(tc, test_no_recheck);
	tcase_add_loop_test(tc, test_look, 0, SUITE_COUNT(looks));
	tcase_add_test(tc, test_another_way);
	tcase_add_loop_test(tc, test_cannot_listen, 0, 2);
	suite_add_tcase(s, tc);
	return s;
}
