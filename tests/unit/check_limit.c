#include "config.h"

#include <check.h>

#include "notify/core/limit.h"
#include "tests/support/suite.h"

#define ASKS 6

/* How long each waits that comes at these times, and takes one then. */
static const struct row {
	const char *name;
	uint32_t size, per_ms;
	uint64_t full_ms; /* what another process left; 0: nothing */
	uint64_t at_ms[ASKS];
	uint64_t wait_ms[ASKS];
} rows[] = {
	{ "a burst, then one at a time", 3, 3000, 0,
	  { 5000, 5000, 5000, 5000, 6000, 6500 },
	  { 0, 0, 0, 1000, 0, 500 } },
	{ "it fills again", 2, 1000, 0,
	  { 5000, 5000, 5500, 9000, 9000, 9000 },
	  { 0, 0, 0, 0, 0, 500 } },
	{ "another process has taken all", 3, 3000, 8000,
	  { 5000, 6000, 6999, 7000, 8000, 9000 },
	  { 1000, 0, 1, 0, 0, 0 } },
	{ "another process has taken one", 3, 3000, 6000,
	  { 5000, 5000, 5000, 6000, 6000, 7000 },
	  { 0, 0, 1000, 0, 1000, 0 } },
	{ "a time that nobody can have meant", 3, 3000, UINT64_MAX,
	  { 5000, 6000, 7000, 8000, 8000, 9000 },
	  { 1000, 0, 0, 0, 1000, 0 } },
};

START_TEST(test_row)
{
	const struct row *r = &rows[_i];
	struct limit l;

	limit_init(&l, r->size, r->per_ms, r->at_ms[0]);
	if (r->full_ms)
		limit_lower(&l, r->full_ms, r->at_ms[0]);
	for (int i = 0; i < ASKS; i++) {
		uint64_t wait_ms = limit_wait_ms(&l, r->at_ms[i]);

		ck_assert_msg(wait_ms == r->wait_ms[i], "%s: ask %d: %llu",
			      r->name, i, (unsigned long long)wait_ms);
		if (wait_ms == 0)
			limit_take(&l, r->at_ms[i]);
	}
}
END_TEST

START_TEST(test_it_never_gains_by_being_told)
{
	struct limit l;

	limit_init(&l, 2, 1000, 5000);
	limit_take(&l, 5000);
	limit_take(&l, 5000);
	limit_lower(&l, 0, 5000);
	limit_lower(&l, 5001, 5000);
	ck_assert_uint_eq(limit_wait_ms(&l, 5000), 500);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("limit");
	TCase *tc = tcase_create("rows");

	tcase_add_loop_test(tc, test_row, 0, SUITE_COUNT(rows));
	tcase_add_test(tc, test_it_never_gains_by_being_told);
	suite_add_tcase(s, tc);
	return s;
}
