#include "config.h"

#include <stdio.h>

#include "resolver/rest.h"
#include "tests/support/suite.h"

#define NOW 1000000000
#define HOUR 3600

START_TEST(test_grows_and_ends)
{
	struct rest r = { .n = 0 };
	const struct rest_entry *e;
	int64_t before = 0;

	ck_assert(!rest_has(&r, "a", NOW));
	for (unsigned int i = 1; i < 40; i++) {
		e = rest_failed(&r, "a", NOW, UINT32_MAX);
		ck_assert_ptr_nonnull(e);
		ck_assert_int_ge(e->until_s, before);
		before = e->until_s;
		ck_assert(rest_has(&r, "a", NOW));
		ck_assert(!rest_has(&r, "b", NOW));
		ck_assert(!rest_has(&r, "a", e->until_s));
	}
	/* From a minute to six hours. */
	ck_assert_int_ge(before, NOW + 5 * HOUR);
	ck_assert_int_le(before, NOW + 6 * HOUR);
	ck_assert_uint_eq(r.n, 1);
	ck_assert(rest_forget(&r, "a"));
	ck_assert(!rest_forget(&r, "a"));
	ck_assert(!rest_has(&r, "a", NOW));
	e = rest_failed(&r, "a", NOW, 0);
	ck_assert_int_ge(e->until_s, NOW + 30);
	ck_assert_int_le(e->until_s, NOW + 60);
	rest_done(&r);
}
END_TEST

START_TEST(test_restore)
{
	struct rest r = { .n = 0 };
	const struct rest_entry *e;

	rest_restore(&r, "a", 3, NOW + 100, NOW);
	ck_assert(rest_has(&r, "a", NOW));
	/* It goes on where it was. */
	e = rest_failed(&r, "a", NOW, UINT32_MAX);
	ck_assert_uint_eq(e->failures, 4);
	ck_assert_int_ge(e->until_s, NOW + 400);
	/* A clock that was wrong makes nobody rest for years. */
	rest_restore(&r, "b", 3, NOW + 1000 * HOUR, NOW);
	ck_assert(!rest_has(&r, "b", NOW + 6 * HOUR));
	ck_assert(!rest_has(&r, "a", NOW - 1000 * HOUR));
	rest_restore(&r, "c", 0, NOW + 100, NOW);
	ck_assert(!rest_has(&r, "c", NOW));
	rest_restore(&r, "d", 999999999, NOW + 100, NOW);
	ck_assert(rest_has(&r, "d", NOW));
	rest_done(&r);
}
END_TEST

START_TEST(test_forgets_who_is_up_first)
{
	struct rest r = { .n = 0 };
	char key[16];

	rest_restore(&r, "first", 1, NOW + 1, NOW);
	for (int i = 0; i < REST_MAX; i++) {
		(void)snprintf(key, sizeof(key), "%d", i);
		rest_restore(&r, key, 1, NOW + 100 + i, NOW);
	}
	ck_assert_uint_eq(r.n, REST_MAX);
	ck_assert(!rest_has(&r, "first", NOW));
	ck_assert(rest_has(&r, "0", NOW));
	rest_done(&r);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("rest");
	TCase *tc = tcase_create("stories");

	tcase_add_test(tc, test_grows_and_ends);
	tcase_add_test(tc, test_restore);
	tcase_add_test(tc, test_forgets_who_is_up_first);
	suite_add_tcase(s, tc);
	return s;
}
