/*
 * Records, accounts and the state file against a world that breaks: a long
 * random run on a simulated clock. DNS, provider, network and the source are
 * this file; entry, account, state and all between are the real ones.
 *
 * EVDDNS_FAULTS says how many faults there are (10,000), EVDDNS_SEED which.
 */
#include "config.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <ev.h>

#include "daemon/control/announce.h"
#include "daemon/control/control.h"
#include "daemon/record/account.h"
#include "daemon/record/entry.h"
#include "daemon/record/own.h"
#include "daemon/record/silence.h"
#include "daemon/state/state.h"
#include "tests/support/fake_ev.h"
#include "tests/support/life_world.h"
#include "tests/support/suite.h"

#define DAY_MS 86400000ULL

static struct life_world *w;
static struct state *state;
static struct account *accounts[LIFE_ACCOUNTS];
static struct entry *entries[LIFE_NAMES];
static struct config_record records[LIFE_NAMES];
static struct own own;
static struct silences silences;
static struct announce nobody;
static struct entry_world world;
static char dir[64];
static bool jumped;
static bool refused[LIFE_ACCOUNTS]; /* in this episode */

static void moved(void *user)
{
	(void)user;
}

/* As setup_heal() has it. */
static void healed(void *user)
{
	(void)user;
	for (int i = 0; i < LIFE_NAMES; i++)
		if (entries[i])
			entry_heal(entries[i], ENTRY_HEAL_NET,
				   fake_ev_dice(700));
}

static void daemon_start(void)
{
	ck_assert_int_eq(state_open(fake_ev_loop(), dir, false, &state), 0);
	world = (struct entry_world){
		.loop = fake_ev_loop(), .announce = &nobody, .state = state,
		.own = &own, .silences = &silences, .moved = moved, .healed = healed,
	};
	for (int i = 0; i < LIFE_ACCOUNTS; i++)
		ck_assert_int_eq(account_new(fake_ev_loop(), NULL, state,
					     &w->infos[i], &accounts[i]), 0);
	for (int i = 0; i < LIFE_NAMES; i++) {
		records[i] = (struct config_record){
			.name = w->names[i].name, .ipv4 = true,
			.recheck_ms = 3600000, .verify = true, .create = true,
		};
		ck_assert_int_eq(entry_new(&world, &records[i], w->source,
					   accounts[i % LIFE_ACCOUNTS],
					   AF_INET, &entries[i]), 0);
	}
	for (int i = 0; i < LIFE_NAMES; i++)
		entry_join(entries[i]);
}

/* killed: without a word, and without writing what is still to be written. */
static void daemon_stop(bool killed)
{
	/*
	 * Buckets on disk go by the wall clock, and what was not written yet
	 * when it was killed is lost.
	 */
	for (int i = 0; killed && i < LIFE_ACCOUNTS; i++)
		if (jumped ||
		    fake_ev_now_ms() - w->accounts[i].sent_ms < 1100)
			w->accounts[i].sent_ms = 0;
	if (killed) {
		life_world_orphan(w);
		fake_ev_reset(fake_ev_dice(UINT32_MAX));
	}
	for (int i = 0; i < LIFE_NAMES; i++)
		entry_free(entries[i]);
	for (int i = 0; i < LIFE_ACCOUNTS; i++)
		account_free(accounts[i]);
	memset(entries, 0, sizeof(entries));
	state_close(state);
}

static void tell_source(enum source_event event)
{
	for (int i = 0; i < LIFE_NAMES; i++)
		entry_source_event(entries[i], event);
	for (int i = 0; i < LIFE_ACCOUNTS; i++)
		account_flush(accounts[i]);
}

static void run_for(uint64_t ms)
{
	life_world_run_for(w, ms);
}

/* ---- faults ---- */

static void change_address(void)
{
	life_world_address(w);
	tell_source(SOURCE_CHANGED);
	if (fake_ev_dice(2))
		run_for(fake_ev_dice(30));
	life_world_confirm(w);
	tell_source(SOURCE_CONFIRMED);
}

