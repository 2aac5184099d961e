#include "config.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "config/faults.h"
#include "tests/support/suite.h"

static void print(const struct faults *f, char *out, size_t size)
{
	char line[1024];
	size_t n = 0;

	out[0] = '\0';
	for (size_t i = 0; i < f->n && n < size; i++)
		n += (size_t)snprintf(out + n, size - n, "%s\n",
				      faults_print(&f->items[i], line,
						   sizeof(line)));
}

START_TEST(test_sort)
{
	struct faults f = { 0 };
	char out[1000];

	faults_sort(&f);
	faults_add(&f, "main", 7, "seven");
	faults_add(&f, "other", 3, "three");
	faults_add(&f, "", 0, "nowhere");
	faults_add(&f, "main", 2, "two, said first");
	faults_add(&f, "other", 3, "three");
	faults_add(&f, "main", 2, "two, said second");
	faults_add(&f, "main", 0, "the whole file");
	faults_add(&f, "main", 2, "two, said first");
	faults_sort(&f);
	print(&f, out, sizeof(out));
	ck_assert_str_eq(out, "main:1: the whole file\n"
			      "main:2: two, said first\n"
			      "main:2: two, said second\n"
			      "main:7: seven\n"
			      "other:3: three\n"
			      "nowhere\n");
	/* There is room for more after some were dropped. */
	for (int i = 0; i < 100; i++)
		faults_add(&f, "main", 100, "%d", i);
	ck_assert_uint_eq(f.n, 106);
	ck_assert_str_eq(f.items[105].text, "99");
	faults_done(&f);
	ck_assert_uint_eq(f.n, 0);
	ck_assert_ptr_null(f.items);
	faults_done(&f);
}
END_TEST

START_TEST(test_printable)
{
	struct faults f = { 0 };
	char text[5000];

	faults_add(&f, "main", 1, "a\x1b[0m\nb %s", "\xc3\xbc");
	ck_assert_str_eq(f.items[0].text, "a?[0m b \xc3\xbc");
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	faults_add(&f, "main", 1, "%s", text);
	ck_assert_uint_le(strlen(f.items[1].text), 510);
	faults_done(&f);
}
END_TEST

START_TEST(test_limit)
{
	struct faults f = { 0 };

	for (int i = 0; i < 2 * FAULTS_MAX; i++)
		faults_add(&f, "main", (unsigned int)i, "x");
	ck_assert_uint_eq(f.n, FAULTS_MAX);
	ck_assert_uint_eq(f.items[FAULTS_MAX - 1].line, FAULTS_MAX - 1);
	faults_done(&f);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("faults");
	TCase *tc = tcase_create("faults");

	tcase_add_test(tc, test_sort);
	tcase_add_test(tc, test_printable);
	tcase_add_test(tc, test_limit);
	suite_add_tcase(s, tc);
	return s;
}
