#include "config.h"

#include <check.h>
#include <stdint.h>
#include <string.h>

#include "base/keep.h"
#include "tests/support/suite.h"

#define N 3000

static const size_t sizes[] = { 0, 1, 15, 16, 17, 18, 304, 1023, 1024, 1025,
				70000 };

static void is_all(const unsigned char *p, size_t size, unsigned char value)
{
	size_t i = 0;

	while (i < size && p[i] == value)
		i++;
	ck_assert_uint_eq(i, size);
}

/* Many live at once; none touches another; a second use is all zero too. */
START_TEST(test_size)
{
	size_t size = sizes[_i], n = size > 2000 ? 10 : N;
	static unsigned char *p[N];

	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < n; i++) {
			p[i] = keep_alloc(size);
			if (!p[i])
				ck_abort_msg("no memory");
			if ((uintptr_t)p[i] % 16 != 0)
				ck_abort_msg("not aligned");
			is_all(p[i], size, 0);
			memset(p[i], (int)(i % 255 + 1), size);
		}
		for (size_t i = 0; i < n; i++)
			is_all(p[i], size, (unsigned char)(i % 255 + 1));
		for (size_t i = 0; i < n; i++)
			keep_free(p[i], size);
	}
}
END_TEST

START_TEST(test_text)
{
	char *empty = keep_text(""), *text = keep_text("example.org");

	ck_assert_str_eq(empty, "");
	ck_assert_str_eq(text, "example.org");
	ck_assert_ptr_null(keep_text(NULL));
	keep_text_free(empty);
	keep_text_free(text);
	keep_text_free(NULL);
	keep_free(NULL, 5);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("keep");
	TCase *tc = tcase_create("keep");

	tcase_add_loop_test(tc, test_size, 0, SUITE_COUNT(sizes));
	tcase_add_test(tc, test_text);
	suite_add_tcase(s, tc);
	return s;
}
