#include "config.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "tests/support/suite.h"

static const struct number_row {
	const char *text;
	uint32_t max;
	int want;
	uint32_t n;
} numbers[] = {
	{ "0", 10, 0, 0 },
	{ "10", 10, 0, 10 },
	{ "007", 10, 0, 7 },
	{ "4294967295", UINT32_MAX, 0, UINT32_MAX },
	{ "11", 10, -ERANGE, 0 },
	{ "4294967296", UINT32_MAX, -ERANGE, 0 },
	{ "99999999999999999999999", UINT32_MAX, -ERANGE, 0 },
	{ "", 10, -EINVAL, 0 },
	{ "-1", 10, -EINVAL, 0 },
	{ "+1", 10, -EINVAL, 0 },
	{ " 1", 10, -EINVAL, 0 },
	{ "1 ", 10, -EINVAL, 0 },
	{ "0x1", 10, -EINVAL, 0 },
};

START_TEST(test_number)
{
	const struct number_row *row = &numbers[_i];
	uint32_t n = 4711;
	int r = str_to_u32(row->text, row->max, &n);

	ck_assert_msg(r == row->want, "%s: %d", row->text, r);
	ck_assert_uint_eq(n, r == 0 ? row->n : 4711);
}
END_TEST

static const struct duration_row {
	const char *text;
	int want;
	uint64_t ms;
	const char *back; /* as it is printed; NULL: the same */
} durations[] = {
	{ "0", 0, 0, "0s" },
	{ "0d", 0, 0, "0s" },
	{ "1500ms", 0, 1500, NULL },
	{ "30s", 0, 30000, NULL },
	{ "60s", 0, 60000, "1m" },
	{ "5m", 0, 300000, NULL },
	{ "90m", 0, 5400000, NULL },
	{ "1h", 0, 3600000, NULL },
	{ "2d", 0, 172800000, NULL },
	{ "3660d", 0, 316224000000, NULL },
	{ "3661d", -ERANGE, 0, NULL },
	{ "4294967296ms", -ERANGE, 0, NULL },
	{ "99999999999999999999s", -ERANGE, 0, NULL },
	{ "", -EINVAL, 0, NULL },
	{ "30", -EINVAL, 0, NULL },
	{ "00", -EINVAL, 0, NULL },
	{ "s", -EINVAL, 0, NULL },
	{ "-1s", -EINVAL, 0, NULL },
	{ "1.5s", -EINVAL, 0, NULL },
	{ "1S", -EINVAL, 0, NULL },
	{ "1 s", -EINVAL, 0, NULL },
	{ "1h30m", -EINVAL, 0, NULL },
	{ "1w", -EINVAL, 0, NULL },
};

START_TEST(test_duration)
{
	const struct duration_row *row = &durations[_i];
	uint64_t ms = 4711;
	char text[32];
	int r = str_to_duration_ms(row->text, &ms);

	ck_assert_msg(r == row->want, "%s: %d", row->text, r);
	ck_assert_uint_eq(ms, r == 0 ? row->ms : 4711);
	if (r == 0)
		ck_assert_str_eq(str_duration(ms, text, sizeof(text)),
				 row->back ? row->back : row->text);
}
END_TEST

