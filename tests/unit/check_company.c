#include "config.h"

#include "daemon/record/company.h"
#include "tests/support/suite.h"

/* Who joins (+way) and leaves (-way); then: by which ways somebody is there. */
static const struct row {
	const char *name;
	int did[6];
	int there[2], gone[2];
} rows[] = {
	{ "nobody", { 0 }, { 0 }, { 1, 2 } },
	{ "one", { 1 }, { 1 }, { 2 } },
	{ "two ways", { 1, 2 }, { 1, 2 }, { 3 } },
	{ "one of two leaves", { 1, 1, -1 }, { 1 }, { 2 } },
	{ "both leave", { 1, 1, -1, -1 }, { 0 }, { 1 } },
	{ "another way in the place of one that is over",
	  { 1, -1, 2, 3, -2 }, { 3 }, { 1, 2 } },
	{ "... and that one comes again", { 1, -1, 2, 1 }, { 1, 2 }, { 3 } },
	{ "who was not there leaves", { 1, -2 }, { 1 }, { 2 } },
};

START_TEST(test_row)
{
	const struct row *r = &rows[_i];
	struct company c = { 0 };

	for (int i = 0; i < 6 && r->did[i]; i++)
		if (r->did[i] > 0)
			ck_assert(company_join(&c, r->did[i]));
		else
			company_leave(&c, -r->did[i]);
	for (int i = 0; i < 2; i++) {
		if (r->there[i])
			ck_assert_msg(company_is_there(&c, r->there[i]),
				      "%s: nobody by %d", r->name,
				      r->there[i]);
		if (r->gone[i])
			ck_assert_msg(!company_is_there(&c, r->gone[i]),
				      "%s: somebody by %d", r->name,
				      r->gone[i]);
	}
	company_done(&c);
	ck_assert(!company_is_there(&c, 1));
}
END_TEST

/* A link that is made again and again costs nothing. */
START_TEST(test_no_growth)
{
	struct company c = { 0 };

	for (int i = 1; i < 1000; i++) {
		ck_assert(company_join(&c, i));
		company_leave(&c, i);
	}
	ck_assert_ptr_null(c.ways->next);
	company_done(&c);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("company");
	TCase *tc = tcase_create("rows");

	tcase_add_loop_test(tc, test_row, 0, SUITE_COUNT(rows));
	tcase_add_test(tc, test_no_growth);
	suite_add_tcase(s, tc);
	return s;
}
