/*
 * One entry, between a source, name servers and a provider that do as the
 * test says: what it asks and sends, and what it waits for.
 */
#include "config.h"

#include <check.h>
#include <string.h>

#include "base/clock.h"
#include "daemon/record/account.h"
#include "daemon/record/entry.h"
#include "tests/support/fake_ev.h"
#include "tests/support/hand_world.h"
#include "tests/support/suite.h"

#define ONE "5.6.7.1"
#define TWO "5.6.7.2"

static struct config_record record;
static struct account *account;
static struct entry *e;

static void setup(void)
{
	static char name[] = "home.example";

	hand_begin();
	record = (struct config_record){
		.name = name, .ipv4 = true, .ipv6 = true, .verify = true,
		.create = true, .recheck_ms = 3600000,
		.on_loss_hold_ms = 60000,
	};
	account = hand_account();
	e = hand_entry(account, &record, AF_INET);
}

static void teardown(void)
{
	entry_free(e);
	account_free(account);
	hand_end();
}

static void gets(const char *address)
{
	hand_address(hand.ipv4, address);
	hand_tell(e, SOURCE_CHANGED);
	hand_confirm(hand.ipv4);
	hand_tell(e, SOURCE_CONFIRMED);
}

static const char *sent(void)
{
	static char text[ADDR_STRLEN];

	return hand.n_jobs == 0
		       ? "nothing"
		       : addr_print(&hand.jobs[hand.n_jobs - 1].value, text);
}

/* An update of ONE is with the provider. */
static void updating(void)
{
	gets(ONE);
	hand_servers(e, "");
	ck_assert_int_eq(e->state, RECORD_UPDATING);
	ck_assert_uint_eq(hand_under_way(), 1);
	ck_assert_str_eq(sent(), ONE);
}

static void published(void)
{
	updating();
	hand_reply(NOTIFY_DONE);
	ck_assert_int_eq(e->state, RECORD_VERIFYING);
	hand_servers(e, ONE);
	ck_assert_int_eq(e->state, RECORD_PUBLISHED);
}

/* ---- an ordinary life ---- */

/* Both questions at once; nothing is sent before both are answered. */
START_TEST(test_story)
{
	ck_assert_int_eq(e->state, RECORD_WAITING);
	hand_address(hand.ipv4, ONE);
	hand_tell(e, SOURCE_CHANGED);
	ck_assert_int_eq(e->state, RECORD_CONFIRMING);
	ck_assert(hand_has_asked(e));
	hand_servers(e, "");
	ck_assert_int_eq(e->state, RECORD_CONFIRMING);
	ck_assert_uint_eq(hand.n_jobs, 0);
	hand_confirm(hand.ipv4);
	hand_tell(e, SOURCE_CONFIRMED);
	ck_assert_int_eq(e->state, RECORD_UPDATING);
	hand_reply(NOTIFY_DONE);
	/* The servers are asked until they agree. */
	hand_servers(e, "");
	ck_assert_int_eq(e->state, RECORD_VERIFYING);
	hand_wait(100);
	hand_servers(e, ONE);
	ck_assert_int_eq(e->state, RECORD_PUBLISHED);
	ck_assert_uint_eq(e->published.n, 1);
	ck_assert_uint_eq(account_counts(account)->sent, 1);
	ck_assert_uint_eq(account_counts(account)->answers[NOTIFY_DONE], 1);
	/* A quiet day: looked at once an hour, and nothing sent. */
	for (int i = 0; i < 24; i++) {
		hand_wait(3600000 * 11 / 10);
		hand_servers(e, ONE);
	}
	ck_assert_uint_eq(hand.n_jobs, 1);
}
END_TEST

/* What has not left is not sent; what has left is waited for. */
START_TEST(test_newer_address)
{
	updating();
	hand_address(hand.ipv4, TWO);
	hand_tell(e, SOURCE_CHANGED);
	/* Its address has gone: nobody would hear the answer. */
	ck_assert_int_eq(e->state, RECORD_CONFIRMING);
	ck_assert_uint_eq(hand.cancelled, 1);
	ck_assert_uint_eq(e->accepted.n, 0);
	hand_confirm(hand.ipv4);
	hand_tell(e, SOURCE_CONFIRMED);
	hand_servers(e, "");
	ck_assert_str_eq(sent(), TWO);
	ck_assert_uint_eq(hand_under_way(), 1);
	/* Confirmed to be another, by a NAT, with the update on its way. */
	hand_tell(e, SOURCE_CONFIRMED);
	ck_assert_int_eq(e->state, RECORD_UPDATING_STALE);
	ck_assert_uint_eq(hand_under_way(), 1);
	hand_reply(NOTIFY_DONE);
	ck_assert_int_eq(e->state, RECORD_CHECKING);
	hand_servers(e, TWO);
	ck_assert_uint_eq(hand.n_jobs, 2);
	/* The first may land yet: only then it is settled. */
	ck_assert_int_eq(e->state, RECORD_VERIFYING);
	hand_wait(16000);
	if (hand_has_asked(e))
		hand_servers(e, TWO);
	ck_assert_int_eq(e->state, RECORD_PUBLISHED);
}
END_TEST

