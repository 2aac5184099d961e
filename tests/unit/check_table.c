#include "config.h"

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "monitor/table.h"
#include "tests/support/suite.h"

#define UP (IFF_UP | IFF_RUNNING)

static struct table *t;

static void setup(void)
{
	t = table_new();
	ck_assert_ptr_nonnull(t);
}

static void teardown(void)
{
	table_free(t);
}

static int link_is(int ifindex, uint32_t flags, const char *name)
{
	struct nl_link l = { .link = { .ifindex = ifindex, .flags = flags } };

	strcpy(l.link.name, name);
	return table_take_link(t, &l);
}

static int link_gone(int ifindex)
{
	struct nl_link l = { .gone = true, .link = { .ifindex = ifindex } };

	return table_take_link(t, &l);
}

static int addr_is(int ifindex, const char *text, bool gone)
{
	struct nl_addr a = { .gone = gone, .preferred_s = NL_ADDR_FOR_EVER };

	ck_assert_int_eq(addr_parse(text, &a.addr.addr), 0);
	a.addr.peer = a.addr.addr;
	a.addr.ifindex = ifindex;
	a.addr.preferred_until_ms = MONITOR_FOR_EVER;
	return table_take_addr(t, &a);
}

static struct nl_route route(int family, int ifindex, const char *gateway,
			     uint32_t metric)
{
	struct nl_route r = {
		.unicast = true,
		.route = {
			.family = family,
			.ifindex = ifindex,
			.table = RT_TABLE_MAIN,
			.metric = metric,
		},
	};

	r.key.dst.family = r.key.src.family = (uint16_t)family;
	ck_assert_int_eq(addr_parse(gateway, &r.route.gateway), 0);
	return r;
}

static size_t addresses(int ifindex)
{
	size_t n, holes = 0;
	const struct monitor_addr *a = table_addrs(t, ifindex, &n);

	for (size_t i = 0; i < n; i++)
		holes += a[i].addr.family == 0;
	return n - holes;
}

static size_t routes(void)
{
	size_t n;

	(void)table_routes(t, &n);
	return n;
}

START_TEST(test_links_in_order)
{
	const struct monitor_link *links;
	size_t n;

	for (int i = 40; i > 0; i--)
		ck_assert_int_eq(link_is((i * 7) % 41, UP, "x"), TABLE_CHANGED);
	links = table_links(t, &n);
	ck_assert_uint_eq(n, 40);
	for (size_t i = 0; i < n; i++)
		ck_assert_int_eq(links[i].ifindex, (int)i + 1);
	ck_assert_int_eq(link_gone(7), TABLE_CHANGED | TABLE_FLUSH);
	ck_assert_ptr_null(table_link(t, 7));
	ck_assert_ptr_nonnull(table_link(t, 8));
	ck_assert_int_eq(link_gone(7), TABLE_FLUSH);
}
END_TEST

START_TEST(test_link_news)
{
	ck_assert_int_eq(link_is(2, UP, "eth0"), TABLE_CHANGED);
	ck_assert_int_eq(link_is(2, UP, "eth0"), TABLE_SAME);
	/* tcpdump comes and goes. */
	ck_assert_int_eq(link_is(2, UP | IFF_PROMISC, "eth0"), TABLE_SAME);
	ck_assert_int_eq(link_is(2, IFF_UP, "eth0"), TABLE_CHANGED);
	/* Renamed: the addresses stay. */
	ck_assert_int_eq(addr_is(2, "192.0.2.1", false), TABLE_CHANGED);
	ck_assert_int_eq(link_is(2, IFF_UP, "wan"), TABLE_CHANGED);
	ck_assert_str_eq(table_link(t, 2)->name, "wan");
	ck_assert_uint_eq(addresses(2), 1);
	/* Deleted, or moved to another namespace: they go with it. */
	ck_assert_int_eq(link_gone(2), TABLE_CHANGED | TABLE_FLUSH);
	ck_assert_int_eq(link_is(2, 0, "wan"),
			 TABLE_CHANGED | TABLE_FLUSH);
	ck_assert_uint_eq(addresses(2), 0);
}
END_TEST

START_TEST(test_addresses)
{
	/* Its link is not known: that was announced before, or has gone. */
	ck_assert_int_eq(addr_is(2, "192.0.2.1", false), TABLE_SAME);
	link_is(2, UP, "a");
	link_is(3, UP, "b");
	ck_assert_int_eq(addr_is(2, "192.0.2.1", false), TABLE_CHANGED);
	ck_assert_int_eq(addr_is(2, "192.0.2.1", false), TABLE_SAME);
	ck_assert_int_eq(addr_is(3, "192.0.2.1", false), TABLE_CHANGED);
	/* Never announced (IPv6, from the kernel's workqueue). */
	ck_assert_int_eq(addr_is(2, "2001:db8::1", true), TABLE_SAME);
	ck_assert_int_eq(addr_is(2, "192.0.2.1", true),
			 TABLE_CHANGED | TABLE_FLUSH);
	ck_assert_uint_eq(addresses(2), 0);
	ck_assert_uint_eq(addresses(3), 1);
}
END_TEST

