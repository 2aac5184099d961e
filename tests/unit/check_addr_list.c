#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <linux/if_addr.h>

#include "monitor/addr_list.h"
#include "tests/support/suite.h"

#define NOW_MS 1000000U
#define EVER   NL_ADDR_FOR_EVER

/* All that are no holes. */
static const struct monitor_addr *all_of(const struct addr_list *l,
					 size_t *ret_n)
{
	static struct monitor_addr all[2000];

	*ret_n = 0;
	ck_assert_uint_le(l->used, 2000);
	for (uint32_t i = 0; i < l->used; i++)
		if (l->items[i].addr.family != 0)
			all[(*ret_n)++] = l->items[i];
	return all;
}

static struct nl_addr address(const char *text, uint8_t prefix_len,
			      uint32_t flags, uint64_t now_ms,
			      uint32_t preferred_s)
{
	struct nl_addr a = { .preferred_s = preferred_s };

	ck_assert_int_eq(addr_parse(text, &a.addr.addr), 0);
	a.addr.peer = a.addr.addr;
	a.addr.prefix_len = prefix_len;
	a.addr.flags = flags;
	a.addr.preferred_until_ms = preferred_s == EVER ?
					    MONITOR_FOR_EVER :
					    now_ms + preferred_s * 1000ULL;
	a.addr.valid_until_ms = a.addr.preferred_until_ms;
	return a;
}

/* Announced with one lifetime; some time later comes a repeat. */
static const struct repeat {
	const char *name;
	uint32_t granted_s, later_s, again_s;
	uint32_t flags, flags_again;
	int news;
} repeats[] = {
	{ "the same, for ever", EVER, 100, EVER, 0, 0, 0 },
	{ "the same at once (replace)", 1800, 0, 1800, 0, 0, 0 },
	{ "a renewal by RA", 1800, 600, 1800, 0, 0, 0 },
	{ "a renewal at the last moment", 1800, 1799, 1800, 0, 0, 0 },
	{ "a repeat without renewal", 1800, 600, 1200, 0, 0, 0 },
	{ "... rounded", 1800, 600, 1198, 0, 0, 0 },
	{ "less, but not noticeably", 1800, 600, 1150, 0, 0, 0 },
	{ "noticeably less", 1800, 600, 1100, 0, 0, 1 },
	{ "a little more than granted before", 1800, 600, 1850, 0, 0, 0 },
	{ "noticeably more than granted before", 1800, 600, 3600, 0, 0, 1 },
	{ "from for ever", EVER, 0, 1800, 0, 0, 1 },
	{ "to for ever", 1800, 0, EVER, 0, 0, 1 },
	{ "deprecated", 1800, 600, 0, 0, IFA_F_DEPRECATED, 1 },
	{ "no longer tentative", EVER, 2, EVER, IFA_F_TENTATIVE, 0, 1 },
	{ "promoted", EVER, 2, EVER, IFA_F_SECONDARY, 0, 1 },
};

START_TEST(test_repeat)
{
	const struct repeat *r = &repeats[_i];
	uint64_t later = NOW_MS + r->later_s * 1000ULL;
	struct nl_addr a = address("2001:db8::1", 64, r->flags, NOW_MS,
				   r->granted_s);
	struct addr_list l = { 0 };
	const struct monitor_addr *all;
	size_t n;
	int news;

	ck_assert_int_eq(addr_list_put(&l, &a), 1);
	a = address("2001:db8::1", 64, r->flags_again, later, r->again_s);
	news = addr_list_put(&l, &a);
	ck_assert_msg(news == r->news, "%s: %d", r->name, news);
	all = all_of(&l, &n);
	ck_assert_uint_eq(n, 1);
	/* Told or not, the mirror knows. */
	ck_assert_uint_eq(all[0].preferred_until_ms, a.addr.preferred_until_ms);
	ck_assert_uint_eq(all[0].flags, r->flags_again);
	addr_list_done(&l);
}
END_TEST