START_TEST(test_lost_and_back)
{
	published();
	hand_address(hand.ipv4, NULL);
	hand_tell(e, SOURCE_LOST);
	ck_assert_int_eq(e->state, RECORD_WAITING);
	gets(ONE);
	hand_servers(e, ONE);
	ck_assert_int_eq(e->state, RECORD_PUBLISHED);
	ck_assert_uint_eq(hand.n_jobs, 1);
}
END_TEST

/* ---- what a provider can say ---- */

static const struct said {
	const char *name;
	enum notify_status status;
	struct notify_reply reply;
	enum record_state state;
	enum entry_wait wait;      /* in BACKOFF and REFUSED */
	uint64_t least_ms, most_ms; /* until its timer */
	/* Which of clock, sleep and network end that before its time. */
	const char *heals;
} saids[] = {
	{ "done", NOTIFY_DONE, { .sent_ns = 1 }, RECORD_VERIFYING, 0, 0, 0,
	  "" },
	{ "unchanged", NOTIFY_UNCHANGED, { .sent_ns = 1 }, RECORD_VERIFYING,
	  0, 0, 0, "" },
	{ "later", NOTIFY_RETRY, { .sent_ns = 1 }, RECORD_BACKOFF,
	  ENTRY_WAIT_SERVER, 2500, 5000, "" },
	{ "in 40 s", NOTIFY_RETRY, { .sent_ns = 1, .retry_after_s = 40 },
	  RECORD_BACKOFF, ENTRY_WAIT_SERVER, 40000, 40000, "" },
	{ "nobody was reached", NOTIFY_RETRY, { .sent_ns = 0 },
	  RECORD_BACKOFF, ENTRY_WAIT_NET, 500, 1000, "csn" },
	{ "cancelled", NOTIFY_CANCELLED, { .sent_ns = 0 }, RECORD_BACKOFF,
	  ENTRY_WAIT_NET, 500, 1000, "csn" },
	{ "slow", NOTIFY_SLOW, { .sent_ns = 1 }, RECORD_BACKOFF,
	  ENTRY_WAIT_SERVER, 300000, 300000, "" },
	{ "slow, 40 s", NOTIFY_SLOW, { .sent_ns = 1, .retry_after_s = 40 },
	  RECORD_BACKOFF, ENTRY_WAIT_SERVER, 40000, 40000, "" },
	{ "the clock", NOTIFY_RETRY, { .sent_ns = 1, .clock = true },
	  RECORD_BACKOFF, ENTRY_WAIT_CLOCK, 45000, 90000, "cs" },
	{ "no process", NOTIFY_RETRY, { .no_process = true, .again_ms = 700 },
	  RECORD_BACKOFF, ENTRY_WAIT_PROCESS, 700, 700, "" },
	{ "it died of it", NOTIFY_RETRY,
	  { .no_process = true, .lost = true, .again_ms = 700 },
	  RECORD_BACKOFF, ENTRY_WAIT_PROCESS, 700, 700, "" },
	{ "what no rule knows", NOTIFY_RETRY,
	  { .sent_ns = 1, .retry_after_s = 900, .unclassified = true },
	  RECORD_BACKOFF, ENTRY_WAIT_SERVER, 900000, 1800000, "" },
	{ "refused", NOTIFY_REFUSED, { .sent_ns = 1 }, RECORD_REFUSED,
	  ENTRY_WAIT_SERVER, 86400000, 86400000, "" },
	{ "refused, perhaps by the clock", NOTIFY_REFUSED,
	  { .sent_ns = 1, .clock = true }, RECORD_REFUSED, ENTRY_WAIT_CLOCK,
	  86400000, 86400000, "c" },
	{ "banned", NOTIFY_REFUSED, { .sent_ns = 1, .ban = true },
	  RECORD_REFUSED, ENTRY_WAIT_SERVER, 0, 0, "" },
};