/* What the kernel flushes without a word. */
START_TEST(test_silent_flush)
{
	struct nl_route r4 = route(AF_INET, 2, "192.0.2.254", 0);
	struct nl_route r6 = route(AF_INET6, 2, "fe80::1", 0);

	link_is(2, UP, "a");
	addr_is(2, "192.0.2.1", false);
	addr_is(2, "192.0.2.2", false);
	ck_assert_int_eq(table_take_route(t, &r4), TABLE_CHANGED);
	ck_assert_int_eq(table_take_route(t, &r6), TABLE_CHANGED);
	addr_is(2, "192.0.2.1", true);
	ck_assert_uint_eq(routes(), 2);
	/* The last IPv4 address: IPv4 routes only. */
	ck_assert_int_eq(addr_is(2, "192.0.2.2", true),
			 TABLE_CHANGED | TABLE_FLUSH | TABLE_ROUTES);
	ck_assert_uint_eq(routes(), 1);
	table_take_route(t, &r4);
	ck_assert_int_eq(link_is(2, 0, "a"),
			 TABLE_CHANGED | TABLE_FLUSH);
	ck_assert_uint_eq(routes(), 0);
	/* A route replayed after a dump, then the link's word that undoes it. */
	table_take_route(t, &r4);
	ck_assert_int_eq(link_is(2, 0, "a"),
			 TABLE_CHANGED | TABLE_FLUSH);
	ck_assert_uint_eq(routes(), 0);
}
END_TEST

START_TEST(test_routes)
{
	struct nl_route a = route(AF_INET, 2, "192.0.2.254", 0);
	struct nl_route b = route(AF_INET, 3, "198.51.100.254", 0);
	struct nl_route dead = route(AF_INET, 1, "192.0.2.254", 0);
	size_t n;

	ck_assert_int_eq(table_take_route(t, &a), TABLE_CHANGED);
	ck_assert_int_eq(table_take_route(t, &a), TABLE_SAME);
	b.replaces = true;
	ck_assert_int_eq(table_take_route(t, &b), TABLE_CHANGED);
	ck_assert_uint_eq(routes(), 1);
	ck_assert_int_eq(table_routes(t, &n)->ifindex, 3);
	/* Replaced by one that leads nowhere. */
	dead.unicast = false;
	dead.replaces = true;
	ck_assert_int_eq(table_take_route(t, &dead), TABLE_CHANGED);
	ck_assert_uint_eq(routes(), 0);
	/* Two of one key, and one replaces whichever comes first. */
	b.replaces = false;
	table_take_route(t, &a);
	table_take_route(t, &b);
	dead = route(AF_INET, 4, "192.0.2.77", 0);
	dead.replaces = true;
	ck_assert_int_eq(table_take_route(t, &dead),
			 TABLE_CHANGED | TABLE_DOUBT);
	b.gone = true;
	ck_assert_int_eq(table_take_route(t, &b), TABLE_CHANGED);
	ck_assert_int_eq(table_take_route(t, &b), TABLE_SAME);
}
END_TEST

/* What happens to several next hops is not all told. */
START_TEST(test_many)
{
	struct nl_route r = route(AF_INET, 2, "192.0.2.254", 0);
	size_t n;

	r.many = true;
	link_is(2, UP, "a");
	addr_is(2, "192.0.2.1", false);
	r.n_hops = 3;
	r.hops[0] = (struct nl_route_hop){ .ifindex = 2, .weight = 3 };
	r.hops[1] = (struct nl_route_hop){ .ifindex = 3, .weight = 2 };
	r.hops[2] = (struct nl_route_hop){ .ifindex = 4, .dead = true };
	ck_assert(!table_routes_many(t));
	ck_assert_int_eq(table_take_route(t, &r), TABLE_CHANGED | TABLE_DOUBT);
	ck_assert(table_routes_many(t));
	ck_assert_uint_eq(routes(), 2);
	ck_assert_uint_eq(table_routes(t, &n)[1].weight, 2);
	/* Another interface is no doubt; that of the dead one is. */
	link_is(5, UP, "x");
	ck_assert_int_eq(link_gone(5), TABLE_CHANGED | TABLE_FLUSH);
	link_is(4, UP, "y");
	ck_assert_int_eq(link_gone(4),
			 TABLE_CHANGED | TABLE_FLUSH | TABLE_DOUBT);
	ck_assert_int_eq(link_is(2, 0, "a"),
			 TABLE_CHANGED | TABLE_DOUBT | TABLE_FLUSH);
	ck_assert_int_eq(link_is(2, UP, "a"), TABLE_CHANGED | TABLE_DOUBT);
	ck_assert_int_eq(addr_is(2, "192.0.2.1", true),
			 TABLE_CHANGED | TABLE_DOUBT | TABLE_FLUSH);
	ck_assert_uint_eq(routes(), 2);
	r.gone = true;
	ck_assert_int_eq(table_take_route(t, &r), TABLE_CHANGED | TABLE_DOUBT);
}
END_TEST

