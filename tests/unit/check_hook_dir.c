#include "config.h"

#include <check.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hooks/hook_dir.h"
#include "hooks/hooks.h"
#include "tests/support/suite.h"

static char top[64], dir[96];

static void setup(void)
{
	(void)umask(022);
	strcpy(top, "/tmp/check_hook_dir.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(top));
	(void)snprintf(dir, sizeof(dir), "%s/hooks.d", top);
	ck_assert_int_eq(mkdir(dir, 0755), 0);
}

static void teardown(void)
{
	char command[128];

	(void)snprintf(command, sizeof(command), "rm -rf %s", top);
	ck_assert_int_eq(system(command), 0);
}

static char *at(const char *name)
{
	static char paths[4][256];
	static int turn;
	char *path = paths[turn++ % 4];

	(void)snprintf(path, 256, "%s/%s", top, name);
	return path;
}

static void put(const char *name, mode_t mode)
{
	int fd = open(at(name), O_CREAT | O_WRONLY, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fchmod(fd, mode), 0);
	(void)close(fd);
}

/* One entry of the directory, and what is said of it: NULL, nothing. */
static const struct row {
	const char *name; /* of the file */
	mode_t mode;
	const char *fault; /* "": may be run */
} rows[] = {
	{ "10-mail", 0755, "" },
	{ "UPPER_lower-09", 0700, "" },
	{ "readable", 0644, NULL },
	{ "group-may-write", 0775, "is writable by its group" },
	{ "all-may-write", 0757, "is writable by everybody" },
	{ "10-mail.sh", 0755, "has a name with more than A-Z a-z 0-9 _ and -" },
	{ "with space", 0755, "has a name with more than A-Z a-z 0-9 _ and -" },
	{ "notes.txt", 0644, NULL },
	{ "10-mail~", 0755, NULL },
	{ "10-mail.dpkg-old", 0755, NULL },
	{ "10-mail.bak", 0777, NULL },
	{ ".hidden", 0755, NULL },
};

START_TEST(test_row)
{
	const struct row *r = &rows[_i];
	struct hook_dir d;
	char path[160];

	(void)snprintf(path, sizeof(path), "hooks.d/%s", r->name);
	put(path, r->mode);
	ck_assert_int_eq(hook_dir_read(dir, geteuid(), &d), 0);
	ck_assert_ptr_null(d.fault);
	ck_assert_msg(d.n == (r->fault ? 1 : 0), "%s: %zu files", r->name,
		      d.n);
	if (r->fault && *r->fault) {
		ck_assert_msg(d.files[0].fault &&
				      strcmp(d.files[0].fault, r->fault) == 0,
			      "%s: %s", r->name, d.files[0].fault);
		ck_assert_ptr_null(d.files[0].path);
	} else if (r->fault) {
		ck_assert_msg(!d.files[0].fault, "%s: %s", r->name,
			      d.files[0].fault);
		ck_assert_str_eq(d.files[0].path, at(path));
	}
	hook_dir_done(&d);
}
END_TEST

/* Somebody's file, seen by another user's daemon. Pure, so as anybody. */
static const struct owner_row {
	const char *name;
	uid_t owner, uid;
	mode_t mode;
	bool good;
} owner_rows[] = {
	{ "root's, for root", 0, 0, 0755, true },
	{ "root's, for a daemon without rights", 0, 990, 0755, true },
	{ "the daemon's own", 990, 990, 0700, true },
	{ "somebody else's", 1000, 990, 0755, false },
	{ "somebody else's, for root", 1000, 0, 0755, false },
	{ "the daemon's own, for all to write", 990, 990, 0757, false },
	{ "root's, for its group to write", 0, 990, 0775, false },
};

START_TEST(test_owner)
{
	const struct owner_row *r = &owner_rows[_i];
	struct stat st = { .st_uid = r->owner, .st_mode = S_IFREG | r->mode };

	ck_assert_msg((hook_dir_judge(&st, r->uid) == NULL) == r->good, "%s",
		      r->name);
}
END_TEST

START_TEST(test_order_is_of_the_c_locale)
{
	static const char *const want[] = { "10-b", "2-a", "A", "_", "a" };
	struct hook_dir d;

	put("hooks.d/a", 0755);
	put("hooks.d/A", 0755);
	put("hooks.d/_", 0755);
	put("hooks.d/2-a", 0755);
	put("hooks.d/10-b", 0755);
	ck_assert_int_eq(hook_dir_read(dir, geteuid(), &d), 0);
	ck_assert_uint_eq(d.n, 5);
	for (size_t i = 0; i < d.n; i++)
		ck_assert_str_eq(d.files[i].name, want[i]);
	hook_dir_done(&d);
}
END_TEST

START_TEST(test_directory)
{
	struct hook_dir d;

	put("hooks.d/10-mail", 0755);
	ck_assert_int_eq(mkdir(at("hooks.d/sub"), 0755), 0);
	ck_assert_int_eq(chmod(dir, 0775), 0);
	ck_assert_int_eq(hook_dir_read(dir, geteuid(), &d), 0);
	ck_assert_str_eq(d.fault, "is writable by its group");
	ck_assert_uint_eq(d.n, 0);
	hook_dir_done(&d);

	ck_assert_int_eq(hook_dir_read(at("missing"), geteuid(), &d), 0);
	ck_assert_ptr_null(d.fault);
	ck_assert_uint_eq(d.n, 0);
	hook_dir_done(&d);

	ck_assert_int_eq(hook_dir_read(at("hooks.d/10-mail"), geteuid(), &d),
			 0);
	ck_assert_ptr_nonnull(d.fault);
	hook_dir_done(&d);
}
END_TEST

/* Links are followed; where they lead is judged as if it were here. */
static const struct link_row {
	const char *name;
	const char *target;
	const char *fault;
} link_rows[] = {
	{ "a good file elsewhere", "safe/script.sh", "" },
	{ "a file that others write", "safe/open",
	  "is writable by everybody" },
	{ "a place that others write", "open/script",
	  "lies in a directory that others can change" },
	{ "nowhere", "safe/missing", "is a link to nowhere" },
};

START_TEST(test_link)
{
	const struct link_row *r = &link_rows[_i];
	struct hook_dir d;

	ck_assert_int_eq(mkdir(at("safe"), 0755), 0);
	ck_assert_int_eq(mkdir(at("open"), 0755), 0);
	ck_assert_int_eq(chmod(at("open"), 01777), 0);
	put("safe/script.sh", 0755);
	put("safe/open", 0757);
	put("open/script", 0755);
	ck_assert_int_eq(symlink(at(r->target), at("hooks.d/10-link")), 0);
	ck_assert_int_eq(hook_dir_read(dir, geteuid(), &d), 0);
	ck_assert_uint_eq(d.n, 1);
	ck_assert_str_eq(d.files[0].name, "10-link");
	if (*r->fault) {
		ck_assert_msg(strcmp(d.files[0].fault, r->fault) == 0,
			      "%s: %s", r->name, d.files[0].fault);
	} else {
		ck_assert_msg(!d.files[0].fault, "%s: %s", r->name,
			      d.files[0].fault);
		/* What was judged is what is run. */
		ck_assert_str_eq(d.files[0].path, at(r->target));
	}
	hook_dir_done(&d);
}
END_TEST

START_TEST(test_too_many)
{
	struct hook_dir d;
	char name[32];

	for (int i = 0; i <= HOOK_DIR_MAX; i++) {
		(void)snprintf(name, sizeof(name), "hooks.d/h%d", i);
		put(name, 0755);
	}
	ck_assert_int_eq(hook_dir_read(dir, geteuid(), &d), 0);
	ck_assert_str_eq(d.fault, "holds more than 256 hooks");
	ck_assert_uint_eq(d.n, 0);
	hook_dir_done(&d);
}
END_TEST

START_TEST(test_check_tells_all)
{
	struct faults f = { 0 };
	char text[256];

	put("hooks.d/10-good", 0755);
	put("hooks.d/20-bad", 0757);
	put("hooks.d/30.sh", 0755);
	hooks_check(dir, &f);
	ck_assert_uint_eq(f.n, 2);
	faults_sort(&f);
	for (size_t i = 0; i < f.n; i++)
		ck_assert_ptr_nonnull(
			strstr(faults_print(&f.items[i], text, sizeof(text)),
			       "it would not be run"));
	faults_done(&f);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("hook_dir");
	TCase *tc = tcase_create("directory");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_row, 0, SUITE_COUNT(rows));
	tcase_add_loop_test(tc, test_owner, 0, SUITE_COUNT(owner_rows));
	tcase_add_test(tc, test_order_is_of_the_c_locale);
	tcase_add_test(tc, test_directory);
	tcase_add_loop_test(tc, test_link, 0, SUITE_COUNT(link_rows));
	tcase_add_test(tc, test_too_many);
	tcase_add_test(tc, test_check_tells_all);
	suite_add_tcase(s, tc);
	return s;
}
