/*
 * What ends an outage, what a sleep, a jump of the clock and a month do: the
 * real entries and accounts on a simulated clock. See check_life.c.
 */
#include "config.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <ev.h>

#include "daemon/control/announce.h"
#include "daemon/record/account.h"
#include "daemon/record/entry.h"
#include "daemon/record/own.h"
#include "daemon/record/silence.h"
#include "daemon/setup/setup.h"
#include "daemon/state/state.h"
#include "tests/support/fake_ev.h"
#include "tests/support/life_world.h"
#include "tests/support/suite.h"

#define SECOND_MS 1000ULL
#define HOUR_MS (3600 * SECOND_MS)
#define DAY_MS (24 * HOUR_MS)

static struct life_world *w;
static struct state *state;
static struct account *account;
static struct entry *e;
static struct config_record record;
static struct own own;
static struct silences silences;
static struct announce nobody;
static struct entry_world world;
static char dir[64];

static void moved(void *user)
{
	(void)user;
}

/* As setup_heal() has it. */
static void heal(enum entry_heal what)
{
	entry_heal(e, what, what == ENTRY_HEAL_CLOCK
				    ? 0 : fake_ev_dice(SETUP_SPREAD_MS));
}

static void healed(void *user)
{
	(void)user;
	heal(ENTRY_HEAL_NET);
}

static void run_for(uint64_t ms)
{
	life_world_run_for(w, ms);
}

static void tell(enum source_event event)
{
	entry_source_event(e, event);
	account_flush(account);
}

