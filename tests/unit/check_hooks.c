#include "config.h"

#include <check.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ev.h>

#include "base/clock.h"
#include "base/log.h"
#include "hooks/hooks.h"
#include "tests/support/suite.h"

/*
 * Real programs, written by each test into a directory of its own. The log
 * goes to a file that the test reads; nobody sleeps: the loop runs until
 * the hooks are idle, or a deadline says that something hangs.
 */
#define DEADLINE_S 120. /* a thousand processes, on any machine */

static char top[64], dir[96], out[96], log_file[96];
static struct ev_loop *loop;
static struct hooks *hooks;
static bool late;

static void setup(void)
{
	int fd;

	(void)umask(022);
	strcpy(top, "/tmp/check_hooks.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(top));
	(void)snprintf(dir, sizeof(dir), "%s/hooks.d", top);
	(void)snprintf(out, sizeof(out), "%s/out", top);
	(void)snprintf(log_file, sizeof(log_file), "%s/log", top);
	ck_assert_int_eq(mkdir(dir, 0755), 0);
	fd = open(log_file, O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_ge(dup2(fd, STDERR_FILENO), 0);
	(void)close(fd);
	log_start("check_hooks", LOG_LEVEL_DEBUG, LOG_FORMAT_TEXT,
		  LOG_SINK_STDERR);
	loop = ev_default_loop(0);
	ck_assert_ptr_nonnull(loop);
}

static void teardown(void)
{
	char command[128];

	hooks_free(hooks);
	hooks = NULL;
	(void)snprintf(command, sizeof(command), "rm -rf %s", top);
	ck_assert_int_eq(system(command), 0);
}

/* OUT in the text stands for the test's output file. */
static void write_hook(const char *name, const char *text)
{
	char path[160];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	(void)fprintf(f, "#!/bin/sh\nOUT=%s\n%s\n", out, text);
	(void)fclose(f);
	ck_assert_int_eq(chmod(path, 0755), 0);
}

static void start(uint64_t timeout_ms, unsigned int parallel)
{
	struct hooks_options o = { .directory = dir, .timeout_ms = timeout_ms,
				   .parallel = parallel };

	ck_assert_int_eq(hooks_new(loop, &o, &hooks), 0);
}

static void post(const char *event, const char *record)
{
	struct hook_event e = { .event = event, .record = record,
				.retry_in_s = -1, .latency_ms = -1 };

	hooks_post(hooks, &e);
}

static void on_deadline(struct ev_loop *l, ev_timer *w, int revents)
{
	(void)w;
	(void)revents;
	late = true;
	ev_break(l, EVBREAK_ALL);
}

static void on_idle(void *user)
{
	(void)user;
	ev_break(loop, EVBREAK_ALL);
}

/* Returns how long it took. */
static double run_until_idle(void)
{
	double from = (double)clock_mono_ns() / 1e9;
	ev_timer deadline;

	ev_now_update(loop);
	ev_timer_init(&deadline, on_deadline, DEADLINE_S, 0.);
	ev_timer_start(loop, &deadline);
	hooks_on_idle(hooks, on_idle, NULL);
	ev_run(loop, 0);
	ev_timer_stop(loop, &deadline);
	ck_assert_msg(!late, "hooks hang");
	ck_assert_uint_eq(hooks_pending(hooks), 0);
	return (double)clock_mono_ns() / 1e9 - from;
}

static const char *content(const char *path)
{
	static char text[1 << 18];
	FILE *f = fopen(path, "r");
	size_t n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;

	if (f)
		(void)fclose(f);
	text[n] = '\0';
	return text;
}

static size_t count(const char *text, const char *word)
{
	size_t n = 0;

	for (; (text = strstr(text, word)) != NULL; text += strlen(word))
		n++;
	return n;
}

static void assert_log(const char *want)
{
	const char *text = content(log_file);

	ck_assert_msg(strstr(text, want) != NULL, "no \"%s\" in:\n%s", want,
		      text);
}

START_TEST(test_a_hook_sees_its_event)
{
	struct hook_event e = {
		.event = "published", .record = "home.example.org",
		.family = "ipv4", .address = "5.6.7.9",
		.old_address = "5.6.7.5", .retry_in_s = -1, .latency_ms = 3,
	};
	const char *text;

	ck_assert_int_eq(setenv("SECRET", "of the daemon", 1), 0);
	write_hook("10-show", "{ echo \"args $# $1\"; cat; env; } >$OUT");
	start(10000, 1);
	hooks_post(hooks, &e);
	(void)run_until_idle();
	text = content(out);
	ck_assert_ptr_nonnull(strstr(text, "args 1 published\n"));
	ck_assert_ptr_nonnull(strstr(
		text, "{\"event\":\"published\",\"record\":\"home.example.org\","
		      "\"family\":\"ipv4\",\"address\":\"5.6.7.9\","
		      "\"old_address\":\"5.6.7.5\",\"latency_ms\":3}\n"));
	ck_assert_ptr_nonnull(strstr(text, "\nEVDDNS_ADDRESS=5.6.7.9\n"));
	ck_assert_ptr_nonnull(strstr(text, "PATH=/usr/local/sbin:"));
	ck_assert_ptr_null(strstr(text, "SECRET"));
	assert_log("hook home.example.org/ipv4: published: 1 hook done");
}
END_TEST

START_TEST(test_hooks_of_one_event_run_in_order)
{
	write_hook("30-c", "echo c >>$OUT");
	write_hook("10-a", "echo a >>$OUT");
	write_hook("20-b", "echo b >>$OUT; exit 3");
	start(10000, 4);
	post("start", NULL);
	(void)run_until_idle();
	ck_assert_str_eq(content(out), "a\nb\nc\n");
	assert_log("hook: 20-b start: failed with status 3");
	ck_assert_uint_eq(count(content(log_file), "failed with"), 1);
}
END_TEST

/* Two records, parallel: each one's events in order, and never at once. */
START_TEST(test_events_of_one_record_never_overlap)
{
	const char *text;
	char line[32];

	write_hook("10-mark",
		   "echo \"$EVDDNS_RECORD in\" >>$OUT; sleep 0.05\n"
		   /* The first ones wait for each other. */
		   "for i in $(seq 100); do\n"
		   "grep -q ^a $OUT && grep -q ^b $OUT && break\n"
		   "sleep 0.05; done\n"
		   "echo \"$EVDDNS_RECORD out\" >>$OUT");
	start(10000, 8);
	for (int i = 0; i < 4; i++) {
		post("updated", "a.example");
		post("updated", "b.example");
	}
	(void)run_until_idle();
	text = content(out);
	for (const char *r = "ab"; *r; r++) {
		bool inside = false;
		size_t n = 0;

		for (const char *p = text; *p; p = strchr(p, '\n') + 1) {
			if (*p != *r)
				continue;
			(void)sscanf(p, "%*s %31s", line);
			ck_assert_int_ne(strcmp(line, "in") == 0, inside);
			inside = !inside;
			n++;
		}
		ck_assert_uint_eq(n, 8);
	}
	/* Both were at work together: that is what parallel is for. */
	ck_assert(strstr(text, "a.example in\nb.example in\n") ||
		  strstr(text, "b.example in\na.example in\n"));
}
END_TEST

START_TEST(test_one_at_a_time)
{
	write_hook("10-mark", "echo in >>$OUT; sleep 0.05; echo out >>$OUT");
	start(10000, 1);
	post("updated", "a.example");
	post("updated", "b.example");
	post("start", NULL);
	(void)run_until_idle();
	ck_assert_str_eq(content(out), "in\nout\nin\nout\nin\nout\n");
}
END_TEST

START_TEST(test_no_directory_no_hooks)
{
	ck_assert_int_eq(rmdir(dir), 0);
	start(10000, 1);
	post("start", NULL);
	(void)run_until_idle();
	ck_assert_str_eq(content(log_file), "");
}
END_TEST

START_TEST(test_unsafe_is_not_run_and_told_once)
{
	char path[160];

	write_hook("10-open", "echo open >>$OUT");
	write_hook("20-good", "echo good >>$OUT");
	(void)snprintf(path, sizeof(path), "%s/10-open", dir);
	ck_assert_int_eq(chmod(path, 0757), 0);
	start(10000, 1);
	post("start", NULL);
	post("reload", NULL);
	(void)run_until_idle();
	ck_assert_str_eq(content(out), "good\ngood\n");
	ck_assert_uint_eq(count(content(log_file),
				"10-open is writable by everybody"), 1);

	/* Made good, then bad again: said again. */
	ck_assert_int_eq(chmod(path, 0755), 0);
	post("reload", NULL);
	(void)run_until_idle();
	ck_assert_int_eq(chmod(path, 0757), 0);
	post("reload", NULL);
	(void)run_until_idle();
	ck_assert_uint_eq(count(content(log_file),
				"10-open is writable by everybody"), 2);
	ck_assert_uint_eq(count(content(out), "open"), 1);
}
END_TEST

START_TEST(test_output_is_logged)
{
	write_hook("10-talk",
		   "echo one; echo two >&2\n"
		   "printf 'esc \\033[2J and tab\\there\\n'\n"
		   "head -c 5000 /dev/zero | tr '\\0' x; echo\n"
		   "printf 'no end of line'");
	start(10000, 1);
	post("start", NULL);
	(void)run_until_idle();
	assert_log("hook: 10-talk start: says: one\n");
	assert_log("hook: 10-talk start: says: two\n");
	assert_log("says: esc ?[2J and tab here\n");
	assert_log("xxx\xe2\x80\xa6\n");
	assert_log("says: no end of line\n");
	for (const char *p = content(log_file); *p; p = strchr(p, '\n') + 1)
		ck_assert_int_le(strchr(p, '\n') - p, 300);
}
END_TEST

START_TEST(test_much_output_is_cut_and_does_not_block)
{
	write_hook("10-much", "seq 1 20000; echo done >$OUT");
	start(10000, 1);
	post("start", NULL);
	(void)run_until_idle();
	ck_assert_str_eq(content(out), "done\n");
	ck_assert_uint_eq(count(content(log_file), "says:"), 100);
	assert_log("says: 100 (its last line shown)\n");
}
END_TEST

/* More than a pipe holds would wait for a reader; nobody reads. */
START_TEST(test_input_that_nobody_reads)
{
	char error[400];
	struct hook_event e = { .event = "failed", .error = error,
				.retry_in_s = -1, .latency_ms = -1 };

	memset(error, 'e', sizeof(error) - 1);
	error[sizeof(error) - 1] = '\0';
	write_hook("10-deaf", "exec <&-; exit 0");
	start(10000, 2);
	for (int i = 0; i < 20; i++)
		hooks_post(hooks, &e);
	(void)run_until_idle();
	ck_assert_ptr_null(strstr(content(log_file), "died"));
}
END_TEST

START_TEST(test_time_limit_asks_first)
{
	double took;

	write_hook("10-slow",
		   "trap 'echo asked >>$OUT; exit 0' TERM\n"
		   "while :; do sleep 0.05; done");
	start(300, 1);
	post("start", NULL);
	took = run_until_idle();
	ck_assert_str_eq(content(out), "asked\n");
	assert_log("10-slow start: took longer than 300ms and was ended");
	ck_assert_msg(took >= 0.3 && took < 2., "%f s", took);
}
END_TEST

/* The group goes with it: sleep is the shell's child, not ours. */
START_TEST(test_time_limit_kills_the_group)
{
	double took;

	write_hook("10-deaf",
		   "trap '' TERM\n"
		   "sh -c 'trap \"\" TERM; echo $$ >$0; sleep 600' $OUT &\n"
		   "while :; do sleep 0.05; done");
	start(200, 1);
	post("start", NULL);
	took = run_until_idle();
	assert_log("10-deaf start: took longer than 200ms and was ended");
	ck_assert_msg(took >= 2.2 && took < 4., "%f s", took);
	/* A zombie until init gets to it, but dead. */
	for (int i = 0; i < 500; i++) {
		char path[64], state = '?';
		FILE *f;

		(void)snprintf(path, sizeof(path), "/proc/%d/stat",
			       atoi(content(out)));
		f = fopen(path, "r");
		if (!f)
			return;
		if (fscanf(f, "%*d %*s %c", &state) != 1)
			state = '?';
		(void)fclose(f);
		if (state == 'Z' || state == 'X')
			return;
		(void)usleep(10000);
	}
	ck_abort_msg("the hook's child lives");
}
END_TEST

START_TEST(test_what_holds_the_output_holds_nothing_up)
{
	double took;

	write_hook("10-daemon", "sleep 600 & echo $! >>$OUT; exit 0");
	start(10000, 1);
	post("start", NULL);
	post("stop", NULL);
	took = run_until_idle();
	ck_assert_uint_eq(count(content(out), "\n"), 2);
	ck_assert_msg(took < 4., "%f s", took);
	assert_log("left something running that held its output");
	ck_assert_ptr_null(strstr(content(log_file), "failed"));
}
END_TEST

/* ... not even one that left the group, which we cannot reach. */
START_TEST(test_what_left_the_group_holds_nothing_up)
{
	double took;

	write_hook("10-daemon", "setsid sleep 4 & exit 0");
	start(10000, 1);
	post("start", NULL);
	took = run_until_idle();
	ck_assert_msg(took < 3., "%f s", took);
}
END_TEST

START_TEST(test_closed_outputs)
{
	write_hook("10-quiet", "exec >&- 2>&-; sleep 0.1; exit 5");
	start(10000, 1);
	post("start", NULL);
	(void)run_until_idle();
	assert_log("10-quiet start: failed with status 5");
}
END_TEST

START_TEST(test_what_cannot_be_executed)
{
	char path[160];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/10-none", dir);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	(void)fputs("#!/no/such/interpreter\n", f);
	(void)fclose(f);
	ck_assert_int_eq(chmod(path, 0755), 0);
	write_hook("20-good", "echo good >>$OUT");
	start(10000, 1);
	post("start", NULL);
	(void)run_until_idle();
	assert_log("10-none start: could not be started: No such file");
	ck_assert_str_eq(content(out), "good\n");
}
END_TEST

/* Told when it begins and when it ends, by hook and event. */
START_TEST(test_a_failure_that_repeats)
{
	const char *text;

	write_hook("10-bad", "test -e $OUT || test $1 != updated");
	start(10000, 1);
	for (int i = 0; i < 5; i++) {
		post("updated", "home.example");
		post("published", "home.example");
		(void)run_until_idle();
	}
	log_set_level(LOG_LEVEL_INFO);
	post("updated", "home.example");
	(void)run_until_idle();
	text = content(log_file);
	/* Five were seen at debug, of which one at warning; no sixth. */
	ck_assert_uint_eq(count(text, "10-bad updated: failed with status 1"),
			  5);
	ck_assert_uint_eq(count(text, "works again"), 0);
	(void)close(open(out, O_CREAT | O_WRONLY, 0600));
	post("updated", "home.example");
	(void)run_until_idle();
	assert_log("10-bad updated: works again, after 6 failures");
	post("updated", "home.example");
	(void)run_until_idle();
	ck_assert_uint_eq(count(content(log_file), "works again"), 1);
}
END_TEST

START_TEST(test_too_many_events_drop_the_oldest)
{
	struct hooks_options few;
	char record[32];
	const char *text;

	write_hook("10-name", "echo \"$EVDDNS_RECORD\" >>$OUT");
	start(10000, 4);
	few = (struct hooks_options){ .directory = dir, .timeout_ms = 10000,
				      .parallel = 4, .waiting = 50 };
	ck_assert_int_eq(hooks_configure(hooks, &few), 0);
	for (int i = 0; i < 53; i++) {
		(void)snprintf(record, sizeof(record), "h%d.example", i);
		post("updated", record);
	}
	ck_assert_uint_eq(hooks_pending(hooks), 50);
	(void)run_until_idle();
	text = content(out);
	ck_assert_uint_eq(count(text, "\n"), 50);
	ck_assert_ptr_null(strstr(text, "h2.example"));
	ck_assert_ptr_nonnull(strstr(text, "h3.example"));
	assert_log("hooks: caught up; 3 events were dropped");
	ck_assert_uint_eq(count(content(log_file), "are waiting"), 1);
}
END_TEST

static void on_started(struct ev_loop *l, ev_timer *w, int revents)
{
	(void)w;
	(void)revents;
	if (count(content(out), "\n") >= 2)
		ev_break(l, EVBREAK_ALL);
}

static bool is_alive(int pid)
{
	char path[64], state = 'Z';
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	f = fopen(path, "r");
	if (!f)
		return false;
	if (fscanf(f, "%*d %*s %c", &state) != 1)
		state = 'Z';
	(void)fclose(f);
	return state != 'Z' && state != 'X';
}

START_TEST(test_free_kills_what_runs)
{
	ev_timer deadline, poll;
	int shell, child;
	uint64_t from;

	write_hook("10-long", "sleep 600 & echo $$ >>$OUT; echo $! >>$OUT\n"
			      "wait");
	start(0, 1);
	post("start", NULL);
	post("stop", NULL);
	ev_timer_init(&deadline, on_deadline, DEADLINE_S, 0.);
	ev_timer_start(loop, &deadline);
	ev_timer_init(&poll, on_started, 0.01, 0.01);
	ev_timer_start(loop, &poll);
	ev_run(loop, 0);
	ck_assert(!late);
	ev_timer_stop(loop, &poll);
	ev_timer_stop(loop, &deadline);
	ck_assert_int_eq(sscanf(content(out), "%d %d", &shell, &child), 2);
	ck_assert(is_alive(shell) && is_alive(child));
	hooks_free(hooks);
	hooks = NULL;
	assert_log("the end cut 1 of them short and left 1 events untold");
	from = clock_mono_ms();
	while (is_alive(shell) || is_alive(child)) {
		ck_assert_uint_lt(clock_mono_ms() - from, 5000);
		(void)usleep(1000);
	}
}
END_TEST

START_TEST(test_another_directory)
{
	struct hooks_options o = { .timeout_ms = 1000, .parallel = 1 };
	char other[160];

	write_hook("10-old", "echo old >>$OUT");
	start(10000, 1);
	post("start", NULL);
	(void)run_until_idle();
	(void)snprintf(other, sizeof(other), "%s/other", top);
	ck_assert_int_eq(rename(dir, other), 0);
	o.directory = other;
	post("reload", NULL);
	ck_assert_int_eq(hooks_configure(hooks, &o), 0);
	(void)run_until_idle();
	ck_assert_str_eq(content(out), "old\nold\n");
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("hooks");
	TCase *tc = tcase_create("processes");

	tcase_set_timeout(tc, 300);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_a_hook_sees_its_event);
	tcase_add_test(tc, test_hooks_of_one_event_run_in_order);
	tcase_add_test(tc, test_events_of_one_record_never_overlap);
	tcase_add_test(tc, test_one_at_a_time);
	tcase_add_test(tc, test_no_directory_no_hooks);
	tcase_add_test(tc, test_unsafe_is_not_run_and_told_once);
	tcase_add_test(tc, test_output_is_logged);
	tcase_add_test(tc, test_much_output_is_cut_and_does_not_block);
	tcase_add_test(tc, test_input_that_nobody_reads);
	tcase_add_test(tc, test_time_limit_asks_first);
	tcase_add_test(tc, test_time_limit_kills_the_group);
	tcase_add_test(tc, test_what_holds_the_output_holds_nothing_up);
	tcase_add_test(tc, test_what_left_the_group_holds_nothing_up);
	tcase_add_test(tc, test_closed_outputs);
	tcase_add_test(tc, test_what_cannot_be_executed);
	tcase_add_test(tc, test_a_failure_that_repeats);
	tcase_add_test(tc, test_too_many_events_drop_the_oldest);
	tcase_add_test(tc, test_free_kills_what_runs);
	tcase_add_test(tc, test_another_directory);
	suite_add_tcase(s, tc);
	return s;
}
