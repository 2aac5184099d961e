#include "config.h"

#include "resolver/epoch.h"
#include "tests/support/suite.h"

#define HEARD_MOST 3

static const struct row {
	const char *name;
	struct { uint32_t server_s; uint64_t now_s; bool lost; }
		heard[HEARD_MOST];
	int n;
} rows[] = {
	{ "the first tells nothing", { { 0, 1000, false } }, 1 },
	{ "it goes on", { { 10, 1000, false }, { 70, 1060, false } }, 2 },
	{ "it began anew", { { 5000, 1000, false }, { 3, 1060, true } }, 2 },
	{ "... and goes on from there",
	  { { 5000, 1000, false }, { 3, 1060, true }, { 63, 1120, false } },
	  3 },
	{ "one second back is an answer overtaken",
	  { { 10, 1000, false }, { 9, 1000, false } }, 2 },
	{ "two are not", { { 10, 1000, false }, { 8, 1000, true } }, 2 },
	{ "a sixteenth fast is a clock",
	  { { 0, 1000, false }, { 1060, 2000, false } }, 2 },
	{ "an eighth is another router",
	  { { 0, 1000, false }, { 1125, 2000, true } }, 2 },
	{ "a sixteenth slow is a clock",
	  { { 0, 1000, false }, { 945, 2000, false } }, 2 },
	{ "an eighth is another router too",
	  { { 0, 1000, false }, { 875, 2000, true } }, 2 },
};

START_TEST(test_row)
{
	const struct row *r = &rows[_i];
	struct epoch e = { .known = false };

	for (int i = 0; i < r->n; i++)
		ck_assert_msg(epoch_take(&e, r->heard[i].server_s,
					 r->heard[i].now_s) ==
				      r->heard[i].lost,
			      "%s: %d", r->name, i);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("epoch");
	TCase *tc = tcase_create("rows");

	tcase_add_loop_test(tc, test_row, 0, SUITE_COUNT(rows));
	suite_add_tcase(s, tc);
	return s;
}
