#include "config.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ev.h>

#include "base/crc32.h"
#include "base/log.h"
#include "daemon/state/state.h"
#include "daemon/state/state_file.h"
#include "tests/support/suite.h"

static char dir[64], path[96], bad[96];
static struct ev_loop *loop;

static void setup_dir(void)
{
	(void)snprintf(dir, sizeof(dir), "/tmp/check_state.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/state.json", dir);
	(void)snprintf(bad, sizeof(bad), "%s/state.json.bad", dir);
	loop = ev_loop_new(0);
	log_start("check_state", LOG_LEVEL_ERROR, LOG_FORMAT_TEXT,
		  LOG_SINK_STDERR);
}

static void teardown_dir(void)
{
	(void)unlink(path);
	(void)unlink(bad);
	(void)rmdir(dir);
	ev_loop_destroy(loop);
}

static void accept_one(struct state *s, const char *name, const char *text)
{
	struct addr_set set = { 0 };
	struct addr a;

	ck_assert_int_eq(addr_parse(text, &a), 0);
	ck_assert_int_eq(addr_set_assign(&set, &a, 1), 0);
	state_accepted(s, name, AF_INET, "ns", &set, 1000);
	addr_set_clear(&set);
}

static struct state *reopen(struct state *s)
{
	state_close(s);
	ck_assert_int_eq(state_open(loop, dir, false, &s), 0);
	return s;
}

static bool marked(const struct state *s, enum state_mark mark)
{
	return state_marked(s, "home.example", AF_INET, "ns", mark);
}

START_TEST(test_marks_are_there_until_another_set_is_accepted)
{
	struct state *s = reopen(NULL);

	state_set_mark(s, "home.example", AF_INET, "ns", STATE_RESENT, true);
	ck_assert(!marked(s, STATE_RESENT));
	accept_one(s, "home.example", "192.0.2.1");
	ck_assert(!marked(s, STATE_RESENT));
	state_set_mark(s, "home.example", AF_INET, "ns", STATE_RESENT, true);
	state_set_mark(s, "home.example", AF_INET, "ns", STATE_DIFFERS, true);
	s = reopen(s);
	ck_assert(marked(s, STATE_RESENT) && marked(s, STATE_DIFFERS));
	ck_assert(!state_marked(s, "home.example", AF_INET6, "ns",
				STATE_DIFFERS));
	state_set_mark(s, "home.example", AF_INET, "ns", STATE_DIFFERS, false);
	s = reopen(s);
	ck_assert(marked(s, STATE_RESENT) && !marked(s, STATE_DIFFERS));
	accept_one(s, "home.example", "192.0.2.2");
	ck_assert(!marked(s, STATE_RESENT));
	state_close(s);
}
END_TEST

START_TEST(test_what_was_accepted_is_there_after_a_restart)
{
	struct addr_set found = { 0 };
	struct state *s = reopen(NULL);
	char text[ADDR_STRLEN];

	accept_one(s, "home.example", "192.0.2.1");
	accept_one(s, "home.example", "192.0.2.7");
	accept_one(s, "other.example", "192.0.2.9");
	s = reopen(s);
	ck_assert_int_eq(state_find(s, "home.example", AF_INET, "ns", &found),
			 1000);
	ck_assert_uint_eq(found.n, 1);
	ck_assert_str_eq(addr_print(&found.items[0], text), "192.0.2.7");
	/* Another family or provider is another life. */
	ck_assert_int_eq(state_find(s, "home.example", AF_INET6, "ns", &found),
			 0);
	ck_assert_int_eq(state_find(s, "home.example", AF_INET, "cf", &found),
			 0);
	addr_set_clear(&found);
	state_close(s);
}
END_TEST