START_TEST(test_said)
{
	const struct said *s = &saids[_i];
	uint64_t due_ms;

	updating();
	hand.reply = s->reply;
	hand_reply(s->status);
	due_ms = hand_due_in(e);
	ck_assert_msg(e->state == s->state, "%s: %s", s->name,
		      record_state_name(e->state));
	if (s->state == RECORD_VERIFYING)
		return;
	ck_assert_msg(e->wait == s->wait, "%s: waits for %d", s->name,
		      (int)e->wait);
	ck_assert_msg(due_ms >= s->least_ms && due_ms <= s->most_ms,
		      "%s: in %llu ms", s->name, (unsigned long long)due_ms);
	ck_assert(e->failing);
	ck_assert_str_eq(e->error, "words");
	if (s->status < ACCOUNT_ANSWERS)
		ck_assert_uint_eq(account_counts(account)->answers[s->status],
				  1);
	/* Not before its time, nor for a look at a refusal. */
	hand_wait(s->least_ms > 100 ? s->least_ms - 100 : 0);
	if (s->state == RECORD_REFUSED)
		entry_event(e, RECORD_LOOK);
	ck_assert_int_eq(e->state, s->state);
	ck_assert_uint_eq(hand.n_jobs, 1);
}
END_TEST

/* Each kind of healing ends what waits for it, and nothing else. */
START_TEST(test_heals)
{
	static const struct {
		char letter;
		enum entry_heal what;
	} heals[] = {
		{ 'c', ENTRY_HEAL_CLOCK },
		{ 's', ENTRY_HEAL_SLEPT },
		{ 'n', ENTRY_HEAL_NET },
	};
	const struct said *s = &saids[_i / 3];
	uint64_t due_ms;
	bool ends = strchr(s->heals, heals[_i % 3].letter) != NULL;

	if (s->state == RECORD_VERIFYING)
		return;
	updating();
	hand.reply = s->reply;
	hand_reply(s->status);
	due_ms = hand_due_in(e);
	entry_heal(e, heals[_i % 3].what, 100);
	ck_assert_msg((hand_due_in(e) == 100) == ends, "%s, %c: in %llu ms",
		      s->name, heals[_i % 3].letter,
		      (unsigned long long)hand_due_in(e));
	ck_assert(ends || hand_due_in(e) == due_ms);
	/* ... a later one makes nothing later. */
	entry_heal(e, heals[_i % 3].what, 5000);
	ck_assert(!ends || hand_due_in(e) == 100);
}
END_TEST

/* Another address, or another way out, is tried at once. */
START_TEST(test_another_address_ends_it)
{
	const struct said *s = &saids[_i];

	if (s->state == RECORD_VERIFYING || s->status == NOTIFY_SLOW)
		return;
	updating();
	hand.reply = s->reply;
	hand_reply(s->status);
	gets(TWO);
	hand_servers(e, "");
	if (s->reply.ban) {
		ck_assert_int_eq(e->state, RECORD_REFUSED);
		ck_assert_uint_eq(hand.n_jobs, 1);
		return;
	}
	ck_assert_msg(e->state == RECORD_UPDATING, "%s: %s", s->name,
		      record_state_name(e->state));
	ck_assert_str_eq(sent(), TWO);
}
END_TEST

/* A refusal stands over a restart, and ends by hand. */
START_TEST(test_refusal_over_a_restart)
{
	updating();
	hand_reply(NOTIFY_REFUSED);
	for (int i = 0; i < 3; i++) {
		entry_free(e);
		hand_restart();
		account_free(account);
		account = hand_account();
		e = hand_entry(account, &record, AF_INET);
		entry_join(e);
		hand_servers(e, "");
		ck_assert_int_eq(e->state, RECORD_REFUSED);
		ck_assert_str_eq(e->error, "words");
	}
	ck_assert_uint_eq(hand.n_jobs, 1);
	entry_event(e, RECORD_RETRY);
	hand_servers(e, "");
	ck_assert_uint_eq(hand.n_jobs, 2);
	/* ... and by other settings. */
	hand_reply(NOTIFY_REFUSED);
	hand.info.digest++;
	entry_mended(e);
	hand_servers(e, "");
	ck_assert_uint_eq(hand.n_jobs, 3);
	hand_reply(NOTIFY_DONE);
	ck_assert_int_eq(e->state, RECORD_VERIFYING);
	/* What is well has nothing to be mended. */
	entry_mended(e);
	ck_assert_int_eq(e->state, RECORD_VERIFYING);
}
END_TEST