/* A year of router advertisements, and repeats between them. */
START_TEST(test_a_year_of_renewals_is_silent)
{
	struct addr_list l = { 0 };
	struct nl_addr a = address("2001:db8::1", 64, 0, NOW_MS, 1800);
	uint64_t now = NOW_MS;

	ck_assert_int_eq(addr_list_put(&l, &a), 1);
	for (int i = 0; i < 365 * 24; i++) {
		now += 1000ULL * (uint32_t)(200 + i % 400);
		a = address("2001:db8::1", 64, 0, now, 1800);
		ck_assert_int_eq(addr_list_put(&l, &a), 0);
		a = address("2001:db8::1", 64, 0, now + 100000, 1699);
		ck_assert_int_eq(addr_list_put(&l, &a), 0);
	}
	addr_list_done(&l);
}
END_TEST

/* IPv4 may hold one address twice; each has to go by itself. */
START_TEST(test_one_address_twice)
{
	struct addr_list l = { 0 };
	struct nl_addr a = address("192.0.2.1", 24, 0, 0, EVER), b = a, c = a;
	size_t n;

	b.addr.prefix_len = 32;
	c.addr.peer.bytes[3] = 77;
	ck_assert_int_eq(addr_list_put(&l, &a), 1);
	ck_assert_int_eq(addr_list_put(&l, &b), 1);
	ck_assert_int_eq(addr_list_put(&l, &c), 1);
	ck_assert_int_eq(addr_list_put(&l, &c), 0);
	ck_assert_uint_eq(l.n4, 3);
	ck_assert(addr_list_drop(&l, &b));
	ck_assert(!addr_list_drop(&l, &b));
	(void)all_of(&l, &n);
	ck_assert_uint_eq(n, 2);
	ck_assert(addr_list_drop(&l, &c));
	ck_assert(addr_list_drop(&l, &a));
	ck_assert_uint_eq(l.n4, 0);
	addr_list_done(&l);
}
END_TEST

/* Against a plain array, with few and with many, read now and then. */
START_TEST(test_against_a_plain_array)
{
	enum { POOL = 600 };
	static unsigned int plain[POOL];
	unsigned int n = 0, limit = _i == 0 ? 12 : POOL;
	struct addr_list l = { 0 };
	const struct monitor_addr *all;
	size_t got;

	srandom((unsigned int)_i + 1);
	for (int step = 0; step < 60000; step++) {
		unsigned int which = (unsigned int)random() % limit, at = 0;
		struct nl_addr a = { .preferred_s = EVER };

		a.addr.addr.family = which % 2 ? AF_INET : AF_INET6;
		memcpy(a.addr.addr.bytes, &which, sizeof(which));
		while (at < n && plain[at] != which)
			at++;
		if (random() % 2) {
			ck_assert_int_eq(addr_list_put(&l, &a), at == n);
			if (at == n)
				plain[n++] = which;
		} else {
			ck_assert(addr_list_drop(&l, &a) == (at < n));
			if (at < n)
				memmove(&plain[at], &plain[at + 1],
					(--n - at) * sizeof(plain[0]));
		}
		ck_assert((addr_list_get(&l, &a.addr.addr) != NULL) ==
			  (n > 0 && at < n ? plain[at] == which :
			   n > 0 && plain[n - 1] == which));
		if (random() % 50)
			continue;
		/* Whoever reads them does not pay for too many holes. */
		ck_assert_uint_le(l.used, 2 * n + 40);
		all = all_of(&l, &got);
		ck_assert_uint_eq(got, n);
		for (unsigned int i = 0; i < n; i++)
			ck_assert(memcmp(all[i].addr.bytes, &plain[i],
					 sizeof(plain[i])) == 0);
	}
	ck_assert_uint_le(l.size, 4 * POOL);
	addr_list_done(&l);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("addr_list");
	TCase *tc = tcase_create("rows");

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, test_repeat, 0, SUITE_COUNT(repeats));
	tcase_add_test(tc, test_a_year_of_renewals_is_silent);
	tcase_add_test(tc, test_one_address_twice);
	tcase_add_loop_test(tc, test_against_a_plain_array, 0, 2);
	suite_add_tcase(s, tc);
	return s;
}