START_TEST(test_limits_are_there_after_a_restart)
{
	static const int64_t full_ms[NOTIFY_LIMITS_MAX] = { 0, 1700000000123 };
	struct state *s = reopen(NULL);
	const struct state_account *a;

	state_limits_set(s, "a \"b\"", full_ms);
	state_account_set(s, "a \"b\"", 7, 8);
	s = reopen(s);
	a = state_account(s, "a \"b\"");
	ck_assert_ptr_nonnull(a);
	ck_assert_int_eq(memcmp(a->limit_ms, full_ms, sizeof(full_ms)), 0);
	ck_assert_int_eq(a->bucket_ms, 7);
	ck_assert_int_eq(a->rest_ms, 8);
	state_close(s);
}
END_TEST

START_TEST(test_what_is_postponed_is_so_after_a_restart)
{
	struct state_refusal r = { .at_s = 5, .settings = 7, .tries = 3,
				   .until_s = 1700000000, .text = NULL };
	struct state *s = reopen(NULL);
	const struct state_refusal *got;

	state_refused(s, "home.example", AF_INET, "ns", &r);
	s = reopen(s);
	got = state_refusal(s, "home.example", AF_INET, "ns");
	ck_assert_ptr_nonnull(got);
	ck_assert_uint_eq(got->tries, 3);
	ck_assert_int_eq(got->until_s, 1700000000);
	accept_one(s, "home.example", "192.0.2.1");
	s = reopen(s);
	ck_assert_ptr_null(state_refusal(s, "home.example", AF_INET, "ns"));
	state_close(s);
}
END_TEST

START_TEST(test_the_file_is_for_us_alone)
{
	struct state *s = reopen(NULL);
	struct stat st;

	accept_one(s, "home.example", "192.0.2.1");
	state_close(s);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0600);
}
END_TEST

/* Each damage is put aside, and said; nothing is believed. */
static const char *const damages[] = {
	"", "x", "evddns-state 1 ", "evddns-state 1 00000000\n{}",
	"evddns-state 2 00000000\n{\"records\":{}}",
	"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
};

START_TEST(test_a_damaged_file_is_put_aside)
{
	struct addr_set found = { 0 };
	struct state *s = NULL;
	int fd = open(path, O_WRONLY | O_CREAT, 0600);

	ck_assert_int_ge(fd, 0);
	(void)!write(fd, damages[_i], strlen(damages[_i]));
	(void)close(fd);
	s = reopen(s);
	ck_assert_int_eq(state_find(s, "home.example", AF_INET, "ns", &found),
			 0);
	ck_assert_int_eq(access(bad, F_OK), 0);
	state_close(s);
}
END_TEST

START_TEST(test_a_flipped_bit_is_seen)
{
	struct buf text = BUF_INIT(1 << 16);
	struct state_book book = { 0 }, back = { 0 };
	const char *why = NULL;

	state_book_note(&book, "a ipv4 b")->at_s = 5;
	state_book_account(&book, "b")->rest_ms = 7;
	state_file_print(&book, &text);
	ck_assert(!text.failed);
	ck_assert_int_eq(state_file_parse(text.data, text.len, &back, &why),
			 0);
	ck_assert_int_eq(state_book_find(&back, "a ipv4 b")->at_s, 5);
	ck_assert_int_eq(state_book_account(&back, "b")->rest_ms, 7);
	state_book_done(&back);
	for (size_t i = 0; i < text.len; i++) {
		text.data[i] ^= 1;
		ck_assert_msg(state_file_parse(text.data, text.len, &back,
					       &why) == -EBADMSG,
			      "byte %zu", i);
		text.data[i] ^= 1;
	}
	buf_done(&text);
	state_book_done(&book);
}
END_TEST

static void refuse(struct state *s, const char *words)
{
	struct addr a;
	struct state_refusal r = { .at_s = 77, .settings = 0xfedc,
				   .clock = true, .boot_s = -7,
				   .text = (char *)(uintptr_t)words };

	ck_assert_int_eq(addr_parse("192.0.2.1", &a), 0);
	ck_assert_int_eq(addr_set_assign(&r.wanted, &a, 1), 0);
	state_refused(s, "home.example", AF_INET, "ns", &r);
	addr_set_clear(&r.wanted);
}