static void one_fault(void)
{
	int account = (int)fake_ev_dice(LIFE_ACCOUNTS);

	switch (fake_ev_dice(9)) {
	case 0:
		w->net_down = true;
		break;
	case 1:
		w->accounts[account].behaviour = LIFE_SILENT;
		break;
	case 2:
		w->accounts[account].behaviour = LIFE_LATER;
		break;
	case 3:
		w->accounts[account].behaviour = LIFE_SLOW;
		break;
	case 4:
		w->accounts[account].behaviour = LIFE_REFUSES;
		refused[account] = true;
		break;
	case 5:
		w->accounts[account].behaviour = LIFE_LOSES_ANSWERS;
		break;
	case 6:
		daemon_stop(true);
		run_for(10 + fake_ev_dice(3000)); /* what had left has landed */
		daemon_start();
		break;
	case 7:
		/* Back is another matter: a rest on disk is of the wall. */
		fake_ev_jump_wall((int64_t)fake_ev_dice(3600));
		jumped = true;
		break;
	default:
		life_world_vandal(w); /* somebody else changes DNS */
		for (int i = 0; i < LIFE_NAMES; i++)
			entry_event(entries[i], RECORD_LOOK);
		break;
	}
}

/* Everything works again, and the events that say so come. */
static void all_ends(void)
{
	for (int i = 0; i < LIFE_ACCOUNTS; i++) {
		w->accounts[i].behaviour = LIFE_GOOD;
		w->accounts[i].mended_ms = fake_ev_now_ms();
		if (refused[i])
			w->infos[i].digest++;
	}
	w->net_down = false;
	tell_source(SOURCE_PATH);
	for (int i = 0; i < LIFE_NAMES; i++)
		if (refused[i % LIFE_ACCOUNTS])
			entry_mended(entries[i]);
	memset(refused, 0, sizeof(refused));
	jumped = false;
}

/*
 * What the account's spacing holds back may take that long; all else a
 * second.
 */
static uint64_t patience_ms(int name)
{
	return 1000 + w->infos[name % LIFE_ACCOUNTS].min_interval_s * 1000ULL *
			      (LIFE_NAMES + 2);
}

/* Until when its server has asked to be left alone, and a second more. */
static uint64_t rest_ms(int name)
{
	return w->accounts[name % LIFE_ACCOUNTS].asked_rest_ms + 1000;
}

static bool is_settled(int name)
{
	return life_world_is_right(w, name) || entries[name]->differs;
}

static void check_ends_right(int episode)
{
	uint64_t began = fake_ev_now_ms();

	for (int i = 0; i < LIFE_NAMES; i++) {
		uint64_t until = began + patience_ms(i) + w->in_flight_ms;

		/*
		 * Somebody overwrote one value twice: left so, by design. And
		 * an answer that was on its way may ask for more.
		 */
		while (!is_settled(i) && (fake_ev_now_ms() < until ||
					  fake_ev_now_ms() < rest_ms(i)))
			run_for(50);
		ck_assert_msg(is_settled(i),
			      "episode %d: %s is not right after %llu ms: %s "
			      "(%s), waits for %d, %lld ms more", episode, w->names[i].name,
			      (unsigned long long)(fake_ev_now_ms() - began),
			      record_state_name(entries[i]->state),
			      entries[i]->error ? entries[i]->error : "-",
			      (int)entries[i]->wait,
			      (long long)(entries[i]->timer_due_ms -
					  fake_ev_now_ms()));
	}
}

