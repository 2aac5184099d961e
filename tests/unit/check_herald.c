/*
 * What is told when, and what a second time.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "monitor/herald.h"
#include "tests/support/suite.h"

static struct ev_loop *loop;
static struct herald h;
static char said[128];
static bool repeat;

static void changed(void *user, int ifindex, uint64_t heard_ns)
{
	size_t n;
	const struct monitor_touch *t = news_touched(h.told, ifindex, &n);
	size_t len = strlen(said);

	ck_assert_ptr_eq(user, &h);
	(void)snprintf(said + len, sizeof(said) - len, "%d@%llu%s ", ifindex,
		       (unsigned long long)heard_ns, t ? "" : "!");
	if (repeat)
		herald_repeat(&h);
}

/* Turns the loop for 60 ms: three times what a second telling waits. */
static void told(const char *now, const char *later)
{
	ev_tstamp end;

	ev_run(loop, EVRUN_NOWAIT);
	ck_assert_str_eq(said, now);
	said[0] = '\0';
	ev_now_update(loop);
	for (end = ev_now(loop) + 0.06; ev_now(loop) < end;) {
		ev_sleep(0.002);
		ev_run(loop, EVRUN_NOWAIT);
	}
	ck_assert_str_eq(said, later);
	said[0] = '\0';
}

static struct addr parsed(const char *text)
{
	struct addr a;

	ck_assert_int_eq(addr_parse(text, &a), 0);
	return a;
}

static void hear(int ifindex, const char *addr, uint64_t heard_ns)
{
	struct addr a = parsed(addr);

	news_addr(h.news, ifindex, &a, heard_ns);
	h.early = true;
}

static void setup(void)
{
	loop = ev_loop_new(0);
	memset(&h, 0, sizeof(h));
	said[0] = '\0';
	repeat = true;
	herald_init(&h, loop, changed, &h);
}

static void teardown(void)
{
	herald_stop(&h);
	ev_loop_destroy(loop);
}

START_TEST(test_twice)
{
	hear(2, "5.6.7.8", 7);
	herald_start(&h);
	told("2@7 ", "2@7 ");
	/* That was all. */
	told("", "");
}
END_TEST

/* Who did not ask the kernel has heard all there is. */
START_TEST(test_once_where_nobody_asked)
{
	repeat = false;
	hear(2, "5.6.7.8", 7);
	herald_start(&h);
	told("2@7 ", "");
}
END_TEST

/* Links and routes the kernel tells of when all is done. */
START_TEST(test_once_what_is_not_early)
{
	news_link(h.news, 3, 8);
	herald_start(&h);
	told("3@8! ", "");
	news_all(h.news, 9);
	herald_start(&h);
	told("0@9! ", "");
}
END_TEST

/* What comes within the 20 ms is told at once, and all of it again. */
START_TEST(test_gathered)
{
	hear(2, "5.6.7.8", 7);
	herald_start(&h);
	ev_run(loop, EVRUN_NOWAIT);
	ck_assert_str_eq(said, "2@7 ");
	said[0] = '\0';
	hear(3, "5.6.9.8", 8);
	hear(2, "5.6.7.9", 9);
	herald_start(&h);
	told("3@8 2@9 ", "2@7 3@8 ");
}
END_TEST

/* With a link's news, the link is to be looked at in whole both times. */
START_TEST(test_link_and_address)
{
	hear(2, "5.6.7.8", 7);
	news_link(h.news, 2, 8);
	herald_start(&h);
	told("2@7! ", "2@7! ");
}
END_TEST

/* Ended: nothing more is said. */
START_TEST(test_stop)
{
	hear(2, "5.6.7.8", 7);
	herald_start(&h);
	herald_stop(&h);
	told("", "");
	herald_start(&h);
	ev_run(loop, EVRUN_NOWAIT);
	herald_stop(&h);
	told("2@7 ", "");
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("herald");
	TCase *tc = tcase_create("herald");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_twice);
	tcase_add_test(tc, test_once_where_nobody_asked);
	tcase_add_test(tc, test_once_what_is_not_early);
	tcase_add_test(tc, test_gathered);
	tcase_add_test(tc, test_link_and_address);
	tcase_add_test(tc, test_stop);
	suite_add_tcase(s, tc);
	return s;
}
