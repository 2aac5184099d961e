#include "config.h"

#include <check.h>

#include "daemon/record/bucket.h"
#include "tests/support/suite.h"

#define ASKS 6

/* When each may go that comes at these times; 1,000 ms to a token. */
static const struct row {
	const char *name;
	uint64_t burst;
	uint64_t at_ms[ASKS];
	uint64_t free_ms[ASKS];
} rows[] = {
	{ "one at a time", 1,
	  { 5000, 5000, 6000, 9000, 9500, 10000 },
	  { 0, 6000, 7000, 8000, 10000, 11000 } },
	{ "a burst, then one at a time", 3,
	  { 5000, 5000, 5000, 5000, 6000, 7000 },
	  { 0, 4000, 5000, 6000, 7000, 8000 } },
};

START_TEST(test_row)
{
	const struct row *r = &rows[_i];
	const struct bucket_rule rule = { 1000, r->burst };
	struct bucket b = { 0 };

	for (int i = 0; i < ASKS; i++) {
		ck_assert_msg(bucket_free_ms(&b, &rule) == r->free_ms[i],
			      "%s: ask %d: %llu", r->name, i,
			      (unsigned long long)bucket_free_ms(&b, &rule));
		bucket_spend(&b, &rule, r->at_ms[i]);
	}
}
END_TEST

static const struct recall {
	const char *name;
	int64_t at_ms, wall_ms;
	uint64_t most_ms, want_ms; /* it is 500 */
} recalls[] = {
	{ "never", 0, 1000, 9000, 0 },
	{ "past", 900, 1000, 9000, 0 },
	{ "now", 1000, 1000, 9000, 0 },
	{ "in a while", 1700, 1000, 9000, 1200 },
	{ "not so long", 1000000, 1000, 9000, 9500 },
	{ "the clock was set back by years", 1700000000000, 0, 9000, 9500 },
	{ "... or before 1970", 5, -1000, 9000, 1505 },
};

START_TEST(test_recall)
{
	const struct recall *r = &recalls[_i];

	ck_assert_msg(bucket_recall_ms(r->at_ms, r->wall_ms, 500,
				       r->most_ms) == r->want_ms, "%s",
		      r->name);
}
END_TEST

START_TEST(test_no_interval_is_no_limit)
{
	const struct bucket_rule rule = { 0, 1 };
	struct bucket b = { 0 };

	for (int i = 0; i < 100; i++) {
		bucket_spend(&b, &rule, 5000);
		ck_assert_uint_eq(bucket_free_ms(&b, &rule), 0);
	}
}
END_TEST

START_TEST(test_what_is_given_back_can_be_used)
{
	const struct bucket_rule rule = { 1000, 1 };
	struct bucket b = { 0 };

	bucket_spend(&b, &rule, 5000);
	bucket_give_back(&b, &rule);
	ck_assert_uint_le(bucket_free_ms(&b, &rule), 5000);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("bucket");
	TCase *tc = tcase_create("rows");

	tcase_add_loop_test(tc, test_recall, 0, SUITE_COUNT(recalls));
	tcase_add_loop_test(tc, test_row, 0, SUITE_COUNT(rows));
	tcase_add_test(tc, test_no_interval_is_no_limit);
	tcase_add_test(tc, test_what_is_given_back_can_be_used);
	suite_add_tcase(s, tc);
	return s;
}
