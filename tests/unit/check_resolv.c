#include "config.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ev.h>

#include "net/resolv.h"
#include "tests/support/suite.h"
#include "tests/support/wait.h"

static char dir[64], path[128];
static struct ev_loop *loop;
static struct resolv *resolv;
static int told;

static void changed(void *user)
{
	(void)user;
	told++;
}

/* "$" is the folder that all of it happens in. */
static void run(const char *command)
{
	char text[1024], *out = text;

	for (const char *p = command; *p; p++)
		if (*p == '$') {
			memcpy(out, dir, strlen(dir));
			out += strlen(dir);
		} else {
			*out++ = *p;
		}
	*out = '\0';
	ck_assert_msg(system(text) == 0, "%s", text);
}

static void setup_dir(void)
{
	(void)snprintf(dir, sizeof(dir), "/tmp/check_resolv.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/etc/resolv.conf", dir);
	run("mkdir $/etc");
	loop = ev_loop_new(0);
	resolv = NULL;
	told = 0;
}

static void teardown_dir(void)
{
	resolv_free(resolv);
	run("rm -rf $");
	ev_loop_destroy(loop);
}

/* What is there before, what happens then, and is it told? */
static const struct row {
	const char *name;
	const char *before, *then;
	int want;
} rows[] = {
	{ "written in place", "echo a >$/etc/resolv.conf",
	  "echo b >$/etc/resolv.conf", 1 },
	{ "appended to", "echo a >$/etc/resolv.conf",
	  "echo b >>$/etc/resolv.conf", 1 },
	{ "renamed over", "echo a >$/etc/resolv.conf",
	  "echo b >$/etc/new; mv $/etc/new $/etc/resolv.conf", 1 },
	{ "removed", "echo a >$/etc/resolv.conf", "rm $/etc/resolv.conf", 1 },
	{ "not there at first", ":", "echo b >$/etc/resolv.conf", 1 },
	{ "touched only", "echo a >$/etc/resolv.conf",
	  "touch $/etc/resolv.conf", 0 },
	{ "written as it was", "echo a >$/etc/resolv.conf",
	  "echo a >$/etc/resolv.conf", 0 },
	{ "another file", "echo a >$/etc/resolv.conf", "echo b >$/etc/hosts",
	  0 },
	{ "the file that a link names, renamed over",
	  "mkdir $/run; echo a >$/run/stub; "
	  "ln -s ../run/stub $/etc/resolv.conf",
	  "echo b >$/run/new; mv $/run/new $/run/stub", 1 },
	{ "... written", "mkdir $/run; echo a >$/run/stub; "
	  "ln -s $/run/stub $/etc/resolv.conf", "echo b >$/run/stub", 1 },
	{ "... in a folder that is not there yet",
	  "ln -s ../run/resolve/stub $/etc/resolv.conf",
	  "mkdir -p $/run/resolve; sleep .1; echo b >$/run/resolve/stub", 1 },
	{ "... through another link",
	  "mkdir $/run $/var; echo a >$/var/real; "
	  "ln -s ../var/real $/run/stub; ln -s ../run/stub $/etc/resolv.conf",
	  "echo b >$/var/real", 1 },
	{ "the link turns elsewhere", "mkdir $/run; echo a >$/run/a; "
	  "echo b >$/run/b; ln -s ../run/a $/etc/resolv.conf",
	  "ln -s ../run/b $/etc/new; mv -T $/etc/new $/etc/resolv.conf", 1 },
	{ "a folder on the way is a link that turns",
	  "mkdir $/a $/b; echo a >$/a/stub; echo b >$/b/stub; ln -s a $/run; "
	  "ln -s ../run/stub $/etc/resolv.conf",
	  "ln -s b $/new; mv -T $/new $/run", 1 },
	{ "... behind another one",
	  "mkdir $/a $/b; echo a >$/a/stub; echo b >$/b/stub; ln -s a $/c; "
	  "ln -s $/c $/run; ln -s ../run/../run/stub $/etc/resolv.conf",
	  "ln -s b $/new; mv -T $/new $/c", 1 },
	{ "a link in a circle", "ln -s resolv.conf $/etc/resolv.conf",
	  "echo b >$/etc/new; mv $/etc/new $/etc/resolv.conf", 1 },
	{ "by a name that we do not see", "echo a >$/etc/resolv.conf; "
	  "ln $/etc/resolv.conf $/other", "echo b >$/other", 1 },
};

START_TEST(test_row)
{
	const struct row *row = &rows[_i];
	int fds = wait_open_fds();

	run(row->before);
	ck_assert_int_eq(resolv_new(loop, path, changed, NULL, &resolv), 0);
	/* The row's commands may take turns with the loop. */
	for (char *step = strdup(row->then), *rest = step, *word; step;) {
		word = strstr(rest, "sleep .1;");
		if (word)
			*word = '\0';
		run(rest);
		if (!word) {
			free(step);
			break;
		}
		wait_out(loop, .1);
		rest = word + strlen("sleep .1;");
	}
	if (row->want > 0)
		ck_assert_msg(wait_for(loop, &told, row->want, 10), "%s",
			      row->name);
	wait_out(loop, .06);
	ck_assert_msg(told == row->want, "%s: told %d times", row->name, told);
	/* And again, whatever it is now. */
	run("rm -f $/etc/resolv.conf; echo other >$/etc/resolv.conf");
	ck_assert_msg(wait_for(loop, &told, row->want + 1, 10), "%s: no more",
		      row->name);
	resolv_free(resolv);
	resolv = NULL;
	ck_assert_int_eq(wait_open_fds(), fds);
}
END_TEST

static void changed_and_freed(void *user)
{
	(void)user;
	told++;
	resolv_free(resolv);
	resolv = NULL;
}

START_TEST(test_freed_in_the_callback)
{
	ck_assert_int_eq(resolv_new(loop, path, changed_and_freed, NULL,
				    &resolv), 0);
	run("echo b >$/etc/resolv.conf");
	ck_assert(wait_for(loop, &told, 1, 10));
	resolv_free(NULL);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("resolv");
	TCase *tc = tcase_create("resolv");

	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, setup_dir, teardown_dir);
	tcase_add_loop_test(tc, test_row, 0, SUITE_COUNT(rows));
	tcase_add_test(tc, test_freed_in_the_callback);
	suite_add_tcase(s, tc);
	return s;
}
