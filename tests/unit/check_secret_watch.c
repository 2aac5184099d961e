#include "config.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <ev.h>

#include "base/file.h"
#include "daemon/setup/secret_watch.h"
#include "notify/notify.h"
#include "tests/support/suite.h"
#include "tests/support/wait.h"

static char dir[64], mine[128], other[128];
static struct ev_loop *loop;
static struct secret_watch watch;
static int told;

static void changed(void *user, const char *account, const char *path)
{
	(void)user;
	ck_assert_str_eq(account, "mine");
	ck_assert_str_eq(path, mine);
	told++;
}

static void run(const char *command)
{
	char text[512];

	(void)snprintf(text, sizeof(text), "cd %s && { %s; }", dir, command);
	ck_assert_msg(system(text) == 0, "%s", text);
}

static void setup_watch(void)
{
	(void)snprintf(dir, sizeof(dir), "/tmp/check_secret.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	(void)snprintf(mine, sizeof(mine), "%s/etc/mine", dir);
	(void)snprintf(other, sizeof(other), "%s/etc/other", dir);
	run("mkdir etc run; echo a >etc/other");
	loop = ev_loop_new(0);
	secret_watch_start(&watch, loop, changed, NULL);
	told = 0;
}

static void teardown_watch(void)
{
	secret_watch_stop(&watch);
	run("rm -rf etc run");
	(void)rmdir(dir);
	ev_loop_destroy(loop);
}

/* As the loader has just read them. */
static void use(void)
{
	struct notify_secret_file a = { .path = mine }, b = { .path = other };
	const struct notify_account as[] = {
		{ .name = "mine", .secret_files = &a, .n_secret_files = 1 },
		{ .name = "other", .secret_files = &b, .n_secret_files = 1 },
		{ .name = "none" },
	};

	ck_assert_int_eq(file_stamp(mine, &a.stamp), 0);
	ck_assert_int_eq(file_stamp(other, &b.stamp), 0);
	secret_watch_use(&watch, as, 3);
}

static void want(const char *account)
{
	secret_watch_begin(&watch);
	if (account)
		secret_watch_want(&watch, account);
	secret_watch_commit(&watch);
}

static const struct row {
	const char *name, *before, *then;
	int want;
} rows[] = {
	{ "written in place", "echo a >etc/mine", "echo b >etc/mine", 1 },
	{ "renamed over", "echo a >etc/mine",
	  "echo b >etc/new; mv etc/new etc/mine", 1 },
	{ "removed and made", "echo a >etc/mine",
	  "rm etc/mine; echo b >etc/mine", 1 },
	{ "other rights", "echo a >etc/mine", "chmod 0640 etc/mine", 1 },
	{ "removed", "echo a >etc/mine", "rm etc/mine", 0 },
	{ "only read", "echo a >etc/mine", "cat etc/mine >/dev/null", 0 },
	{ "one beside it", "echo a >etc/mine", "echo b >etc/third", 0 },
	{ "of an account that has refused nothing", "echo a >etc/mine",
	  "echo b >etc/other", 0 },
	{ "the file that a link names", "echo a >run/real; "
	  "ln -s ../run/real etc/mine",
	  "echo b >run/new; mv run/new run/real", 1 },
	{ "a link that turns", "echo a >run/real; echo b >run/next; "
	  "ln -s ../run/real etc/mine",
	  "ln -s ../run/next etc/new; mv -T etc/new etc/mine", 1 },
	{ "a folder's link that turns, as Kubernetes has it",
	  "mkdir etc/..1 etc/..2; echo a >etc/..1/mine; echo b >etc/..2/mine; "
	  "ln -s ..1 etc/..data; ln -s ..data/mine etc/mine",
	  "ln -s ..2 etc/..new; mv -T etc/..new etc/..data", 1 },
};

START_TEST(test_row)
{
	const struct row *row = &rows[_i];

	run(row->before);
	use();
	want("mine");
	wait_out(loop, .3);
	ck_assert_int_eq(told, 0);
	run(row->then);
	if (row->want > 0)
		ck_assert_msg(wait_for(loop, &told, 1, 10), "%s", row->name);
	wait_out(loop, .35);
	ck_assert_msg(told == row->want, "%s: told %d times", row->name, told);
	/* And again, whatever it is now. */
	run("rm -f etc/mine; echo more >etc/mine");
	ck_assert_msg(wait_for(loop, &told, row->want + 1, 10), "%s: no more",
		      row->name);
}
END_TEST

START_TEST(test_written_before_it_was_watched)
{
	run("echo a >etc/mine");
	use();
	run("echo later >etc/mine");
	want("mine");
	ck_assert(wait_for(loop, &told, 1, 10));
	want("mine");
	wait_out(loop, .35);
	ck_assert_int_eq(told, 1);
}
END_TEST

START_TEST(test_none_refused_no_descriptor)
{
	int fds = wait_open_fds();

	run("echo a >etc/mine");
	use();
	want(NULL);
	want("none");
	ck_assert_int_eq(wait_open_fds(), fds);
	want("mine");
	ck_assert_int_gt(wait_open_fds(), fds);
	want(NULL);
	ck_assert_int_eq(wait_open_fds(), fds);
	run("echo later >etc/mine");
	wait_out(loop, .35);
	ck_assert_int_eq(told, 0);
	want("mine");
	use();
	ck_assert_int_eq(wait_open_fds(), fds);
}
END_TEST

START_TEST(test_no_descriptor_to_be_had)
{
	struct rlimit before, none;

	run("echo a >etc/mine");
	use();
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = 0;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
	want("mine");
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
	ck_assert(!watch.open);
	want("mine");
	run("echo later >etc/mine");
	ck_assert(wait_for(loop, &told, 1, 10));
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("secret_watch");
	TCase *tc = tcase_create("secret_watch");

	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, setup_watch, teardown_watch);
	tcase_add_loop_test(tc, test_row, 0, SUITE_COUNT(rows));
	tcase_add_test(tc, test_written_before_it_was_watched);
	tcase_add_test(tc, test_none_refused_no_descriptor);
	tcase_add_test(tc, test_no_descriptor_to_be_had);
	suite_add_tcase(s, tc);
	return s;
}