static void start(uint32_t seed)
{
	(void)snprintf(dir, sizeof(dir), "/tmp/check_outage.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	fake_ev_reset(seed);
	w = life_world_new();
	life_world_address(w);
	life_world_confirm(w);
	ck_assert_int_eq(state_open(fake_ev_loop(), dir, false, &state), 0);
	world = (struct entry_world){
		.loop = fake_ev_loop(), .announce = &nobody, .state = state,
		.own = &own, .silences = &silences, .moved = moved,
		.healed = healed,
	};
	record = (struct config_record){
		.name = w->names[0].name, .ipv4 = true,
		.recheck_ms = HOUR_MS, .verify = true, .create = true,
	};
	ck_assert_int_eq(account_new(fake_ev_loop(), NULL, state,
				     &w->infos[0], &account), 0);
	ck_assert_int_eq(entry_new(&world, &record, w->source, account,
				   AF_INET, &e), 0);
	entry_join(e);
}

static void stop(void)
{
	char path[96];

	entry_free(e);
	account_free(account);
	state_close(state);
	life_world_free(w);
	(void)snprintf(path, sizeof(path), "%s/state.json", dir);
	(void)unlink(path);
	(void)rmdir(dir);
}

/* ---- after an outage ---- */

static void route_back(void)
{
	tell(SOURCE_PATH);
}

static void another_resolver(void)
{
	entry_ask_anew(e);
}

static void clock_set(void)
{
	heal(ENTRY_HEAL_CLOCK);
}

static void somebody_answers(void)
{
	heal(ENTRY_HEAL_NET);
}

static void woken_up(void)
{
	heal(ENTRY_HEAL_SLEPT);
}

static void another_address(void)
{
	life_world_address(w);
	tell(SOURCE_CHANGED);
	life_world_confirm(w);
	tell(SOURCE_CONFIRMED);
}

/*
 * own: an event of this machine alone, acted on at once. What others hear of
 * too is spread.
 */
static const struct outage {
	const char *name;
	void (*back)(void);
	bool own;
} outages[] = {
	{ "the route or the carrier is back", route_back, true },
	{ "another resolv.conf", another_resolver, true },
	{ "the clock was set", clock_set, true },
	{ "a reflector or a server answers again", somebody_answers, false },
	{ "the machine has woken up", woken_up, false },
	{ "another address", another_address, true },
};

/* Two hours without network; then how long it takes. */
static uint64_t outage_ms(const struct outage *o, uint32_t seed)
{
	uint64_t from_ms, took_ms;

	start(seed);
	run_for(60 * SECOND_MS);
	ck_assert(life_world_is_right(w, 0));
	w->net_down = true;
	another_address();
	run_for(2 * HOUR_MS + fake_ev_dice(30000));
	ck_assert_msg(!life_world_is_right(w, 0), "%s", o->name);
	w->net_down = false;
	from_ms = fake_ev_now_ms();
	o->back();
	while (!life_world_is_right(w, 0) &&
	       fake_ev_now_ms() < from_ms + DAY_MS)
		run_for(1);
	took_ms = fake_ev_now_ms() - from_ms;
	stop();
	return took_ms;
}

/* What was asked just before may still wait for its answer, two seconds. */
#define ON_ITS_WAY_MS 2000

START_TEST(test_after_two_hours)
{
	const struct outage *o = &outages[_i];

	for (uint32_t seed = 1; seed <= 60; seed++) {
		uint64_t took_ms = outage_ms(o, seed);

		ck_assert_msg(took_ms <= SECOND_MS + ON_ITS_WAY_MS,
			      "%s (seed %u): only after %llu ms", o->name,
			      seed, (unsigned long long)took_ms);
	}
}
END_TEST

/* In no tenth of the spread more than a fifth of a thousand daemons. */
START_TEST(test_a_thousand_daemons)
{
	const struct outage *o = &outages[_i];
	unsigned int tenths[10] = { 0 }, late = 0;

	if (o->own)
		return;
	for (uint32_t seed = 1; seed <= 1000; seed++) {
		uint64_t tenth = 10 * outage_ms(o, seed) / SETUP_SPREAD_MS;

		if (tenth < 10)
			tenths[tenth]++;
		else
			late++;
	}
	for (int i = 0; i < 10; i++)
		ck_assert_msg(tenths[i] <= 200, "%s: %u at once", o->name,
			      tenths[i]);
	ck_assert_msg(late <= 300, "%s: %u were late", o->name, late);
}
END_TEST

/* ---- a long time ---- */

/* A month in which nothing happens: nothing is sent. */
START_TEST(test_a_quiet_month)
{
	start(1);
	run_for(60 * SECOND_MS);
	ck_assert_uint_eq(w->updates, 1);
	run_for(30 * DAY_MS);
	ck_assert_uint_eq(w->updates, 1);
	/* Looked at once an hour, with a tenth of jitter, and no drift. */
	ck_assert_uint_ge(w->checks, 30 * 24 * 9 / 10);
	ck_assert_uint_le(w->checks, 30 * 24 * 12 / 10);
	ck_assert_uint_le(e->timer_due_ms - fake_ev_now_ms(), HOUR_MS * 11 / 10);
	stop();
}
END_TEST

/* Refreshed once a week, never later, and at most a tenth before. */
START_TEST(test_forced_refresh)
{
	uint64_t last_ms;

	start(2);
	w->infos[0].refresh_s = 7 * 86400;
	run_for(60 * SECOND_MS);
	last_ms = fake_ev_now_ms();
	for (unsigned int n = 2; n <= 6; n++) {
		while (w->updates < n)
			run_for(60 * SECOND_MS);
		ck_assert_uint_ge(fake_ev_now_ms() - last_ms,
				  7 * DAY_MS * 89 / 100);
		ck_assert_uint_le(fake_ev_now_ms() - last_ms,
				  7 * DAY_MS + 2 * HOUR_MS);
		last_ms = fake_ev_now_ms();
	}
	stop();
}
END_TEST

/* The wall clock jumps, a day to and fro, at any moment: no update. */
START_TEST(test_jumps)
{
	start(3);
	run_for(60 * SECOND_MS);
	for (int i = 0; i < 200; i++) {
		fake_ev_jump_wall(i % 2 ? -(int64_t)fake_ev_dice(86400)
					: (int64_t)fake_ev_dice(86400));
		heal(ENTRY_HEAL_CLOCK);
		run_for(fake_ev_dice(3 * 3600 * 1000));
	}
	ck_assert_uint_eq(w->updates, 1);
	ck_assert(life_world_is_right(w, 0));
	/* And it still hears what happens. */
	another_address();
	run_for(SECOND_MS);
	ck_assert(life_world_is_right(w, 0));
	stop();
}
END_TEST

/* Asleep, while somebody else changed the name: seen within a second. */
START_TEST(test_sleep)
{
	start(4);
	run_for(60 * SECOND_MS);
	for (int i = 0; i < 50; i++) {
		unsigned int n = w->updates;

		fake_ev_jump_wall((int64_t)fake_ev_dice(7 * 86400));
		heal(ENTRY_HEAL_SLEPT);
		run_for(SECOND_MS);
		ck_assert_uint_eq(w->updates, n);
		run_for(300 * SECOND_MS);
		memset(&w->names[0].stands, 0, sizeof(w->names[0].stands));
		fake_ev_jump_wall((int64_t)fake_ev_dice(7 * 86400));
		heal(ENTRY_HEAL_SLEPT);
		run_for(SECOND_MS);
		ck_assert(life_world_is_right(w, 0));
		run_for(300 * SECOND_MS);
	}
	stop();
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("outage");
	TCase *tc = tcase_create("outage");

	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, test_after_two_hours, 0, SUITE_COUNT(outages));
	tcase_add_loop_test(tc, test_a_thousand_daemons, 0,
			    SUITE_COUNT(outages));
	tcase_add_test(tc, test_a_quiet_month);
	tcase_add_test(tc, test_forced_refresh);
	tcase_add_test(tc, test_jumps);
	tcase_add_test(tc, test_sleep);
	suite_add_tcase(s, tc);
	return s;
}
