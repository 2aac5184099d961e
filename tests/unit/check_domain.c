#include "config.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "config/domain.h"
#include "tests/support/suite.h"

#define L63 "a23456789-123456789-123456789-123456789-123456789-123456789-123"
#define L61 "a23456789-123456789-123456789-123456789-123456789-123456789-1"

static const char other[] =
	"it holds a character other than letters, digits and \"-\"";

static const struct row {
	const char *text;
	const char *want; /* NULL: refused */
	const char *why;
} rows[] = {
	{ "home.example.org", "home.example.org", NULL },
	{ "Home.EXAMPLE.Org.", "home.example.org", NULL },
	{ "lan", "lan", NULL },
	{ "3com.example", "3com.example", NULL },
	{ "1.2.example", "1.2.example", NULL },
	{ "r3---sn-4g5e.example", "r3---sn-4g5e.example", NULL },
	{ "*.example.org", "*.example.org", NULL },
	{ "_acme-challenge.example.org", "_acme-challenge.example.org", NULL },
	{ "xn--bcher-kva.example", "xn--bcher-kva.example", NULL },
	{ L63 ".example", L63 ".example", NULL },
	{ L63 "." L63 "." L63 "." L61, L63 "." L63 "." L63 "." L61, NULL },
	{ L63 "." L63 "." L63 "." L61 ".", L63 "." L63 "." L63 "." L61, NULL },
	{ "", NULL, "it is empty" },
	{ ".", NULL, "a label is empty" },
	{ "..", NULL, "a label is empty" },
	{ ".example", NULL, "a label is empty" },
	{ "a..example", NULL, "a label is empty" },
	{ "example..", NULL, "a label is empty" },
	{ L63 "4.example", NULL, "a label is longer than 63 characters" },
	{ L63 "." L63 "." L63 "." L61 "2", NULL,
	  "it is longer than 253 characters" },
	{ "-a.example", NULL, "a label begins or ends with \"-\"" },
	{ "a-.example", NULL, "a label begins or ends with \"-\"" },
	{ "-", NULL, "a label begins or ends with \"-\"" },
	{ "a_b.example", NULL, "\"_\" stands only at a label's start" },
	{ "_.example", NULL, "a label is only \"_\"" },
	{ "a.*.example", NULL, "\"*\" stands only at the beginning" },
	{ "a*.example", NULL, other },
	{ "a b.example", NULL, other },
	{ " a.example", NULL, other },
	{ "a/b.example", NULL, other },
	{ "a:53", NULL, other },
	{ "2001:db8::1", NULL, other },
	{ "a\\.example", NULL, other },
	{ "a\x7f.example", NULL, other },
	{ "192.0.2.1", NULL, "its last label is a number" },
	{ "example.123.", NULL, "its last label is a number" },
	{ "7", NULL, "its last label is a number" },
	{ "XN--.example", NULL, "a label begins or ends with \"-\"" },
#ifdef HAVE_IDN
	{ "B\xc3\x9c" "CHER.Example", "xn--bcher-kva.example", NULL },
	{ "*.b\xc3\xbc" "cher.example.", "*.xn--bcher-kva.example", NULL },
	{ "fa\xc3\x9f.de", "xn--fa-hia.de", NULL },
	{ "b\xc3\xbc" "cher\xe3\x80\x82" "example", "xn--bcher-kva.example",
	  NULL },
	{ "\xe4\xbe\x8b\xe3\x81\x88.\xe3\x83\x86\xe3\x82\xb9\xe3\x83\x88",
	  "xn--r8jz45g.xn--zckzah", NULL },
	{ "a b.\xc3\xbc", NULL, other },
	{ "a..\xc3\xbc", NULL, "a label is empty" },
	{ "1.2.3.\xef\xbc\x94", NULL, "its last label is a number" },
	{ "\xff.example", NULL, "it is not UTF-8" },
	{ "a.\xc3", NULL, "it is not UTF-8" },
	{ "-\xc3\xbc.example", NULL,
	  "it is no internationalized name (IDNA 2008)" },
	{ "xn--\xc3\xbc.example", NULL,
	  "it is no internationalized name (IDNA 2008)" },
	{ "\xc2\x80.example", NULL,
	  "it is no internationalized name (IDNA 2008)" },
#endif
};

START_TEST(test_row)
{
	const struct row *row = &rows[_i];
	char got[DOMAIN_SIZE] = "untouched";
	const char *why = "untouched";
	int r = domain_normalize(row->text, got, &why);

	if (row->want) {
		ck_assert_msg(r == 0, "%s: %s", row->text, why);
		ck_assert_str_eq(got, row->want);
		ck_assert_str_eq(why, "untouched");
	} else {
		ck_assert_msg(r == -EINVAL, "%s: %d, %s", row->text, r, got);
		ck_assert_str_eq(why, row->why);
		ck_assert_str_eq(got, "untouched");
	}
}
END_TEST

START_TEST(test_without_idna)
{
#ifndef HAVE_IDN
	char got[DOMAIN_SIZE] = "untouched";
	const char *why = "untouched";

	ck_assert_int_eq(domain_normalize("b\xc3\xbc" "cher.example", got,
					  &why), -EOPNOTSUPP);
	ck_assert_str_eq(got, "untouched");
#endif
}
END_TEST

static const struct within_row {
	const char *name, *parent;
	bool want;
} withins[] = {
	{ "a.example", "example", true },
	{ "a.b.example", "example", true },
	{ "example", "example", true },
	{ "example", "", true },
	{ "", "", true },
	{ "", "example", false },
	{ "myexample", "example", false },
	{ "example", "a.example", false },
	{ "example.org", "example", false },
};

START_TEST(test_within)
{
	const struct within_row *row = &withins[_i];

	ck_assert_msg(domain_is_within(row->name, row->parent) == row->want,
		      "%s in %s", row->name, row->parent);
}
END_TEST

START_TEST(test_parent)
{
	ck_assert_str_eq(domain_parent("a.b.example"), "b.example");
	ck_assert_str_eq(domain_parent("example"), "");
	ck_assert_ptr_null(domain_parent(""));
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("domain");
	TCase *tc = tcase_create("domain");

	tcase_add_loop_test(tc, test_row, 0, SUITE_COUNT(rows));
	tcase_add_test(tc, test_without_idna);
	tcase_add_loop_test(tc, test_within, 0, SUITE_COUNT(withins));
	tcase_add_test(tc, test_parent);
	suite_add_tcase(s, tc);
	return s;
}
