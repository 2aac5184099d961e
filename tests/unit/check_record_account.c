/*
 * daemon/record/account: what goes out together, and how often. (check_account
 * is about notify/core/account.)
 */
#include "config.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>

#include "daemon/record/account.h"
#include "daemon/record/entry.h"
#include "tests/support/fake_ev.h"
#include "tests/support/hand_world.h"
#include "tests/support/suite.h"

#define N 4
#define V4 "5.6.7.1"
#define V6 "2a0a:600::1"

static char names[N][16];
static struct config_record records[N];
static struct account *account;
static struct entry *e[N], *e6;

static void setup(void)
{
	hand_begin();
	for (int i = 0; i < N; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "n%d.example", i);
		records[i] = (struct config_record){
			.name = names[i], .ipv4 = true, .ipv6 = true,
			.create = true, .recheck_ms = 3600000,
		};
	}
}

/* The account as it is set by now, with its entries. */
static void start(void)
{
	account = hand_account();
	for (int i = 0; i < N; i++)
		e[i] = hand_entry(account, &records[i], AF_INET);
	e6 = hand_entry(account, &records[0], AF_INET6);
}

static void stop(void)
{
	for (int i = 0; i < N; i++)
		entry_free(e[i]);
	entry_free(e6);
	account_free(account);
}

static void teardown(void)
{
	stop();
	hand_end();
}

/* It is confirmed and checked, and wants to be sent. No turn has ended yet. */
static void ready(struct entry *x)
{
	struct source *s = x == e6 ? hand.ipv6 : hand.ipv4;

	hand_address(s, x == e6 ? V6 : V4);
	hand_confirm(s);
	entry_source_event(x, SOURCE_CHANGED);
	entry_source_event(x, SOURCE_CONFIRMED);
}

static void absent(struct entry *x)
{
	hand_servers(x, "");
}

/* ---- together ---- */

START_TEST(test_both_families_in_one)
{
	start();
	ready(e[0]);
	ready(e6);
	absent(e[0]);
	/* The other one is being checked still: it is waited for a moment. */
	ck_assert_uint_eq(hand.n_jobs, 0);
	absent(e6);
	ck_assert_uint_eq(hand.n_jobs, 1);
	ck_assert(hand.jobs[0].ipv4 && hand.jobs[0].ipv6);
	ck_assert(!hand.jobs[0].more);
	/* One answer is both's. */
	hand_reply(NOTIFY_DONE);
	ck_assert_int_eq(e[0]->state, RECORD_PUBLISHED);
	ck_assert_int_eq(e6->state, RECORD_PUBLISHED);
	ck_assert_uint_eq(account_counts(account)->sent, 2);
}
END_TEST

/* Each but the last says that another follows. */
START_TEST(test_many_names_go_out_together)
{
	start();
	for (int i = 0; i < N; i++)
		ready(e[i]);
	for (int i = 0; i < N; i++) {
		ck_assert_uint_eq(hand.n_jobs, 0);
		absent(e[i]);
	}
	ck_assert_uint_eq(hand.n_jobs, N);
	for (int i = 0; i < N; i++) {
		ck_assert_str_eq(hand.jobs[i].name, names[i]);
		ck_assert_int_eq(hand.jobs[i].more, i < N - 1);
	}
}
END_TEST

/* One that is not answered is not waited for longer than a moment. */
START_TEST(test_a_wait_has_an_end)
{
	start();
	ready(e[0]);
	ready(e[1]);
	absent(e[0]);
	hand_wait(ACCOUNT_GATHER_MS - 1);
	ck_assert_uint_eq(hand.n_jobs, 0);
	hand_wait(2);
	ck_assert_uint_eq(hand.n_jobs, 1);
	ck_assert(!hand.jobs[0].more);
	absent(e[1]);
	ck_assert_uint_eq(hand.n_jobs, 2);
}
END_TEST

/* Nor is one that may take long, because nobody confirms it. */
START_TEST(test_the_unseen_are_no_company)
{
	start();
	ready(e[0]);
	hand_address(hand.ipv6, V6);
	entry_source_event(e6, SOURCE_CHANGED);
	entry_source_event(e6, SOURCE_UNSEEN);
	absent(e[0]);
	ck_assert_uint_eq(hand.n_jobs, 1);
}
END_TEST

/* ---- how often ---- */

/* Each that must wait gets a turn of its own, and keeps it. */
START_TEST(test_turns)
{
	hand.info.min_interval_s = 10;
	start();
	for (int i = 0; i < N; i++) {
		ready(e[i]);
		absent(e[i]);
	}
	ck_assert_uint_eq(hand.n_jobs, 1);
	hand_reply(NOTIFY_DONE);
	for (int i = 1; i < N; i++) {
		ck_assert_int_eq(e[i]->state, RECORD_BACKOFF);
		ck_assert_int_eq(e[i]->wait, ENTRY_WAIT_TURN);
		ck_assert_uint_eq(hand_due_in(e[i]), 10000ULL * (unsigned)i);
		ck_assert(!account_may_send(account, e[i]));
	}
	/* Whoever comes before his turn keeps it. */
	hand_wait(4000);
	entry_event(e[2], RECORD_LOOK);
	absent(e[2]);
	ck_assert_uint_eq(hand_due_in(e[2]), 16000);
	for (unsigned int i = 1; i < N; i++) {
		hand_wait(hand_due_in(e[i]));
		absent(e[i]);
		ck_assert_uint_eq(hand.n_jobs, i + 1);
		ck_assert_str_eq(hand.jobs[i].name, names[i]);
		hand_reply(NOTIFY_DONE);
	}
}
END_TEST