/* It was mended while the update that is refused was under way. */
START_TEST(test_refused_for_settings_of_before)
{
	updating();
	hand.info.digest++;
	hand_reply(NOTIFY_REFUSED);
	ck_assert_int_eq(e->state, RECORD_BACKOFF);
	ck_assert_uint_le(hand_due_in(e), 700);
	hand_wait(700);
	hand_servers(e, "");
	ck_assert_int_eq(e->state, RECORD_UPDATING);
	ck_assert_uint_eq(hand.n_jobs, 2);
}
END_TEST

/* ---- nobody answers ---- */

START_TEST(test_servers_that_are_silent)
{
	uint64_t last_ms = 0;

	published();
	hand_wait(3600000 * 11 / 10);
	for (int i = 0; i < 12; i++) {
		hand_servers(e, NULL);
		ck_assert_int_eq(e->state, RECORD_BACKOFF);
		ck_assert_int_eq(e->wait, ENTRY_WAIT_NET);
		last_ms = hand_due_in(e);
		hand_wait(last_ms);
	}
	/* It costs little to ask: at most half a minute. */
	ck_assert_uint_ge(last_ms, 15000);
	ck_assert_uint_le(last_ms, 30000);
	ck_assert_uint_eq(hand.healed, 0);
	/* Told to all others, too. */
	hand_servers(e, ONE);
	ck_assert_int_eq(e->state, RECORD_PUBLISHED);
	ck_assert_uint_eq(hand.healed, 1);
	ck_assert_uint_eq(hand.n_jobs, 1);
}
END_TEST

/* Another resolver.conf: what had failed asks anew, what is well does not. */
START_TEST(test_ask_anew)
{
	unsigned int questions;

	published();
	questions = hand.questions;
	entry_ask_anew(e);
	ck_assert_uint_eq(hand.questions, questions);
	hand_wait(3600000 * 11 / 10);
	hand_servers(e, NULL);
	ck_assert_int_eq(e->state, RECORD_BACKOFF);
	questions = hand.questions;
	entry_ask_anew(e);
	ck_assert_uint_eq(hand.questions, questions + 1);
	hand_servers(e, ONE);
	/* Around a change of the resolver a question is asked again. */
	entry_event(e, RECORD_LOOK);
	questions = hand.questions;
	entry_pause(e);
	ck_assert(!hand_has_asked(e));
	entry_resume(e);
	ck_assert(hand_has_asked(e));
	hand_servers(e, ONE);
	ck_assert_int_eq(e->state, RECORD_PUBLISHED);
	entry_pause(e);
	entry_resume(e);
	ck_assert(!hand_has_asked(e));
}
END_TEST

/* What healed while an update waited is not waited for after it failed. */
START_TEST(test_healed_meanwhile)
{
	updating();
	entry_heal(e, ENTRY_HEAL_NET, 100);
	hand_reply(NOTIFY_RETRY);
	ck_assert_int_eq(e->state, RECORD_BACKOFF);
	ck_assert_uint_le(hand_due_in(e), 700);
}
END_TEST

/* ---- loss, and the end ---- */

/* Exactly ours, after the hold, and when a dump has said so too. */
START_TEST(test_removed_on_loss)
{
	char text[ADDR_STRLEN];

	record.remove_on_loss = true;
	published();
	hand_address(hand.ipv4, NULL);
	hand_tell(e, SOURCE_LOST);
	hand_tell(e, SOURCE_GONE_SURE);
	ck_assert_int_eq(e->state, RECORD_WAITING);
	hand_wait(59000);
	ck_assert_uint_eq(hand.verified, 0);
	hand_wait(2000);
	ck_assert_uint_eq(hand.verified, 1);
	ck_assert_uint_eq(hand.n_jobs, 1);
	hand_tell(e, SOURCE_GONE_SURE);
	hand_servers(e, ONE);
	ck_assert_uint_eq(hand.n_jobs, 2);
	ck_assert_int_eq(hand.jobs[1].value.family, 0);
	ck_assert_str_eq(addr_print(&hand.jobs[1].was, text), ONE);
	hand_reply(NOTIFY_DONE);
	hand_servers(e, "");
	ck_assert_int_eq(e->state, RECORD_WAITING);
}
END_TEST

START_TEST(test_back_within_the_hold)
{
	record.remove_on_loss = true;
	published();
	hand_address(hand.ipv4, NULL);
	hand_tell(e, SOURCE_LOST);
	hand_wait(30000);
	gets(TWO);
	hand_servers(e, ONE);
	hand_reply(NOTIFY_DONE);
	hand_servers(e, TWO);
	hand_wait(60000);
	ck_assert_uint_eq(hand.verified, 0);
	ck_assert_uint_eq(hand.n_jobs, 2);
	ck_assert_str_eq(sent(), TWO);
}
END_TEST

