#include "config.h"

#include <string.h>

#include "monitor/news.h"
#include "tests/support/suite.h"

static struct news n;

static struct addr address(unsigned int i)
{
	return (struct addr){
		.family = AF_INET,
		.bytes = { 192, 0, (uint8_t)(i >> 8), (uint8_t)i },
	};
}

static void note(int ifindex, unsigned int i, uint64_t ns)
{
	struct addr a = address(i);

	news_addr(&n, ifindex, &a, ns);
}

/* How many addresses of the interface; -1: all of it. */
static int touched(int ifindex)
{
	size_t count;
	const struct monitor_touch *t = news_touched(&n, ifindex, &count);
	int own = t ? 0 : -1;

	for (size_t i = 0; i < count; i++)
		own += t[i].ifindex == ifindex;
	return own;
}

static void setup(void)
{
	memset(&n, 0, sizeof(n));
}

START_TEST(test_addresses)
{
	ck_assert_uint_eq(news_since_ns(&n), UINT64_MAX);
	note(2, 1, 100);
	note(2, 2, 200);
	note(2, 1, 300);
	note(3, 1, 400);
	ck_assert_uint_eq(n.n_links, 2);
	ck_assert_uint_eq(news_since_ns(&n), 100);
	ck_assert_uint_eq(n.links[1].heard_ns, 400);
	ck_assert_int_eq(touched(2), 2);
	ck_assert_int_eq(touched(3), 1);
	ck_assert_int_eq(touched(4), -1);
	news_link(&n, 2, 500);
	note(2, 7, 600);
	ck_assert_int_eq(touched(2), -1);
	ck_assert_int_eq(touched(3), 1);
	news_clear(&n);
	ck_assert_uint_eq(news_since_ns(&n), UINT64_MAX);
	ck_assert_int_eq(touched(3), -1);
}
END_TEST

/* What does not fit is told less exactly. */
START_TEST(test_too_many)
{
	for (unsigned int i = 0; i < NEWS_ADDRS; i++)
		note(2, i, 100);
	ck_assert_int_eq(touched(2), NEWS_ADDRS);
	note(3, 1, 200);
	ck_assert_int_eq(touched(3), -1);
	note(2, 5000, 200);
	ck_assert_int_eq(touched(2), -1);
	for (int i = 0; i < NEWS_LINKS - 2; i++)
		news_link(&n, 10 + i, 300);
	ck_assert(!n.all);
	news_link(&n, 5000, 400);
	ck_assert(n.all);
	ck_assert_uint_eq(news_since_ns(&n), 100);
	ck_assert_uint_eq(n.n_links, 0);
	note(2, 1, 500);
	ck_assert_int_eq(touched(2), -1);
	ck_assert_uint_eq(news_since_ns(&n), 100);
}
END_TEST

START_TEST(test_all)
{
	news_link(&n, 0, 100);
	ck_assert(n.all);
	news_all(&n, 200);
	ck_assert_uint_eq(news_since_ns(&n), 100);
	news_clear(&n);
	news_link(&n, 4, 300);
	ck_assert_uint_eq(news_since_ns(&n), 300);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("news");
	TCase *tc = tcase_create("rows");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, test_addresses);
	tcase_add_test(tc, test_too_many);
	tcase_add_test(tc, test_all);
	suite_add_tcase(s, tc);
	return s;
}