/* Tens of thousands of files take each other's place: no disk's matter. */
static void make_dir(void)
{
	(void)snprintf(dir, sizeof(dir), "/dev/shm/check_life.XXXXXX");
	if (mkdtemp(dir))
		return;
	(void)snprintf(dir, sizeof(dir), "/tmp/check_life.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
}

static void life_begin(uint32_t seed)
{
	make_dir();
	fake_ev_reset(seed);
	w = life_world_new();
	life_world_address(w);
	life_world_confirm(w);
	daemon_start();
}

static void life_end(void)
{
	daemon_stop(false);
	life_world_free(w);
	(void)snprintf(dir + strlen(dir), sizeof(dir) - strlen(dir),
		       "/state.json");
	(void)unlink(dir);
	dir[strlen(dir) - strlen("/state.json")] = '\0';
	(void)rmdir(dir);
}

/* Of the first account: when the next request leaves, within three days. */
static uint64_t next_sent_ms(void)
{
	uint64_t was_ms = w->accounts[0].sent_ms;
	uint64_t until_ms = fake_ev_now_ms() + 3 * DAY_MS;

	while (w->accounts[0].sent_ms == was_ms) {
		ck_assert_uint_lt(fake_ev_now_ms(), until_ms);
		run_for(1000);
	}
	return w->accounts[0].sent_ms;
}

/*
 * An error that no rule knows: after 15 to 30 minutes, then after longer and
 * longer, up to a day; neither a restart nor a look cuts that short, and a
 * new address is tried at once.
 */
START_TEST(test_what_is_unclassified_comes_back_in_longer_and_longer)
{
	uint64_t last_ms, gap_ms = 0, least_ms = 900000;

	life_begin((uint32_t)_i + 1);
	run_for(60000);
	/* One name alone, so that each request is about it. */
	for (int i = LIFE_ACCOUNTS; i < LIFE_NAMES; i += LIFE_ACCOUNTS) {
		entry_free(entries[i]);
		entries[i] = NULL;
	}
	w->infos[0].min_interval_s = 0;
	w->accounts[0].behaviour = LIFE_STRANGE;
	life_world_address(w);
	life_world_confirm(w);
	entry_source_event(entries[0], SOURCE_CHANGED);
	entry_source_event(entries[0], SOURCE_CONFIRMED);
	account_flush(accounts[0]);
	last_ms = next_sent_ms();
	for (int n = 0; n < 12; n++) {
		uint64_t now_ms;

		run_for(5000);
		entry_event(entries[0], RECORD_LOOK);
		if (n % 3 == 1) {
			entry_free(entries[0]);
			ck_assert_int_eq(
				entry_new(&world, &records[0], w->source,
					  accounts[0], AF_INET, &entries[0]),
				0);
			entry_join(entries[0]);
		}
		now_ms = next_sent_ms();
		gap_ms = now_ms - last_ms;
		ck_assert_msg(gap_ms + 2000 >= least_ms && gap_ms <= DAY_MS +
				      3600000,
			      "try %d: after %llu s", n,
			      (unsigned long long)(gap_ms / 1000));
		if (least_ms < DAY_MS / 2)
			least_ms = 2 * least_ms < DAY_MS / 2 ? 2 * least_ms
							     : DAY_MS / 2;
		last_ms = now_ms;
	}
	ck_assert_uint_ge(gap_ms, DAY_MS / 2 - 2000);
	/* It gets well; another address is sent at once, the count is over. */
	w->accounts[0].behaviour = LIFE_GOOD;
	run_for(5000);
	life_world_address(w);
	life_world_confirm(w);
	entry_source_event(entries[0], SOURCE_CHANGED);
	entry_source_event(entries[0], SOURCE_CONFIRMED);
	account_flush(accounts[0]);
	run_for(5000);
	ck_assert(life_world_is_right(w, 0));
	w->accounts[0].behaviour = LIFE_STRANGE;
	run_for(60000);
	life_world_address(w);
	life_world_confirm(w);
	entry_source_event(entries[0], SOURCE_CHANGED);
	entry_source_event(entries[0], SOURCE_CONFIRMED);
	account_flush(accounts[0]);
	run_for(1000);
	last_ms = w->accounts[0].sent_ms;
	gap_ms = next_sent_ms() - last_ms;
	ck_assert_uint_ge(gap_ms + 2000, 900000);
	ck_assert_uint_le(gap_ms, 1800000 + 2000);
	life_end();
}
END_TEST

START_TEST(test_a_long_random_run)
{
	const char *faults = getenv("EVDDNS_FAULTS");
	const char *seed_text = getenv("EVDDNS_SEED");
	int left = faults ? atoi(faults) : 10000;
	uint32_t seed = seed_text ? (uint32_t)atol(seed_text) : 7;

	life_begin(seed);
	run_for(60000);
	for (int episode = 0; left > 0; episode++) {
		for (int n = 1 + (int)fake_ev_dice(6); n > 0; n--, left--) {
			one_fault();
			run_for(fake_ev_dice(8000));
			if (fake_ev_dice(3) == 0)
				change_address();
			run_for(fake_ev_dice(4000));
		}
		/* An outage may last. */
		if (fake_ev_dice(20) == 0)
			run_for(7200000);
		change_address();
		run_for(fake_ev_dice(2000));
		all_ends();
		check_ends_right(episode);
		run_for(fake_ev_dice(20) ? 5000 : 30 * DAY_MS / 100);
	}
	life_end();
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("life");
	TCase *tc = tcase_create("run");

	tcase_set_timeout(tc, 3600);
	tcase_add_loop_test(
		tc, test_what_is_unclassified_comes_back_in_longer_and_longer,
		0, 5);
	tcase_add_test(tc, test_a_long_random_run);
	suite_add_tcase(s, tc);
	return s;
}
