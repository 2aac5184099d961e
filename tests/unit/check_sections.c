#include "config.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/sections.h"
#include "tests/support/suite.h"

static char page[200000];

static void read_page(void)
{
	const char *top = getenv("top_srcdir");
	char path[4096];
	size_t n;
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/man/evddns.conf.5",
		       top ? top : ".");
	f = fopen(path, "r");
	ck_assert_msg(f != NULL, "%s", path);
	n = fread(page, 1, sizeof(page) - 1, f);
	(void)fclose(f);
	page[n] = '\0';
}

/* No setting without its entry, and its default, in evddns.conf(5). */
START_TEST(test_manual)
{
	const struct section *section = &sections[_i];
	char text[200];
	char *start;

	(void)snprintf(text, sizeof(text), "\n.Ss %c%s", section->type[0] - 32,
		       section->type + 1);
	start = strstr(page, text);
	ck_assert_msg(start != NULL, "no part %s", text);
	for (const struct setting *s = section->rows; s && s->name; s++) {
		const char *at, *next;

		(void)snprintf(text, sizeof(text), "\n.It Ic %s Cm = ",
			       s->name);
		at = strstr(start, text);
		ck_assert_msg(at != NULL, "%s: no %s", section->type, s->name);
		if (!s->fallback)
			continue;
		next = strstr(at + 1, "\n.It");
		(void)snprintf(text, sizeof(text), "\nDefault: %s.\n",
			       s->fallback);
		at = strstr(at, text);
		ck_assert_msg(at && (!next || at < next),
			      "%s: %s: default is not %s", section->type,
			      s->name, s->fallback);
	}
}
END_TEST

START_TEST(test_find)
{
	for (int i = 0; i < SECTION_N; i++)
		ck_assert_int_eq(section_find(sections[i].type), i);
	ck_assert_int_eq(section_find("recor"), SECTION_N);
	ck_assert_str_eq(section_nearest("recor"), "record");
	ck_assert_ptr_null(section_nearest("frobnicate"));
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("sections");
	TCase *tc = tcase_create("sections");

	tcase_add_checked_fixture(tc, read_page, NULL);
	tcase_add_loop_test(tc, test_manual, 0, SECTION_N);
	tcase_add_test(tc, test_find);
	suite_add_tcase(s, tc);
	return s;
}
