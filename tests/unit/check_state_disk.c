#include "config.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/state/state_disk.h"
#include "tests/support/suite.h"

#define MOST 4096
#define NOBODY 65534

static char base[64], dir[96], path[128], new_path[160], bad[160];
static struct state_disk disk;

static void setup_disk(void)
{
	(void)snprintf(base, sizeof(base), "/tmp/check_state_disk.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(base));
	(void)snprintf(dir, sizeof(dir), "%s/a/b", base);
	(void)snprintf(path, sizeof(path), "%s/state.json", dir);
	(void)snprintf(new_path, sizeof(new_path), "%s.new", path);
	(void)snprintf(bad, sizeof(bad), "%s.bad", path);
	disk = (struct state_disk){ 0 };
	ck_assert_int_eq(state_disk_open(&disk, dir), 0);
	ck_assert_int_eq(state_disk_own(&disk), 0);
}

static void teardown_disk(void)
{
	char command[128];

	state_disk_done(&disk);
	(void)snprintf(command, sizeof(command), "rm -rf %s", base);
	ck_assert_int_eq(system(command), 0);
}

static void put(const char *where, const char *text)
{
	FILE *f = fopen(where, "we");

	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs(text, f), 0);
	ck_assert_int_eq(fclose(f), 0);
}

/* The file is there, plain, for us alone, and says this. */
static void assert_says(const char *text)
{
	const char *why = NULL;
	char *got = NULL;
	size_t len = 0;
	struct stat st;

	ck_assert_int_eq(state_disk_read(&disk, MOST, &got, &len, &why), 0);
	ck_assert_uint_eq(len, strlen(text));
	ck_assert_int_eq(memcmp(got, text, len), 0);
	ck_assert_int_eq(lstat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode, S_IFREG | 0600);
	ck_assert_uint_eq(st.st_nlink, 1);
	ck_assert_int_ne(access(new_path, F_OK), 0);
	free(got);
}

static int write_text(const char *text)
{
	return state_disk_write(&disk, text, strlen(text));
}

/* ---- what may stand there in place of the file that is written ---- */

static char elsewhere[128];

static void place_nothing(void)
{
}

static void place_left_over(void)
{
	put(new_path, "half of something that was longer than the new one");
}

static void place_link(void)
{
	ck_assert_int_eq(symlink(elsewhere, new_path), 0);
}

static void place_hard_link(void)
{
	ck_assert_int_eq(link(elsewhere, new_path), 0);
}

static void place_fifo(void)
{
	ck_assert_int_eq(mkfifo(new_path, 0600), 0);
}

static void place_readable(void)
{
	place_left_over();
	ck_assert_int_eq(chmod(new_path, 0666), 0);
}

static const struct {
	const char *name;
	void (*place)(void);
} places[] = {
	{ "nothing", place_nothing },
	{ "what a killed one left", place_left_over },
	{ "a symbolic link", place_link },
	{ "a hard link", place_hard_link },
	{ "a FIFO", place_fifo },
	{ "a file that all can read", place_readable },
};

START_TEST(test_what_stands_in_the_way_is_not_written_to)
{
	char said[16] = "";
	int fd;

	(void)snprintf(elsewhere, sizeof(elsewhere), "%s/elsewhere", base);
	put(elsewhere, "untouched");
	places[_i].place();
	ck_assert_msg(write_text("new") == 0, "%s", places[_i].name);
	assert_says("new");
	fd = open(elsewhere, O_RDONLY | O_CLOEXEC);
	ck_assert_int_eq(read(fd, said, sizeof(said) - 1), 9);
	ck_assert_str_eq(said, "untouched");
	(void)close(fd);
}
END_TEST

START_TEST(test_a_directory_in_the_way_is_an_error)
{
	ck_assert_int_eq(write_text("old"), 0);
	ck_assert_int_eq(mkdir(new_path, 0700), 0);
	ck_assert_int_lt(write_text("new"), 0);
	ck_assert_int_eq(rmdir(new_path), 0);
	assert_says("old");
	ck_assert_int_eq(write_text("new"), 0);
	assert_says("new");
}
END_TEST