START_TEST(test_a_refusal_is_on_disk_at_once)
{
	struct state *s = reopen(NULL), *other = NULL;
	const struct state_refusal *r;

	refuse(s, "bad \"key\"\n");
	/* Killed now, so to speak. */
	ck_assert_int_eq(state_open(loop, dir, false, &other), 0);
	r = state_refusal(other, "home.example", AF_INET, "ns");
	ck_assert_ptr_nonnull(r);
	ck_assert_int_eq(r->at_s, 77);
	ck_assert_uint_eq(r->settings, 0xfedc);
	/* It can be before 1970. */
	ck_assert(r->clock && r->boot_s == -7);
	ck_assert_uint_eq(r->wanted.n, 1);
	ck_assert_str_eq(r->text, "bad \"key\"\n");
	ck_assert_ptr_null(state_refusal(other, "home.example", AF_INET6,
					 "ns"));
	state_close(other);
	state_close(s);
}
END_TEST

START_TEST(test_a_refusal_ends)
{
	struct state *s = reopen(NULL);

	refuse(s, NULL);
	state_refused(s, "home.example", AF_INET, "ns", NULL);
	ck_assert_ptr_null(state_refusal(s, "home.example", AF_INET, "ns"));
	refuse(s, NULL);
	/* What is accepted is refused no more. */
	accept_one(s, "home.example", "192.0.2.1");
	s = reopen(s);
	ck_assert_ptr_null(state_refusal(s, "home.example", AF_INET, "ns"));
	state_close(s);
}
END_TEST

START_TEST(test_times_of_accounts_outlive_it)
{
	struct state *s = reopen(NULL);

	ck_assert_int_eq(state_account(s, "cf")->rest_ms, 0);
	state_account_set(s, "cf", 5000, 7000);
	s = reopen(s);
	ck_assert_int_eq(state_account(s, "cf")->bucket_ms, 5000);
	ck_assert_int_eq(state_account(s, "cf")->rest_ms, 7000);
	state_close(s);
}
END_TEST

START_TEST(test_ten_thousand_names)
{
	struct state *s = reopen(NULL);
	struct addr_set found = { 0 };
	char name[32];

	for (int i = 0; i < 10000; i++) {
		(void)snprintf(name, sizeof(name), "n%d.example", i);
		accept_one(s, name, "192.0.2.7");
	}
	s = reopen(s);
	for (int i = 0; i < 10000; i += 7) {
		(void)snprintf(name, sizeof(name), "n%d.example", i);
		ck_assert_int_eq(state_find(s, name, AF_INET, "ns", &found),
				 1000);
	}
	addr_set_clear(&found);
	state_close(s);
}
END_TEST

#define DAY (86400LL)

static struct state_note *note_of(struct state_book *b, const char *key)
{
	struct state_note *n = state_book_note(b, key);

	ck_assert_ptr_nonnull(n);
	n->at_s = 5;
	return n;
}

/* Each row: on which day it is swept, whether it is configured, and then. */
static const struct {
	const char *name;
	struct {
		unsigned int day;
		bool claimed, there;
	} sweeps[5];
} lives[] = {
	{ "what is configured stays for ever",
	  { { 1000, true, true }, { 2000, true, true }, { 9000, true, true } } },
	{ "what is gone stays 30 days",
	  { { 1000, true, true }, { 1100, false, true }, { 1129, false, true },
	    { 1130, false, false } } },
	{ "what comes back begins anew",
	  { { 1100, false, true }, { 1129, true, true }, { 1200, false, true },
	    { 1229, false, true }, { 1230, false, false } } },
	{ "a clock that was never set says nothing",
	  { { 0, false, true }, { 0, false, true }, { 20000, false, true },
	    { 20029, false, true }, { 20030, false, false } } },
	{ "a clock that went back makes it stay longer",
	  { { 1000, false, true }, { 500, false, true }, { 529, false, true },
	    { 530, false, false } } },
};