/* The daemon ends: on-stop, in each state that it can find it in. */
static const struct end {
	const char *name;
	bool published, updating, remove;
	size_t jobs;
} ends[] = {
	{ "keep", true, false, false, 1 },
	{ "remove", true, false, true, 2 },
	{ "nothing of ours there", false, false, true, 0 },
	{ "while one is under way: after it", false, true, true, 2 },
	{ "keep, while one is under way", false, true, false, 1 },
};

START_TEST(test_stop)
{
	const struct end *s = &ends[_i];

	record.remove_on_stop = s->remove;
	if (s->published)
		published();
	if (s->updating)
		updating();
	entry_stop(e);
	fake_ev_turn();
	if (s->updating && s->remove) {
		ck_assert_uint_eq(hand.n_jobs, 1);
		ck_assert(entry_is_removing(e));
		hand_reply(NOTIFY_DONE);
	}
	ck_assert_msg(hand.n_jobs == s->jobs, "%s: %zu", s->name, hand.n_jobs);
	ck_assert_int_eq(entry_is_removing(e), s->jobs == 2);
	/* Nothing else is begun any more. */
	gets(TWO);
	entry_event(e, RECORD_LOOK);
	hand_wait(7200000);
	ck_assert_uint_eq(hand.n_jobs, s->jobs);
	if (s->jobs < 2)
		return;
	ck_assert_int_eq(hand.jobs[1].value.family, 0);
	hand_reply(NOTIFY_DONE);
	ck_assert(!entry_is_removing(e));
	ck_assert(!entry_has_left(e));
}
END_TEST

/* A reload puts it beside a source that has spoken already. */
START_TEST(test_join)
{
	entry_join(e);
	ck_assert_int_eq(e->state, RECORD_WAITING);
	hand_address(hand.ipv4, ONE);
	entry_join(e);
	ck_assert_int_eq(e->state, RECORD_CONFIRMING);
	hand_confirm(hand.ipv4);
	entry_join(e);
	ck_assert_int_eq(e->state, RECORD_CHECKING);
	hand_servers(e, ONE);
	ck_assert_int_eq(e->state, RECORD_PUBLISHED);
	ck_assert_uint_eq(hand.n_jobs, 0);
}
END_TEST

/* All but the sending; and nothing is said to stand that does not. */
START_TEST(test_dry_run)
{
	hand.world.dry_run = true;
	updating();
	hand_reply(NOTIFY_DONE);
	ck_assert(e->unsent);
	ck_assert_int_eq(entry_shown_state(e), RECORD_UPDATING);
	ck_assert_uint_eq(e->published.n, 0);
	ck_assert_uint_eq(e->accepted.n, 0);
	ck_assert_int_eq(e->last_update_s, 0);
	ck_assert_int_eq(e->last_change_s, 0);
	ck_assert_uint_eq(account_counts(account)->sent, 0);
	/* Somebody else made it right. */
	hand_wait(3600000 * 11 / 10);
	hand_servers(e, ONE);
	ck_assert(!e->unsent);
	ck_assert_int_eq(entry_shown_state(e), RECORD_PUBLISHED);
	ck_assert_uint_eq(e->published.n, 1);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("entry");
	TCase *tc = tcase_create("entry");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_story);
	tcase_add_test(tc, test_newer_address);
	tcase_add_test(tc, test_lost_and_back);
	tcase_add_loop_test(tc, test_said, 0, SUITE_COUNT(saids));
	tcase_add_loop_test(tc, test_heals, 0, 3 * SUITE_COUNT(saids));
	tcase_add_loop_test(tc, test_another_address_ends_it, 0,
			    SUITE_COUNT(saids));
	tcase_add_test(tc, test_refusal_over_a_restart);
	tcase_add_test(tc, test_refused_for_settings_of_before);
	tcase_add_test(tc, test_servers_that_are_silent);
	tcase_add_test(tc, test_ask_anew);
	tcase_add_test(tc, test_healed_meanwhile);
	tcase_add_test(tc, test_removed_on_loss);
	tcase_add_test(tc, test_back_within_the_hold);
	tcase_add_loop_test(tc, test_stop, 0, SUITE_COUNT(ends));
	tcase_add_test(tc, test_join);
	tcase_add_test(tc, test_dry_run);
	suite_add_tcase(s, tc);
	return s;
}