/* Whether a route lives without carrier is the kernel's to say. */
START_TEST(test_carrier)
{
	struct nl_route r = route(AF_INET, 2, "192.0.2.254", 0);

	link_is(2, UP, "a");
	link_is(3, UP, "b");
	table_take_route(t, &r);
	ck_assert_int_eq(link_is(2, IFF_UP, "a"), TABLE_CHANGED | TABLE_DOUBT);
	ck_assert_int_eq(link_is(2, IFF_UP, "a"), TABLE_SAME);
	ck_assert_int_eq(link_is(3, IFF_UP, "b"), TABLE_CHANGED);
	/* What is dead is in no list, but its device is known. */
	r.route.ifindex = 0;
	r.unicast = false;
	r.many = r.gone = true;
	table_take_route(t, &(struct nl_route){ .gone = true,
		.route = { .family = AF_INET, .table = RT_TABLE_MAIN,
			   .ifindex = 2, .gateway = r.route.gateway },
		.key = r.key });
	ck_assert_uint_eq(routes(), 0);
	r.gone = false;
	r.n_hops = 1;
	r.hops[0] = (struct nl_route_hop){ .ifindex = 3, .dead = true };
	table_take_route(t, &r);
	ck_assert_uint_eq(routes(), 0);
	ck_assert_int_eq(link_is(3, UP, "b"), TABLE_CHANGED | TABLE_DOUBT);
	ck_assert_int_eq(link_is(2, UP, "a"), TABLE_CHANGED);
}
END_TEST

/* What a message with these alternative names does. */
static int named(const char *names, size_t len)
{
	struct nl_link l = { .link = { .ifindex = 2, .flags = UP } };
	_Alignas(4) uint8_t props[256] = { 0 };

	strcpy(l.link.name, "eth0");
	l.props = props;
	for (size_t i = 0; i < len; i += strlen(names + i) + 1) {
		struct nlattr *a = (void *)(props + l.props_len);
		size_t size = strlen(names + i) + 1;

		a->nla_type = IFLA_ALT_IFNAME;
		a->nla_len = (uint16_t)(sizeof(*a) + size);
		memcpy(a + 1, names + i, size);
		l.props_len += (a->nla_len + 3U) & ~3U;
	}
	return table_take_link(t, &l);
}

#define NAMED(names) named(names, sizeof(names) - 1)

START_TEST(test_altnames)
{
	ck_assert_int_eq(NAMED(""), TABLE_CHANGED);
	ck_assert_str_eq(table_link(t, 2)->altnames, "");
	ck_assert_int_eq(NAMED("enp1s0\0wan-link"), TABLE_CHANGED);
	ck_assert_int_eq(memcmp(table_link(t, 2)->altnames,
				"enp1s0\0wan-link\0", 17), 0);
	ck_assert_int_eq(NAMED("enp1s0\0wan-link"), TABLE_SAME);
	ck_assert_int_eq(NAMED("enp1s0\0wan-links"), TABLE_CHANGED);
	ck_assert_int_eq(NAMED("enp1s0"), TABLE_CHANGED);
	ck_assert_int_eq(NAMED("enp1s0\0x"), TABLE_CHANGED);
	/* Others come and go meanwhile. */
	ck_assert_int_eq(link_is(1, UP, "lo"), TABLE_CHANGED);
	ck_assert_str_eq(table_link(t, 2)->altnames, "enp1s0");
	ck_assert_int_eq(NAMED(""), TABLE_CHANGED);
	ck_assert_int_eq(NAMED("y"), TABLE_CHANGED);
	ck_assert_int_eq(link_gone(2), TABLE_CHANGED | TABLE_FLUSH);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("table");
	TCase *tc = tcase_create("table");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_links_in_order);
	tcase_add_test(tc, test_link_news);
	tcase_add_test(tc, test_addresses);
	tcase_add_test(tc, test_silent_flush);
	tcase_add_test(tc, test_routes);
	tcase_add_test(tc, test_many);
	tcase_add_test(tc, test_altnames);
	tcase_add_test(tc, test_carrier);
	suite_add_tcase(s, tc);
	return s;
}