static const struct printable_row {
	const char *name;
	const char *text;
	size_t len; /* 0: strlen() */
	size_t max;
	const char *want;
} printables[] = {
	{ "plain", "good 192.0.2.1", 0, 200, "good 192.0.2.1" },
	{ "nothing", "", 0, 200, "" },
	{ "line ends and runs of blanks", " a\r\n\t b \n", 0, 200, "a b" },
	{ "terminal escapes", "\x1b[31mred\x7f", 0, 200, "?[31mred?" },
	{ "NUL", "a\0b", 3, 200, "a?b" },
	{ "UTF-8 stays", "B\xc3\xbc" "cher \xf0\x9f\x98\x80", 0, 200,
	  "B\xc3\xbc" "cher \xf0\x9f\x98\x80" },
	{ "C1 controls", "a\xc2\x9b" "b", 0, 200, "a??b" },
	{ "overlong", "\xc0\xaf\xe0\x80\xaf", 0, 200, "?????" },
	{ "surrogate", "\xed\xa0\x80", 0, 200, "???" },
	{ "above U+10FFFF", "\xf4\x90\x80\x80", 0, 200, "????" },
	{ "cut in the middle of a sequence", "a\xe2\x82", 0, 200, "a??" },
	{ "line separator and direction override",
	  "\xe2\x80\xa8\xe2\x80\xae", 0, 200, "??????" },
	{ "exactly as long as allowed", "abcd", 0, 4, "abcd" },
	{ "one too long", "abcde", 0, 4, "abcd\xe2\x80\xa6" },
	{ "no sequence is cut", "abc\xc3\xbc", 0, 4, "abc\xe2\x80\xa6" },
	{ "blanks at the end do not count", "abcd   ", 0, 4, "abcd" },
	{ "little room", "0123456789", 0, 200, "01234567\xe2\x80\xa6" },
};

START_TEST(test_printable)
{
	const struct printable_row *row = &printables[_i];
	size_t len = row->len ? row->len : strlen(row->text);
	bool little = strcmp(row->name, "little room") == 0;
	char *copy = malloc(len ? len : 1), out[256];

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, row->text, len);
	(void)str_printable(copy, len, row->max, out,
			    little ? 12 : sizeof(out));
	ck_assert_msg(strcmp(out, row->want) == 0, "%s: %s", row->name, out);
	free(copy);
}
END_TEST

START_TEST(test_nearest)
{
	static const char *const words[] = { "interfaces", "ttl", "provider",
					     "on-loss", "on-stop", NULL };
	static const struct {
		const char *word, *want;
	} rows[] = {
		{ "interfces", "interfaces" },
		{ "Interfaces", "interfaces" },
		{ "inetrfaces", "interfaces" },
		{ "interface", "interfaces" },
		{ "tll", "ttl" },
		{ "tt", "ttl" },
		{ "porvider", "provider" },
		{ "on-los", "on-loss" },
		{ "x", NULL },
		{ "", NULL },
		{ "password", NULL },
		{ "a-very-long-word-that-is-longer-than-forty-letters", NULL },
	};

	for (int i = 0; i < SUITE_COUNT(rows); i++) {
		const char *got = str_nearest(rows[i].word, words);

		ck_assert_msg((!got && !rows[i].want) ||
			      (got && rows[i].want &&
			       strcmp(got, rows[i].want) == 0),
			      "%s: %s", rows[i].word, got ? got : "none");
	}
}
END_TEST

START_TEST(test_small)
{
	char text[] = "MiXeD-\xc3\x84";
	char *copy;

	str_lower(text);
	ck_assert_str_eq(text, "mixed-\xc3\x84");
	ck_assert_int_eq(str_case_compare("ABC", "abc"), 0);
	ck_assert_int_lt(str_case_compare("ab", "ABC"), 0);
	ck_assert_int_gt(str_case_compare("b", "A"), 0);
	ck_assert(str_glob("ppp*", "ppp0"));
	ck_assert(str_glob("eth[0-1]", "eth1"));
	ck_assert(!str_glob("eth?", "eth10"));
	ck_assert_ptr_null(str_dup(NULL));
	copy = str_dupf("%d-%s", 1, "a");
	ck_assert_str_eq(copy, "1-a");
	str_wipe(copy);
	ck_assert_int_eq(copy[0] | copy[1] | copy[2], 0);
	str_wipe_free(copy);
	str_wipe(NULL);
	str_wipe_free(NULL);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("str");
	TCase *tc = tcase_create("str");

	tcase_add_loop_test(tc, test_number, 0, SUITE_COUNT(numbers));
	tcase_add_loop_test(tc, test_duration, 0, SUITE_COUNT(durations));
	tcase_add_loop_test(tc, test_printable, 0, SUITE_COUNT(printables));
	tcase_add_test(tc, test_nearest);
	tcase_add_test(tc, test_small);
	suite_add_tcase(s, tc);
	return s;
}
