#include "config.h"

#include <check.h>
#include <stdbool.h>
#include <stdio.h>

#include "hooks/hook_trouble.h"
#include "tests/support/suite.h"

/* began: how often it has failed by then; else how much that ended. */
static const struct row {
	const char *name, *event;
	bool began;
	unsigned int want;
} rows[] = {
	{ "10-a", "updated", false, 0 },
	{ "10-a", "updated", true, 1 },
	{ "10-a", "updated", true, 2 },
	/* Another event, another hook, one whose name begins like it. */
	{ "10-a", "published", true, 1 },
	{ "20-b", "updated", true, 1 },
	{ "10-ab", "updated", true, 1 },
	{ "10-a", "update", false, 0 },
	{ "", "", true, 1 },
	{ "10-a", "updated", true, 3 },
	{ "10-a", "updated", false, 3 },
	{ "10-a", "updated", false, 0 },
	{ "10-a", "published", false, 1 },
	{ "", "", false, 1 },
	{ "20-b", "updated", true, 2 },
};

START_TEST(test_rows)
{
	struct hook_troubles all = { 0 };

	for (size_t i = 0; i < SUITE_COUNT(rows); i++) {
		const struct row *r = &rows[i];
		unsigned int n = r->began ? hook_trouble_began(&all, r->name,
							       r->event)
					  : hook_trouble_ended(&all, r->name,
							       r->event);

		ck_assert_msg(n == r->want, "row %zu: %u", i, n);
	}
	hook_troubles_done(&all);
}
END_TEST

/* Without room each is told, and none is taken for another. */
START_TEST(test_no_growth)
{
	struct hook_troubles all = { 0 };
	char name[32];

	for (int round = 1; round <= 2; round++)
		for (int i = 0; i < 1000; i++) {
			(void)snprintf(name, sizeof(name), "hook-%d", i);
			ck_assert_uint_eq(hook_trouble_began(&all, name,
							     "updated"),
					  i < 256 ? (unsigned int)round : 1);
		}
	ck_assert_uint_eq(all.n, 256);
	ck_assert_uint_eq(hook_trouble_ended(&all, "hook-999", "updated"), 0);
	ck_assert_uint_eq(hook_trouble_ended(&all, "hook-0", "updated"), 2);
	hook_troubles_done(&all);
	ck_assert_uint_eq(all.n, 0);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("hook_trouble");
	TCase *tc = tcase_create("troubles");

	tcase_add_test(tc, test_rows);
	tcase_add_test(tc, test_no_growth);
	suite_add_tcase(s, tc);
	return s;
}
