/*
 * The monitor against the real kernel, in a network namespace of its own.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <ev.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include "base/clock.h"
#include "monitor/monitor.h"
#include "tests/support/monitor_look.h"
#include "tests/support/netns.h"
#include "tests/support/suite.h"

/* The linker sends setsockopt() here, for a receive buffer that overruns. */
static int most_rcvbuf;

int __real_setsockopt(int fd, int level, int name, const void *value,
		      socklen_t len);
int __wrap_setsockopt(int fd, int level, int name, const void *value,
		      socklen_t len);

int __wrap_setsockopt(int fd, int level, int name, const void *value,
		      socklen_t len)
{
	if (level == SOL_SOCKET && most_rcvbuf > 0 &&
	    (name == SO_RCVBUF || name == SO_RCVBUFFORCE))
		value = &most_rcvbuf;
	return __real_setsockopt(fd, level, name, value, len);
}

static struct ev_loop *loop;
static struct monitor *m;
static unsigned int told;
static int w0, w1;

static void changed(void *user, int ifindex, uint64_t heard_ns)
{
	(void)user;
	(void)ifindex;
	ck_assert_uint_le(heard_ns, clock_mono_ns());
	told++;
}

static void late(struct ev_loop *l, ev_timer *w, int revents)
{
	(void)revents;
	*(bool *)w->data = true;
	ev_break(l, EVBREAK_ONE);
}