START_TEST(test_what_is_not_configured_is_forgotten)
{
	struct state_book b = { 0 };

	(void)note_of(&b, "a ipv4 ns");
	for (int i = 0; i < 5 && lives[_i].sweeps[i].day +
				       lives[_i].sweeps[i].there > 0; i++) {
		struct state_note *n = state_book_find(&b, "a ipv4 ns");

		ck_assert_msg(n, "%s: sweep %d", lives[_i].name, i);
		n->claimed = lives[_i].sweeps[i].claimed;
		(void)state_book_sweep(&b, lives[_i].sweeps[i].day * DAY + 7,
				       30);
		ck_assert_msg((state_book_find(&b, "a ipv4 ns") != NULL) ==
				      lives[_i].sweeps[i].there,
			      "%s: sweep %d", lives[_i].name, i);
	}
	state_book_done(&b);
}
END_TEST

START_TEST(test_times_long_past_are_forgotten)
{
	struct state_book b = { 0 };

	state_book_account(&b, "old")->rest_ms = 900 * DAY * 1000;
	state_book_account(&b, "new")->bucket_ms = 990 * DAY * 1000;
	state_book_rest(&b, "stun:old")->failures = 3;
	state_book_rest(&b, "stun:old")->until_s = 900 * DAY;
	state_book_rest(&b, "stun:new")->failures = 3;
	state_book_rest(&b, "stun:new")->until_s = 990 * DAY;
	ck_assert(state_book_sweep(&b, 1000 * DAY, 30));
	ck_assert_str_eq(b.accounts->name, "new");
	ck_assert_ptr_null(b.accounts->next);
	ck_assert_str_eq(b.rests->key, "stun:new");
	ck_assert_ptr_null(b.rests->next);
	ck_assert(!state_book_sweep(&b, 1000 * DAY, 30));
	state_book_done(&b);
}
END_TEST

START_TEST(test_how_long_it_is_gone_outlives_a_restart)
{
	struct state *s = reopen(NULL);
	struct addr_set found = { 0 };
	struct buf text = BUF_INIT(1 << 16);
	struct state_book b = { 0 }, back = { 0 };
	const char *why = NULL;

	/* Of two, one is configured. */
	accept_one(s, "home.example", "192.0.2.1");
	accept_one(s, "gone.example", "192.0.2.2");
	state_claim(s, "home.example", AF_INET, "ns");
	state_sweep(s);
	s = reopen(s);
	ck_assert_int_eq(state_find(s, "gone.example", AF_INET, "ns", &found),
			 1000);
	addr_set_clear(&found);
	state_close(s);

	note_of(&b, "a ipv4 ns")->gone_day = 1234;
	(void)note_of(&b, "b ipv4 ns");
	state_file_print(&b, &text);
	ck_assert_int_eq(state_file_parse(text.data, text.len, &back, &why),
			 0);
	ck_assert_uint_eq(state_book_find(&back, "a ipv4 ns")->gone_day, 1234);
	ck_assert_uint_eq(state_book_find(&back, "b ipv4 ns")->gone_day, 0);
	state_book_forget_gone(&back);
	ck_assert_ptr_null(state_book_find(&back, "a ipv4 ns"));
	ck_assert_ptr_nonnull(state_book_find(&back, "b ipv4 ns"));
	ck_assert_uint_eq(back.n_notes, 1);
	buf_done(&text);
	state_book_done(&back);
	state_book_done(&b);
}
END_TEST

/* Every bit of a small file, and every length of it. */
START_TEST(test_no_damage_is_believed)
{
	struct buf text = BUF_INIT(1 << 16);
	struct state_book book = { 0 }, back = { 0 };
	const char *why = NULL;

	(void)note_of(&book, "home.example ipv4 ns");
	state_book_account(&book, "ns")->rest_ms = 7;
	state_file_print(&book, &text);
	for (size_t i = 0; i < text.len; i++) {
		ck_assert_int_eq(state_file_parse(text.data, i, &back, &why),
				 -EBADMSG);
		for (int bit = 0; bit < 8; bit++) {
			text.data[i] ^= (char)(1 << bit);
			ck_assert_msg(state_file_parse(text.data, text.len,
						       &back, &why) ==
					      -EBADMSG,
				      "byte %zu, bit %d", i, bit);
			text.data[i] ^= (char)(1 << bit);
		}
	}
	ck_assert_uint_eq(back.n_notes, 0);
	buf_done(&text);
	state_book_done(&book);
	state_book_done(&back);
}
END_TEST

