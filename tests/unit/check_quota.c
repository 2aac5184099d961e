#include "config.h"

#include <check.h>

#include "daemon/record/quota.h"
#include "tests/support/suite.h"

static const struct row {
	const char *name;
	struct notify_limit limit;
	int64_t full_ms, now_ms, want_ms;
} rows[] = {
	{ "the first", { 5, 20000 }, 0, 100000, 104000 },
	{ "the next at once", { 5, 20000 }, 104000, 100000, 108000 },
	{ "the last", { 5, 20000 }, 116000, 100000, 120000 },
	{ "one that none was left for", { 5, 20000 }, 120000, 100000,
	  120000 },
	{ "after a while", { 5, 20000 }, 104000, 103000, 108000 },
	{ "long after", { 5, 20000 }, 104000, 500000, 504000 },
	{ "rounded up", { 7, 20000 }, 0, 100000, 102858 },
	{ "more than one in a millisecond", { 5000, 1000 }, 0, 100000,
	  100001 },
	{ "the clock went back for a year", { 5, 20000 }, 31536000000,
	  100000, 120000 },
};

START_TEST(test_row)
{
	const struct row *r = &rows[_i];
	int64_t got_ms = quota_spend(&r->limit, r->full_ms, r->now_ms);

	ck_assert_msg(got_ms == r->want_ms, "%s: %lld", r->name,
		      (long long)got_ms);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("quota");
	TCase *tc = tcase_create("rows");

	tcase_add_loop_test(tc, test_row, 0, SUITE_COUNT(rows));
	suite_add_tcase(s, tc);
	return s;
}