START_TEST(test_a_directory_that_was_taken_away_is_made_again)
{
	char parent[96];
	struct stat st;

	(void)snprintf(parent, sizeof(parent), "%s/a", base);
	ck_assert_int_eq(write_text("old"), 0);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(rmdir(dir), 0);
	ck_assert_int_eq(rmdir(parent), 0);
	ck_assert_int_eq(write_text("new"), 0);
	assert_says("new");
	ck_assert_int_eq(stat(dir, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0700);
}
END_TEST

START_TEST(test_what_cannot_take_its_place_leaves_nothing)
{
	ck_assert_int_eq(mkdir(path, 0700), 0);
	ck_assert_int_eq(write_text("new"), -EISDIR);
	ck_assert_int_ne(access(new_path, F_OK), 0);
}
END_TEST

/* ---- what may be found in place of the file ---- */

static void find_directory(void)
{
	ck_assert_int_eq(mkdir(path, 0700), 0);
}

static void find_link(void)
{
	ck_assert_int_eq(symlink("/etc/hostname", path), 0);
}

static void find_fifo(void)
{
	ck_assert_int_eq(mkfifo(path, 0600), 0);
}

static void find_large(void)
{
	put(path, "");
	ck_assert_int_eq(truncate(path, MOST + 1), 0);
}

static void find_open_to_all(void)
{
	put(path, "x");
	ck_assert_int_eq(chmod(path, 0602), 0);
}

/* Only root can make one; for anybody else there is nothing to be tried. */
static void find_foreign(void)
{
	put(path, "x");
	if (chown(path, NOBODY, NOBODY) < 0)
		find_open_to_all();
}

static const struct {
	const char *name, *why;
	void (*find)(void);
} finds[] = {
	{ "a directory", "no plain file", find_directory },
	{ "a symbolic link", "symbolic link", find_link },
	{ "a FIFO", "no plain file", find_fifo },
	{ "too large a file", "too large", find_large },
	{ "a file that all may write", "everybody", find_open_to_all },
	{ "somebody else's file", "e", find_foreign },
};

START_TEST(test_what_is_not_ours_is_not_read)
{
	const char *why = NULL;
	char *text = NULL;
	size_t len = 77;

	finds[_i].find();
	ck_assert_msg(state_disk_read(&disk, MOST, &text, &len, &why) < 0,
		      "%s", finds[_i].name);
	ck_assert_ptr_nonnull(strstr(why, finds[_i].why));
	ck_assert_ptr_null(text);
	ck_assert_uint_eq(len, 77);
}
END_TEST

START_TEST(test_what_the_owner_of_the_directory_wrote_is_read)
{
	put(path, "old");
	ck_assert_int_eq(chmod(path, 0600), 0);
	if (chown(path, NOBODY, NOBODY) == 0)
		ck_assert_int_eq(chown(dir, NOBODY, NOBODY), 0);
	assert_says("old");
}
END_TEST

START_TEST(test_nothing_is_no_error_of_its_own)
{
	const char *why = NULL;
	char *text = NULL;
	size_t len = 77;

	ck_assert_int_eq(state_disk_read(&disk, MOST, &text, &len, &why),
			 -ENOENT);
	ck_assert_ptr_null(text);
}
END_TEST

/* ---- putting aside ---- */

START_TEST(test_one_put_aside_takes_the_place_of_another)
{
	find_directory();
	ck_assert_int_eq(state_disk_put_aside(&disk), 0);
	put(path, "x");
	ck_assert_int_eq(state_disk_put_aside(&disk), 0);
	find_directory();
	ck_assert_int_eq(state_disk_put_aside(&disk), 0);
	ck_assert_int_ne(access(path, F_OK), 0);
	ck_assert_int_eq(access(bad, F_OK), 0);
}
END_TEST

START_TEST(test_one_that_cannot_be_put_aside_says_so)
{
	char inside[192];

	ck_assert_int_eq(mkdir(bad, 0700), 0);
	(void)snprintf(inside, sizeof(inside), "%s/in-it", bad);
	ck_assert_int_eq(mkdir(inside, 0700), 0);
	put(path, "x");
	ck_assert_int_lt(state_disk_put_aside(&disk), 0);
	ck_assert_int_eq(access(path, F_OK), 0);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("state_disk");
	TCase *tc = tcase_create("disk");

	tcase_add_checked_fixture(tc, setup_disk, teardown_disk);
	tcase_add_loop_test(tc, test_what_stands_in_the_way_is_not_written_to,
			    0, SUITE_COUNT(places));
	tcase_add_test(tc, test_a_directory_in_the_way_is_an_error);
	tcase_add_test(tc, test_a_directory_that_was_taken_away_is_made_again);
	tcase_add_test(tc, test_what_cannot_take_its_place_leaves_nothing);
	tcase_add_loop_test(tc, test_what_is_not_ours_is_not_read, 0,
			    SUITE_COUNT(finds));
	tcase_add_test(tc, test_what_the_owner_of_the_directory_wrote_is_read);
	tcase_add_test(tc, test_nothing_is_no_error_of_its_own);
	tcase_add_test(tc, test_one_put_aside_takes_the_place_of_another);
	tcase_add_test(tc, test_one_that_cannot_be_put_aside_says_so);
	suite_add_tcase(s, tc);
	return s;
}