/* Turns the loop until cond holds; fails 10 s later. */
#define AWAIT(cond)                                                            \
	do {                                                                   \
		bool is_late = false;                                          \
		ev_timer guard;                                                \
                                                                               \
		ev_now_update(loop);                                           \
		ev_timer_init(&guard, late, 10., 0.);                          \
		guard.data = &is_late;                                         \
		ev_timer_start(loop, &guard);                                  \
		while (!(cond) && !is_late) {                                  \
			/* Read, then tell, and only then sleep. */            \
			ev_run(loop, EVRUN_NOWAIT);                            \
			ev_run(loop, EVRUN_NOWAIT);                            \
			if (!(cond))                                           \
				ev_run(loop, EVRUN_ONCE);                      \
		}                                                              \
		ev_timer_stop(loop, &guard);                                   \
		ck_assert_msg(!is_late, "waited in vain for %s", #cond);       \
	} while (0)

#define IP(...) ck_assert_int_eq(netns_ip(__VA_ARGS__), 0)

static int find(const char *name)
{
	size_t n;
	const struct monitor_link *l = monitor_links(m, &n);

	for (size_t i = 0; i < n; i++)
		if (strcmp(l[i].name, name) == 0)
			return l[i].ifindex;
	return 0;
}

/* The flags of an address, or -1. */
static int64_t flags(int ifindex, const char *text)
{
	size_t n;
	const struct monitor_addr *a = monitor_addrs(m, ifindex, &n);
	char got[ADDR_STRLEN];

	for (size_t i = 0; i < n; i++)
		if (strcmp(addr_print(&a[i].addr, got), text) == 0)
			return a[i].flags;
	return -1;
}

static bool has(int ifindex, const char *text)
{
	return flags(ifindex, text) >= 0;
}

static int way(int family)
{
	return monitor_look_way(m, family);
}

static size_t count(int ifindex)
{
	return monitor_look_addresses(m, ifindex);
}

/* Is duplicate address detection over for all of its addresses? */
static bool settled(int ifindex)
{
	size_t n;
	const struct monitor_addr *a = monitor_addrs(m, ifindex, &n);

	for (size_t i = 0; i < n; i++)
		if (a[i].flags & IFA_F_TENTATIVE)
			return false;
	return true;
}

static bool running(int ifindex)
{
	const struct monitor_link *l = monitor_link(m, ifindex);

	return l && (l->flags & IFF_RUNNING) && (l->flags & IFF_UP);
}

static void setup(void)
{
	netns_enter();
	(void)netns_sysctl("ipv6/conf/all/accept_dad", "1");
	IP("link add w0 type veth peer name w1");
	IP("link set w1 up");
	IP("link set w0 up");
	told = 0;
	loop = ev_loop_new(0);
	ck_assert_int_eq(monitor_new(loop, changed, NULL, &m), 0);
	ck_assert_uint_eq(told, 0);
	AWAIT(told > 0);
	w0 = find("w0");
	w1 = find("w1");
	ck_assert_int_gt(w0, 0);
}

static void setup_small(void)
{
	most_rcvbuf = 4096;
	setup();
}

static void teardown(void)
{
	monitor_free(m);
	ev_loop_destroy(loop);
	most_rcvbuf = 0;
}

START_TEST(test_links)
{
	ck_assert_str_eq(monitor_link(m, w0)->kind, "veth");
	ck_assert(monitor_link(m, find("lo"))->flags & IFF_LOOPBACK);
	IP("link add br0 type bridge");
	IP("link set w1 master br0");
	AWAIT(monitor_link(m, w1)->master == find("br0") && find("br0"));
	IP("link set w1 nomaster");
	AWAIT(monitor_link(m, w1)->master == 0);
	/* A port left the bridge: that is a DELLINK of AF_BRIDGE. */
	ck_assert_ptr_nonnull(monitor_link(m, w1));
	IP("link del w0");
	AWAIT(!monitor_link(m, w0) && !monitor_link(m, w1));
}
END_TEST

START_TEST(test_swap)
{
	IP("addr add 198.51.100.1/24 dev w0");
	AWAIT(has(w0, "198.51.100.1"));
	IP("addr add 198.51.100.2/24 dev w0");
	IP("addr del 198.51.100.1/24 dev w0");
	AWAIT(!has(w0, "198.51.100.1"));
	/* Its secondary went along. */
	AWAIT(!has(w0, "198.51.100.2"));
	IP("addr add 203.0.113.9/24 dev w0");
	AWAIT(has(w0, "203.0.113.9"));
	IP("addr replace 203.0.113.9/24 dev w0");
	IP("addr add 203.0.113.10/32 dev w0");
	AWAIT(has(w0, "203.0.113.10"));
	ck_assert_uint_eq(monitor_resyncs(m), 0);
}
END_TEST

START_TEST(test_promoted)
{
	ck_assert_int_eq(netns_sysctl("ipv4/conf/w0/promote_secondaries", "1"),
			 0);
	IP("addr add 198.51.100.1/24 dev w0");
	IP("addr add 198.51.100.2/24 dev w0");
	AWAIT(flags(w0, "198.51.100.2") ==
	      (IFA_F_SECONDARY | IFA_F_PERMANENT));
	IP("addr del 198.51.100.1/24 dev w0");
	AWAIT(flags(w0, "198.51.100.2") == IFA_F_PERMANENT);
	ck_assert(!has(w0, "198.51.100.1"));
}
END_TEST

START_TEST(test_ppp_peer)
{
	IP("addr add 192.0.2.7 peer 198.51.100.254/32 dev w0");
	AWAIT(has(w0, "192.0.2.7"));
	ck_assert(!has(w0, "198.51.100.254"));
	/* The same address towards another peer, and each goes by itself. */
	IP("addr add 192.0.2.7 peer 198.51.100.253/32 dev w0");
	AWAIT(count(w0) >= 2);
	IP("addr del 192.0.2.7 peer 198.51.100.254/32 dev w0");
	IP("addr add 192.0.2.8/32 dev w0");
	AWAIT(has(w0, "192.0.2.8"));
	ck_assert(has(w0, "192.0.2.7"));
	IP("addr del 192.0.2.7 peer 198.51.100.253/32 dev w0");
	AWAIT(!has(w0, "192.0.2.7"));
}
END_TEST

/* Address deleted, added, then the route: what vanished was never told. */
START_TEST(test_pppoe_order)
{
	IP("addr add 198.51.100.1/24 dev w0");
	IP("route add default via 198.51.100.254");
	AWAIT(way(AF_INET) == w0);
	IP("addr del 198.51.100.1/24 dev w0");
	AWAIT(!has(w0, "198.51.100.1"));
	ck_assert_int_eq(way(AF_INET), 0);
	IP("addr add 203.0.113.1/24 dev w0");
	AWAIT(has(w0, "203.0.113.1"));
	ck_assert_int_eq(way(AF_INET), 0);
	IP("route add default via 203.0.113.254");
	AWAIT(way(AF_INET) == w0);
	ck_assert_uint_eq(monitor_resyncs(m), 0);
}
END_TEST

START_TEST(test_dad)
{
	IP("addr add 2001:db8:1::1/64 dev w0");
	AWAIT(has(w0, "2001:db8:1::1"));
	ck_assert(flags(w0, "2001:db8:1::1") & IFA_F_TENTATIVE);
	AWAIT(flags(w0, "2001:db8:1::1") == IFA_F_PERMANENT);
}
END_TEST

START_TEST(test_dad_failed)
{
	AWAIT(running(w0));
	IP("addr add 2001:db8:1::dd/64 dev w1 nodad");
	IP("addr add 2001:db8:1::dd/64 dev w0");
	AWAIT(has(w0, "2001:db8:1::dd") &&
	      (flags(w0, "2001:db8:1::dd") & IFA_F_DADFAILED));
	ck_assert(flags(w0, "2001:db8:1::dd") & IFA_F_TENTATIVE);
}
END_TEST

START_TEST(test_deprecated_and_expired)
{
	IP("addr add 2001:db8:1::5/64 dev w0 nodad valid_lft 100 "
	   "preferred_lft 50");
	AWAIT(has(w0, "2001:db8:1::5"));
	told = 0;
	IP("addr change 2001:db8:1::5/64 dev w0 valid_lft 2 preferred_lft 1");
	AWAIT(told > 0);
	AWAIT(flags(w0, "2001:db8:1::5") & IFA_F_DEPRECATED);
	AWAIT(!has(w0, "2001:db8:1::5"));
}
END_TEST

/* IPv4 stays, IPv6 goes, and so do all routes. */
START_TEST(test_down_and_up)
{
	AWAIT(running(w0));
	IP("addr add 198.51.100.1/24 dev w0");
	IP("addr add 2001:db8:1::1/64 dev w0 nodad");
	IP("route add default via 198.51.100.254");
	IP("route add default via 2001:db8:1::fe dev w0");
	AWAIT(way(AF_INET) == w0 &&
	      way(AF_INET6) == w0);
	IP("link set w0 down");
	AWAIT(!running(w0));
	AWAIT(!has(w0, "2001:db8:1::1"));
	ck_assert(has(w0, "198.51.100.1"));
	ck_assert_int_eq(way(AF_INET), 0);
	ck_assert_int_eq(way(AF_INET6), 0);
	IP("link set w0 up");
	AWAIT(running(w0));
	/* Carrier loss keeps it all. */
	IP("route add default via 198.51.100.254");
	AWAIT(way(AF_INET) == w0);
	IP("link set w1 down");
	AWAIT(!running(w0));
	ck_assert(has(w0, "198.51.100.1"));
	ck_assert_int_eq(way(AF_INET), w0);
}
END_TEST

START_TEST(test_rename)
{
	IP("addr add 198.51.100.1/24 dev w0");
	AWAIT(has(w0, "198.51.100.1"));
	IP("link set w0 name ppp7");
	AWAIT(find("ppp7") == w0);
	ck_assert_int_eq(find("w0"), 0);
	ck_assert(has(w0, "198.51.100.1"));
}
END_TEST

START_TEST(test_namespace_move)
{
	pid_t other = netns_other();

	IP("addr add 198.51.100.1/24 dev w0");
	IP("route add default via 198.51.100.254");
	AWAIT(way(AF_INET) == w0);
	IP("link set w0 netns %d", (int)other);
	AWAIT(!monitor_link(m, w0));
	ck_assert_int_eq(way(AF_INET), 0);
	ck_assert_uint_eq(count(w0), 0);
	netns_leave_other(other);
}
END_TEST

/* Of two next hops one dies, silently; later it is back, silently. */
START_TEST(test_multipath)
{
	IP("addr add 198.51.100.1/24 dev w0");
	IP("addr add 203.0.113.1/24 dev w1");
	IP("route add default nexthop via 198.51.100.254 weight 9 "
	   "nexthop via 203.0.113.254 weight 1");
	AWAIT(way(AF_INET) == w0);
	IP("link set w0 down");
	AWAIT(way(AF_INET) == w1);
	IP("link set w0 up");
	AWAIT(way(AF_INET) == w0);
	IP("route del default");
	AWAIT(way(AF_INET) == 0);
}
END_TEST

START_TEST(test_nexthop_object)
{
	IP("addr add 198.51.100.1/24 dev w0");
	if (netns_ip("nexthop add id 5 via 198.51.100.254 dev w0") != 0)
		return;
	IP("route add default nhid 5");
	AWAIT(way(AF_INET) == w0);
	IP("nexthop del id 5");
	AWAIT(way(AF_INET) == 0);
}
END_TEST

START_TEST(test_route_replaced)
{
	IP("addr add 198.51.100.1/24 dev w0");
	IP("addr add 203.0.113.1/24 dev w1");
	IP("route add default via 198.51.100.254");
	AWAIT(way(AF_INET) == w0);
	IP("route replace default via 203.0.113.254");
	AWAIT(way(AF_INET) == w1);
	IP("route add default via 198.51.100.254 metric 50");
	IP("route del default via 203.0.113.254");
	AWAIT(way(AF_INET) == w0);
	IP("route add 0.0.0.0/1 dev w1");
	AWAIT(way(AF_INET) == w1);
}
END_TEST

START_TEST(test_altnames)
{
	const struct monitor_link *l = monitor_link(m, w0);

	ck_assert(monitor_link_named(l, "w0") && !monitor_link_named(l, "x*"));
	if (netns_ip("link property add dev w0 altname xdsl "
		     "altname a-name-longer-than-15") != 0)
		return;
	AWAIT(monitor_link_named(monitor_link(m, w0), "xdsl"));
	ck_assert(monitor_link_named(monitor_link(m, w0), "*than-15"));
	ck_assert(monitor_link_named(monitor_link(m, w0), "w0"));
	/* A dump tells them too. */
	monitor_resync(m);
	AWAIT(monitor_resyncs(m) == 1);
	ck_assert(monitor_link_named(monitor_link(m, w0), "xdsl"));
	IP("link property del dev w0 altname xdsl");
	AWAIT(!monitor_link_named(monitor_link(m, w0), "xdsl"));
}
END_TEST

static void storm(const char *last)
{
	char name[] = "/tmp/evddns-storm-XXXXXX";
	int fd = mkstemp(name);
	FILE *f;

	ck_assert_int_ge(fd, 0);
	f = fdopen(fd, "w");
	ck_assert_ptr_nonnull(f);
	for (int i = 0; i < 4000; i++)
		fprintf(f, "addr add 10.%d.%d.1/32 dev w0\n"
			   "addr del 10.%d.%d.1/32 dev w0\n",
			i / 250, i % 250, i / 250, i % 250);
	fprintf(f, "addr add %s/24 dev w0\n", last);
	fprintf(f, "route add default via 198.51.100.254\n");
	ck_assert_int_eq(fclose(f), 0);
	IP("-batch %s", name);
	(void)unlink(name);
}

/* Nobody reads meanwhile: the newest messages are those that are lost. */
START_TEST(test_overrun)
{
	storm("198.51.100.1");
	AWAIT(has(w0, "198.51.100.1"));
	AWAIT(way(AF_INET) == w0);
	ck_assert_uint_ge(monitor_resyncs(m), 1);
	for (size_t i = 0; i < 250; i++) {
		char text[32];

		(void)snprintf(text, sizeof(text), "10.15.%zu.1", i);
		ck_assert(!has(w0, text));
	}
}
END_TEST

/* With the buffer that we ask for nothing is lost, and little is told. */
START_TEST(test_storm)
{
	storm("198.51.100.1");
	told = 0;
	AWAIT(has(w0, "198.51.100.1"));
	AWAIT(way(AF_INET) == w0);
	ck_assert_uint_le(told, 20);
}
END_TEST

static size_t routes_of(uint32_t table)
{
	size_t n, found = 0;
	const struct monitor_route *r = monitor_routes(m, &n);

	for (size_t i = 0; i < n; i++)
		found += r[i].table == table;
	return found;
}

/* As many as to need a way of their own. */
START_TEST(test_routes_of_the_internet)
{
	char name[] = "/tmp/evddns-routes-XXXXXX";
	int fd = mkstemp(name);
	FILE *f;

	ck_assert_int_ge(fd, 0);
	f = fdopen(fd, "w");
	ck_assert_ptr_nonnull(f);
	for (int i = 0; i < 40000; i++)
		fprintf(f, "route add %d.%d.%d.0/24 via 198.51.100.254\n",
			16 + i / 65536, i / 256 % 256, i % 256);
	ck_assert_int_eq(fclose(f), 0);
	IP("addr add 198.51.100.1/24 dev w0");
	IP("-batch %s", name);
	(void)unlink(name);
	IP("route add default via 198.51.100.254 metric 9");
	IP("route add default via 198.51.100.253 metric 8");
	IP("route add 0.0.0.0/1 via 198.51.100.253");
	IP("route add default via 198.51.100.252 table 100");
	IP("rule add fwmark 1 lookup 100");
	IP("rule add fwmark 2 lookup 101");
	AWAIT(routes_of(RT_TABLE_MAIN) == 3);
	for (int i = 0; i < 2; i++) {
		unsigned int before = monitor_resyncs(m);

		monitor_resync(m);
		AWAIT(monitor_resyncs(m) > before);
		ck_assert_uint_eq(routes_of(RT_TABLE_MAIN), 3);
		ck_assert_uint_eq(routes_of(100), 1);
		/* With VRFs nobody knows which tables there are. */
		if (netns_ip("rule add l3mdev") != 0)
			break;
	}
}
END_TEST

/* Routes to somewhere particular do not even wake us. */
START_TEST(test_other_routes_are_not_heard)
{
	IP("addr add 198.51.100.1/24 dev w0");
	AWAIT(has(w0, "198.51.100.1") && running(w0) && running(w1));
	AWAIT(count(w0) == 2 && count(w1) == 1); /* link-local, ready */
	AWAIT(settled(w0) && settled(w1));
	ev_run(loop, EVRUN_NOWAIT); /* what is still to be told */
	told = 0;
	for (int i = 0; i < 10; i++) {
		IP("route add 192.0.2.%d/32 via 198.51.100.254", i);
		ev_run(loop, EVRUN_NOWAIT);
	}
	IP("link set w0 mtu 1400");
	IP("link set w0 alias x");
	IP("addr add 198.51.100.2/24 dev w0");
	AWAIT(has(w0, "198.51.100.2"));
	AWAIT(told > 0);
	ck_assert_uint_eq(told, 1);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("monitor_kernel");
	TCase *tc = tcase_create("kernel"), *small = tcase_create("overrun");

	netns_or_skip();
	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_links);
	tcase_add_test(tc, test_swap);
	tcase_add_test(tc, test_promoted);
	tcase_add_test(tc, test_ppp_peer);
	tcase_add_test(tc, test_pppoe_order);
	tcase_add_test(tc, test_dad);
	tcase_add_test(tc, test_dad_failed);
	tcase_add_test(tc, test_deprecated_and_expired);
	tcase_add_test(tc, test_down_and_up);
	tcase_add_test(tc, test_rename);
	tcase_add_test(tc, test_altnames);
	tcase_add_test(tc, test_namespace_move);
	tcase_add_test(tc, test_multipath);
	tcase_add_test(tc, test_nexthop_object);
	tcase_add_test(tc, test_route_replaced);
	tcase_add_test(tc, test_storm);
	tcase_add_test(tc, test_routes_of_the_internet);
	tcase_add_test(tc, test_other_routes_are_not_heard);
	suite_add_tcase(s, tc);
	tcase_set_timeout(small, 60);
	tcase_add_checked_fixture(small, setup_small, teardown);
	tcase_add_test(small, test_overrun);
	tcase_add_test(small, test_pppoe_order);
	suite_add_tcase(s, small);
	return s;
}
