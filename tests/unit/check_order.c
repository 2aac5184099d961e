#include "config.h"

#include <ctype.h>
#include <string.h>

#include "resolver/order.h"
#include "tests/support/suite.h"

#define MOST 6

/*
 * A reflector in one word: its operator's letter (a capital one: not plain
 * DNS), "+" where it was asked.
 */
static const struct row {
	const char *name;
	const char *slots[MOST];
	bool other_kind;
	size_t want; /* MOST: none */
} rows[] = {
	{ "nobody", { NULL }, false, MOST },
	{ "the first", { "a", "b" }, false, 0 },
	{ "all were asked", { "a+", "b+" }, false, MOST },
	{ "another operator goes before the same one again",
	  { "a+", "a", "b" }, false, 2 },
	{ "... who is better than nobody", { "a+", "a" }, false, 1 },
	{ "another kind is wanted", { "a", "b", "C" }, true, 2 },
	{ "... of a fresh operator, if there is one",
	  { "a", "B+", "B", "C" }, true, 3 },
	{ "... or of any", { "a", "B+", "B" }, true, 2 },
	{ "... and there is none", { "a", "b" }, true, 0 },
	{ "the first of two of another kind", { "A", "B" }, true, 0 },
};

START_TEST(test_next)
{
	const struct row *r = &rows[_i];
	struct quorum_vote votes[MOST] = { 0 };
	bool asked[MOST] = { false };
	size_t n = 0, got;

	for (; n < MOST && r->slots[n]; n++) {
		votes[n].operator = (unsigned int)tolower(r->slots[n][0]);
		votes[n].plain_dns = islower(r->slots[n][0]);
		asked[n] = r->slots[n][1] == '+';
	}
	got = order_next(votes, asked, n, r->other_kind);
	ck_assert_msg(got == (r->want == MOST ? n : r->want), "%s: %zu",
		      r->name, got);
}
END_TEST

START_TEST(test_sort)
{
	struct order_key keys[] = {
		{ .cost = 2, .index = 0 },
		{ .cost = 1, .rests = true, .index = 1 },
		{ .cost = 2, .index = 2 },
		{ .cost = 1, .random = 9, .index = 3 },
		{ .cost = 1, .random = 3, .index = 4 },
	};
	static const size_t want[] = { 4, 3, 0, 2, 1 };

	order_sort(keys, 5);
	for (size_t i = 0; i < 5; i++)
		ck_assert_uint_eq(keys[i].index, want[i]);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("order");
	TCase *tc = tcase_create("rows");

	tcase_add_loop_test(tc, test_next, 0, SUITE_COUNT(rows));
	tcase_add_test(tc, test_sort);
	suite_add_tcase(s, tc);
	return s;
}
