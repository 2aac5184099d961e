#include "config.h"

#include <errno.h>
#include <string.h>

#include "resolver/natpmp.h"
#include "tests/support/suite.h"

#define BYTES(...) { __VA_ARGS__ }, sizeof((uint8_t[]){ __VA_ARGS__ })

static const struct row {
	const char *name;
	uint8_t data[16];
	size_t len;
	int want;
	unsigned int result;
	const char *addr;
} rows[] = {
	{ "an address", BYTES(0, 128, 0, 0, 0, 0, 1, 2, 5, 6, 7, 9), 0, 0,
	  "5.6.7.9" },
	{ "of nobody", BYTES(0, 128, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0), 0, 0,
	  "0.0.0.0" },
	{ "no lease yet", BYTES(0, 128, 0, 3, 0, 0, 1, 2, 0, 0, 0, 0), 0, 3,
	  "none" },
	{ "an error without room for an address",
	  BYTES(0, 128, 0, 3, 0, 0, 1, 2), 0, 3, "none" },
	{ "an error keeps no address",
	  BYTES(0, 128, 0, 2, 0, 0, 1, 2, 5, 6, 7, 9), 0, 2, "none" },
	{ "it speaks PCP only", BYTES(0, 128, 0, 1, 0, 0, 1, 2), 0, 1,
	  "none" },
	{ "a PCP message", BYTES(2, 128, 0, 1, 0, 0, 1, 2), -EAGAIN, 0, "" },
	{ "an answer about a mapping",
	  BYTES(0, 129, 0, 0, 0, 0, 1, 2, 5, 6, 7, 9), -EAGAIN, 0, "" },
	{ "a request", BYTES(0, 0), -EAGAIN, 0, "" },
	{ "cut", BYTES(0, 128, 0, 0, 0, 0, 1, 2, 5, 6, 7), -EAGAIN, 0, "" },
	{ "too long", BYTES(0, 128, 0, 0, 0, 0, 1, 2, 5, 6, 7, 9, 0),
	  -EAGAIN, 0, "" },
	{ "a success without address", BYTES(0, 128, 0, 0, 0, 0, 1, 2),
	  -EAGAIN, 0, "" },
	{ "nothing", { 0 }, 0, -EAGAIN, 0, "" },
};

START_TEST(test_row)
{
	const struct row *r = &rows[_i];
	struct natpmp_answer a = { .epoch_s = 99 };
	char text[ADDR_STRLEN];
	int rc = natpmp_read(r->data, r->len, &a);

	ck_assert_msg(rc == r->want, "%s: %d", r->name, rc);
	if (rc < 0) {
		ck_assert_uint_eq(a.epoch_s, 99); /* untouched */
		return;
	}
	ck_assert_uint_eq(a.result, r->result);
	ck_assert_uint_eq(a.epoch_s, 258);
	ck_assert_str_eq(addr_print(&a.addr, text), r->addr);
}
END_TEST

START_TEST(test_words)
{
	for (unsigned int i = 0; i < 9; i++)
		ck_assert_str_ne(natpmp_result_text(i), "");
	ck_assert_uint_eq(natpmp_request[0], 0);
	ck_assert_uint_eq(natpmp_request[1], 0);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("natpmp");
	TCase *tc = tcase_create("rows");

	tcase_add_loop_test(tc, test_row, 0, SUITE_COUNT(rows));
	tcase_add_test(tc, test_words);
	suite_add_tcase(s, tc);
	return s;
}
