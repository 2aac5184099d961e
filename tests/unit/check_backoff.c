#include "config.h"

#include <check.h>
#include <limits.h>

#include "base/backoff.h"
#include "tests/support/suite.h"

static const struct row {
	unsigned int failures;
	uint64_t most; /* drawn from its upper half */
} rows[] = {
	{ 0, 1000 },	{ 1, 1000 },	{ 2, 2000 },	    { 3, 4000 },
	{ 4, 8000 },	{ 9, 256000 },	{ 10, 300000 },	    { 11, 300000 },
	{ 64, 300000 }, { 65, 300000 }, { UINT_MAX, 300000 },
};

START_TEST(test_row)
{
	static const struct backoff b = { 1000, 300000 };
	static const uint32_t randoms[] = { 0, 1, 0x7fffffff, 0xdeadbeef,
					    UINT32_MAX };
	uint64_t before = 0;

	for (int i = 0; i < SUITE_COUNT(randoms); i++) {
		uint64_t ms = backoff_ms(&b, rows[_i].failures, randoms[i]);

		ck_assert_uint_ge(ms, rows[_i].most / 2);
		ck_assert_uint_le(ms, rows[_i].most);
		/* A larger draw never waits less. */
		ck_assert_uint_ge(ms, before);
		before = ms;
	}
	ck_assert_uint_ge(before, rows[_i].most - 1);
}
END_TEST

START_TEST(test_edges)
{
	static const struct backoff one = { 1, 1 }, far = { 1, UINT64_MAX };

	ck_assert_uint_eq(backoff_ms(&one, 5, UINT32_MAX), 1);
	ck_assert_uint_ge(backoff_ms(&one, 5, 0), 1);
	ck_assert_uint_ge(backoff_ms(&far, 40, 0), 1ULL << 38);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("backoff");
	TCase *tc = tcase_create("backoff");

	tcase_add_loop_test(tc, test_row, 0, SUITE_COUNT(rows));
	tcase_add_test(tc, test_edges);
	suite_add_tcase(s, tc);
	return s;
}