START_TEST(test_crc32_is_the_usual_one)
{
	ck_assert_uint_eq(crc32_of("123456789", 9), 0xcbf43926U);
}
END_TEST

START_TEST(test_a_directory_that_cannot_be_made_is_no_failure)
{
	struct addr_set found = { 0 };
	struct state *s;

	ck_assert_int_eq(state_open(loop, "/proc/no/such", false, &s), 0);
	accept_one(s, "home.example", "192.0.2.1");
	ck_assert_int_eq(state_find(s, "home.example", AF_INET, "ns", &found),
			 1000);
	addr_set_clear(&found);
	state_close(s);
}
END_TEST

/* ---- whose the directory is ---- */

static int64_t found_at(const struct state *s, const char *name)
{
	struct addr_set found = { 0 };
	int64_t at_s = state_find(s, name, AF_INET, "ns", &found);

	addr_set_clear(&found);
	return at_s;
}

START_TEST(test_a_directory_is_one_daemons)
{
	struct state *s = reopen(NULL), *other = NULL;

	accept_one(s, "first.example", "192.0.2.1");
	s = reopen(s);
	/* The second reads, and does not write. */
	ck_assert_int_eq(state_open(loop, dir, false, &other), 0);
	ck_assert_int_eq(found_at(other, "first.example"), 1000);
	accept_one(other, "second.example", "192.0.2.2");
	state_close(other);
	s = reopen(s);
	ck_assert_int_eq(found_at(s, "first.example"), 1000);
	ck_assert_int_eq(found_at(s, "second.example"), 0);
	/* Until the first has ended. */
	ck_assert_int_eq(state_open(loop, dir, false, &other), 0);
	accept_one(other, "third.example", "192.0.2.3");
	state_close(s);
	other = reopen(other);
	ck_assert_int_eq(found_at(other, "first.example"), 1000);
	ck_assert_int_eq(found_at(other, "third.example"), 1000);
	state_close(other);
}
END_TEST

START_TEST(test_who_only_reads_changes_nothing)
{
	char none[80];
	struct state *s = reopen(NULL);
	int fd;

	accept_one(s, "home.example", "192.0.2.1");
	state_close(s);
	ck_assert_int_eq(state_open(loop, dir, true, &s), 0);
	ck_assert_int_eq(found_at(s, "home.example"), 1000);
	accept_one(s, "home.example", "192.0.2.2");
	accept_one(s, "other.example", "192.0.2.2");
	state_close(s);
	s = reopen(NULL);
	ck_assert_int_eq(found_at(s, "other.example"), 0);
	state_close(s);
	/* Nor is anything made, or put aside. */
	(void)snprintf(none, sizeof(none), "%s/none", dir);
	ck_assert_int_eq(state_open(loop, none, true, &s), 0);
	state_close(s);
	ck_assert_int_lt(access(none, F_OK), 0);
	fd = open(path, O_WRONLY | O_TRUNC);
	ck_assert_int_eq(write(fd, "nonsense", 8), 8);
	(void)close(fd);
	ck_assert_int_eq(state_open(loop, dir, true, &s), 0);
	state_close(s);
	ck_assert_int_lt(access(bad, F_OK), 0);
}
END_TEST

START_TEST(test_a_directory_that_was_deleted_is_made_again)
{
	struct state *s = reopen(NULL), *other = NULL;

	accept_one(s, "home.example", "192.0.2.1");
	s = reopen(s);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(rmdir(dir), 0);
	refuse(s, "no");
	ck_assert_int_eq(access(path, F_OK), 0);
	/* ... and is ours as before. */
	ck_assert_int_eq(state_open(loop, dir, false, &other), 0);
	accept_one(other, "other.example", "192.0.2.2");
	state_close(other);
	s = reopen(s);
	ck_assert_int_eq(found_at(s, "other.example"), 0);
	ck_assert_ptr_nonnull(state_refusal(s, "home.example", AF_INET,
					    "ns"));
	state_close(s);
}
END_TEST