/* Where one request carries a zone, one turn is everybody's. */
START_TEST(test_a_batch_is_one_request)
{
	hand.info.min_interval_s = 10;
	hand.info.zone_batch = true;
	start();
	for (int i = 0; i < 2; i++)
		ready(e[i]);
	for (int i = 0; i < 2; i++)
		absent(e[i]);
	ck_assert_uint_eq(hand.n_jobs, 2);
	for (int i = 2; i < N; i++) {
		ready(e[i]);
		absent(e[i]);
		ck_assert_uint_eq(hand_due_in(e[i]), 10000);
	}
	hand_wait(10000);
	for (int i = 2; i < N; i++)
		absent(e[i]);
	ck_assert_uint_eq(hand.n_jobs, N);
}
END_TEST

/* What was counted and did not leave is given back. */
START_TEST(test_given_back)
{
	hand.info.min_interval_s = 10;
	start();
	ready(e[0]);
	ready(e[1]);
	absent(e[0]);
	ck_assert(!account_may_send(account, e[2]));
	/* Lost while it waited for company. */
	hand_address(hand.ipv4, NULL);
	entry_source_event(e[0], SOURCE_LOST);
	ck_assert_uint_eq(hand.n_jobs, 0);
	ck_assert(account_may_send(account, e[2]));
	entry_source_event(e[1], SOURCE_LOST);
	/* There was nobody to send it. */
	ready(e[2]);
	absent(e[2]);
	ck_assert_uint_eq(hand.n_jobs, 1);
	ck_assert(!account_may_send(account, e[3]));
	hand.reply = (struct notify_reply){ .no_process = true,
					    .again_ms = 500 };
	hand_reply(NOTIFY_RETRY);
	ck_assert(account_may_send(account, e[3]));
	ck_assert_uint_eq(hand_due_in(e[2]), 500);
	/* One that died with it may have sent it. */
	hand_wait(500);
	absent(e[2]);
	hand.reply.lost = true;
	hand_reply(NOTIFY_RETRY);
	ck_assert(!account_may_send(account, e[3]));
}
END_TEST

START_TEST(test_a_rest)
{
	uint64_t now_ms = fake_ev_now_ms();

	start();
	account_rest_until(account, now_ms + 50000);
	account_rest_until(account, now_ms + 20000);
	ck_assert_uint_eq(account_rest_ms(account), now_ms + 50000);
	ready(e[0]);
	absent(e[0]);
	ck_assert_uint_eq(hand.n_jobs, 0);
	ck_assert_uint_eq(hand_due_in(e[0]), 50000);
	/* Not for a look, nor for a new address, nor over a restart. */
	entry_event(e[0], RECORD_LOOK);
	absent(e[0]);
	stop();
	hand_restart();
	start();
	ready(e[0]);
	absent(e[0]);
	ck_assert_uint_eq(hand.n_jobs, 0);
	ck_assert_uint_ge(hand_due_in(e[0]), 48000);
	ck_assert_uint_le(hand_due_in(e[0]), 50000);
	hand_wait(hand_due_in(e[0]));
	absent(e[0]);
	ck_assert_uint_eq(hand.n_jobs, 1);
}
END_TEST

START_TEST(test_a_bucket_outlives_a_restart)
{
	hand.info.min_interval_s = 60;
	start();
	ready(e[0]);
	absent(e[0]);
	hand_reply(NOTIFY_DONE);
	hand_wait(20000);
	stop();
	hand_restart();
	start();
	ck_assert(!account_may_send(account, e[1]));
	hand_wait(37000);
	ck_assert(!account_may_send(account, e[1]));
	hand_wait(4000);
	ck_assert(account_may_send(account, e[1]));
}
END_TEST

/* ---- nobody takes it ---- */

START_TEST(test_a_job_that_nobody_takes)
{
	hand.submit_error = -ENOENT;
	start();
	for (int i = 0; i < N; i++)
		ready(e[i]);
	for (int i = 0; i < N; i++)
		absent(e[i]);
	for (int i = 0; i < N; i++) {
		ck_assert_int_eq(e[i]->state, RECORD_BACKOFF);
		ck_assert_int_eq(e[i]->wait, ENTRY_WAIT_PROCESS);
		ck_assert_ptr_null(e[i]->job);
	}
	hand.submit_error = 0;
	hand_wait(500);
	for (int i = 0; i < N; i++)
		absent(e[i]);
	ck_assert_uint_eq(hand.n_jobs, N);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("record_account");
	TCase *tc = tcase_create("account");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_both_families_in_one);
	tcase_add_test(tc, test_many_names_go_out_together);
	tcase_add_test(tc, test_a_wait_has_an_end);
	tcase_add_test(tc, test_the_unseen_are_no_company);
	tcase_add_test(tc, test_turns);
	tcase_add_test(tc, test_a_batch_is_one_request);
	tcase_add_test(tc, test_given_back);
	tcase_add_test(tc, test_a_rest);
	tcase_add_test(tc, test_a_bucket_outlives_a_restart);
	tcase_add_test(tc, test_a_job_that_nobody_takes);
	suite_add_tcase(s, tc);
	return s;
}
