#include "config.h"

#include <check.h>
#include <string.h>

#include "daemon/record/own.h"
#include "tests/support/suite.h"

static struct addr nth(unsigned int n)
{
	return (struct addr){ .family = AF_INET,
			      .bytes = { 5, 6, 7, (uint8_t)n } };
}

static bool was(const struct own *o, unsigned int n)
{
	struct addr a = nth(n);

	for (size_t i = 0; i < o->n_were; i++)
		if (addr_equal(&o->were[i], &a))
			return true;
	return false;
}

START_TEST(test_comes_and_goes)
{
	struct own o = { 0 };
	struct addr one = nth(1), two = nth(2), none = { 0 };

	own_is(&o, &one);
	own_was(&o, &none);
	ck_assert_uint_eq(o.n_were, 0);
	own_was(&o, &one);
	own_was(&o, &one);
	own_is(&o, &two);
	ck_assert_uint_eq(o.n_were, 1);
	ck_assert(was(&o, 1) && addr_equal(&o.now4, &two));
	/* It is back. */
	own_was(&o, &two);
	own_is(&o, &one);
	ck_assert(!was(&o, 1) && was(&o, 2));
	ck_assert_int_eq(o.now6.family, 0);
	own_is(&o, &none);
	ck_assert(addr_equal(&o.now4, &one));
}
END_TEST

START_TEST(test_only_the_latest)
{
	struct own o = { 0 };

	for (unsigned int i = 0; i < OWN_MOST + 3; i++) {
		struct addr a = nth(i);

		own_was(&o, &a);
	}
	ck_assert_uint_eq(o.n_were, OWN_MOST);
	ck_assert(!was(&o, 0) && !was(&o, 2) && was(&o, 3));
	ck_assert(was(&o, OWN_MOST + 2));
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("own");
	TCase *tc = tcase_create("own");

	tcase_add_test(tc, test_comes_and_goes);
	tcase_add_test(tc, test_only_the_latest);
	suite_add_tcase(s, tc);
	return s;
}