/* ---- too much ---- */

START_TEST(test_a_file_past_its_cap_is_put_aside)
{
	struct state *s = NULL;
	int fd = open(path, O_WRONLY | O_CREAT, 0600);

	ck_assert_int_eq(ftruncate(fd, STATE_FILE_MAX + 1), 0);
	(void)close(fd);
	s = reopen(s);
	ck_assert_int_eq(access(bad, F_OK), 0);
	state_close(s);
}
END_TEST

static void refuse_at_length(struct state *s, const char *name)
{
	size_t len = STATE_FILE_MAX / 3 + 1000;
	struct state_refusal r = { .at_s = 77, .text = malloc(len + 1) };

	ck_assert_ptr_nonnull(r.text);
	memset(r.text, 'x', len);
	r.text[len] = '\0';
	state_refused(s, name, AF_INET, "ns", &r);
	free(r.text);
}

/* What nobody asks for any more goes first; else the old file stands. */
START_TEST(test_more_than_a_file_may_hold)
{
	struct state *s = reopen(NULL);

	refuse_at_length(s, "gone.example");
	state_sweep(s);
	refuse_at_length(s, "a.example");
	refuse_at_length(s, "b.example");
	ck_assert_ptr_null(state_refusal(s, "gone.example", AF_INET, "ns"));
	refuse_at_length(s, "c.example");
	ck_assert_ptr_nonnull(state_refusal(s, "c.example", AF_INET, "ns"));
	s = reopen(s);
	ck_assert_ptr_nonnull(state_refusal(s, "b.example", AF_INET, "ns"));
	ck_assert_ptr_null(state_refusal(s, "c.example", AF_INET, "ns"));
	ck_assert_int_lt(access(bad, F_OK), 0);
	state_close(s);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("state");
	TCase *tc = tcase_create("file");

	tcase_add_checked_fixture(tc, setup_dir, teardown_dir);
	tcase_add_test(tc,
		       test_marks_are_there_until_another_set_is_accepted);
	tcase_add_test(tc, test_what_was_accepted_is_there_after_a_restart);
	tcase_add_test(tc, test_limits_are_there_after_a_restart);
	tcase_add_test(tc, test_what_is_postponed_is_so_after_a_restart);
	tcase_add_test(tc, test_the_file_is_for_us_alone);
	tcase_add_loop_test(tc, test_a_damaged_file_is_put_aside, 0,
			    SUITE_COUNT(damages));
	tcase_add_test(tc, test_a_flipped_bit_is_seen);
	tcase_add_test(tc, test_a_refusal_is_on_disk_at_once);
	tcase_add_test(tc, test_a_refusal_ends);
	tcase_add_test(tc, test_times_of_accounts_outlive_it);
	tcase_add_test(tc, test_ten_thousand_names);
	tcase_add_test(tc, test_crc32_is_the_usual_one);
	tcase_add_test(tc, test_a_directory_is_one_daemons);
	tcase_add_test(tc, test_who_only_reads_changes_nothing);
	tcase_add_test(tc, test_a_directory_that_was_deleted_is_made_again);
	tcase_add_test(tc, test_a_file_past_its_cap_is_put_aside);
	tcase_add_test(tc, test_more_than_a_file_may_hold);
	tcase_add_loop_test(tc, test_what_is_not_configured_is_forgotten, 0,
			    SUITE_COUNT(lives));
	tcase_add_test(tc, test_times_long_past_are_forgotten);
	tcase_add_test(tc, test_how_long_it_is_gone_outlives_a_restart);
	tcase_add_test(tc, test_no_damage_is_believed);
	tcase_add_test(tc,
		       test_a_directory_that_cannot_be_made_is_no_failure);
	suite_add_tcase(s, tc);
	return s;
}
