#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>

#include <ev.h>
#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include "base/clock.h"
#include "monitor/monitor.h"
#include "tests/support/fake_nl_sock.h"
#include "tests/support/monitor_look.h"
#include "tests/support/nl_build.h"
#include "tests/support/suite.h"

#define UP (IFF_UP | IFF_RUNNING)

static struct ev_loop *loop;
static struct monitor *m;
static _Alignas(struct nlmsghdr) uint8_t buf[NL_BUILD_SIZE];
/* What changed() was told. */
static int told[64];
static int touches[64]; /* how many addresses were touched; -1: look at all */
static size_t n_told;

static void changed(void *user, int ifindex, uint64_t heard_ns)
{
	size_t n;

	ck_assert_ptr_eq(user, told);
	ck_assert_uint_le(heard_ns, clock_mono_ns());
	ck_assert_uint_lt(n_told, 64);
	if (m) {
		const struct monitor_touch *t = monitor_touched(m, ifindex, &n);

		touches[n_told] = t ? 0 : -1;
		for (size_t i = 0; i < n; i++)
			touches[n_told] += t[i].ifindex == ifindex;
	}
	told[n_told++] = ifindex;
}

/* Turns the loop until nothing is left to do at once. */
static void turn(void)
{
	for (int i = 0; i < 8; i++)
		ev_run(loop, EVRUN_NOWAIT);
}

static void late(struct ev_loop *l, ev_timer *w, int revents)
{
	(void)l;
	(void)w;
	(void)revents;
	ck_abort_msg("waited too long");
}

/* Turns the loop until so many dumps were made in all. */
static void await_dumps(int n)
{
	ev_timer guard;

	ev_timer_init(&guard, late, 10., 0.);
	ev_timer_start(loop, &guard);
	while (fake_nl_dumps() < n)
		ev_run(loop, EVRUN_ONCE);
	ev_timer_stop(loop, &guard);
	turn();
}

static const struct nlmsghdr *link_msg(uint16_t type, int ifindex,
				       uint32_t flags, const char *name)
{
	return nl_build_link(buf, &(struct nl_build_link){
		.type = type, .ifindex = ifindex, .flags = flags,
		.name = name });
}

static const struct nlmsghdr *addr_msg(uint16_t type, int ifindex,
				       const char *text, uint32_t flags)
{
	bool six = strchr(text, ':') != NULL;

	return nl_build_addr(buf, &(struct nl_build_addr){
		.type = type, .family = six ? AF_INET6 : AF_INET,
		.ifindex = (uint32_t)ifindex, .prefix_len = six ? 64 : 24,
		.flags = flags, .address = text, .local = six ? NULL : text });
}

static const struct nlmsghdr *route_msg(uint16_t type, uint16_t nl_flags,
					uint32_t oif, const char *gateway)
{
	bool six = strchr(gateway, ':') != NULL;

	return nl_build_route(buf, &(struct nl_build_route){
		.type = type, .nl_flags = nl_flags,
		.family = six ? AF_INET6 : AF_INET, .oif = oif,
		.gateway = gateway });
}

static void start(void)
{
	ck_assert_int_eq(monitor_new(loop, changed, told, &m), 0);
	ck_assert_uint_eq(n_told, 0); /* never from inside a call */
	turn();
}

static void setup(void)
{
	loop = ev_loop_new(0);
	n_told = 0;
	m = NULL;
	fake_nl_reset();
	fake_nl_table_add(link_msg(RTM_NEWLINK, 2, UP, "wan"));
	fake_nl_table_add(link_msg(RTM_NEWLINK, 3, UP, "lan"));
	fake_nl_table_add(addr_msg(RTM_NEWADDR, 2, "192.0.2.1", 0));
	fake_nl_table_add(route_msg(RTM_NEWROUTE, 0, 2, "192.0.2.254"));
}

static void teardown(void)
{
	monitor_free(m);
	ev_loop_destroy(loop);
}

static void started(void)
{
	setup();
	start();
	ck_assert_uint_eq(n_told, 1);
	ck_assert_int_eq(told[0], 0);
	n_told = 0;
}

static int way(int family)
{
	return monitor_look_way(m, family);
}

static size_t addresses(int ifindex)
{
	return monitor_look_addresses(m, ifindex);
}

static const char *first_address(int ifindex)
{
	static char text[ADDR_STRLEN];
	size_t n;
	const struct monitor_addr *a = monitor_addrs(m, ifindex, &n);

	for (; n > 0; a++, n--)
		if (a->addr.family != 0)
			return addr_print(&a->addr, text);
	return "none";
}

START_TEST(test_first_dump)
{
	size_t n;

	ck_assert_uint_eq((monitor_links(m, &n), n), 2);
	ck_assert_str_eq(monitor_link(m, 2)->name, "wan");
	ck_assert_str_eq(first_address(2), "192.0.2.1");
	ck_assert_int_eq(way(AF_INET), 2);
	ck_assert_int_eq(way(AF_INET6), 0);
	ck_assert_uint_eq(monitor_resyncs(m), 0);
	ck_assert_int_eq(fake_nl_dumps(), 1);
}
END_TEST

/* Another rule: the mirror has none, but who asks the kernel must know. */
START_TEST(test_rule)
{
	static const uint16_t types[] = { RTM_NEWRULE, RTM_DELRULE };

	for (size_t i = 0; i < SUITE_COUNT(types); i++) {
		struct nlmsghdr *h = mnl_nlmsg_put_header(buf);

		h->nlmsg_type = types[i];
		(void)mnl_nlmsg_put_extra_header(h, 12); /* fib_rule_hdr */
		fake_nl_say(h, 0);
		fake_nl_say(h, 0);
		turn();
		ck_assert_uint_eq(n_told, i + 1);
		ck_assert_int_eq(told[i], 0);
	}
	ck_assert_int_eq(fake_nl_dumps(), 1);
}
END_TEST

START_TEST(test_one_word_per_interface_and_turn)
{
	fake_nl_say(addr_msg(RTM_DELADDR, 2, "192.0.2.1", 0), 0);
	fake_nl_say(addr_msg(RTM_NEWADDR, 2, "192.0.2.7", 0), 0);
	fake_nl_say(addr_msg(RTM_NEWADDR, 3, "198.51.100.1", 0), 0);
	fake_nl_say(addr_msg(RTM_NEWADDR, 2, "192.0.2.8", 0), 0);
	turn();
	ck_assert_uint_eq(n_told, 2);
	ck_assert_int_eq(told[0], 2);
	ck_assert_int_eq(told[1], 3);
	ck_assert_str_eq(first_address(2), "192.0.2.7");
	ck_assert_uint_eq(addresses(2), 2);
}
END_TEST

START_TEST(test_repeats_are_silent)
{
	for (int i = 0; i < 5; i++)
		fake_nl_say(addr_msg(RTM_NEWADDR, 2, "192.0.2.1", 0), 0);
	fake_nl_say(link_msg(RTM_NEWLINK, 2, UP, "wan"), 0);
	fake_nl_say(addr_msg(RTM_DELADDR, 2, "2001:db8::1", 0), 0);
	turn();
	ck_assert_uint_eq(n_told, 0);
}
END_TEST

START_TEST(test_foreign_sender)
{
	fake_nl_say(addr_msg(RTM_DELADDR, 2, "192.0.2.1", 0), 4711);
	turn();
	ck_assert_uint_eq(n_told, 0);
	ck_assert_str_eq(first_address(2), "192.0.2.1");
}
END_TEST

/* What was lost is in the dump; what waited is older and changes nothing. */
static const int losses[] = { -ENOBUFS, -EMSGSIZE, -EBADMSG };

START_TEST(test_lost)
{
	fake_nl_say(addr_msg(RTM_DELADDR, 2, "192.0.2.1", 0), 0);
	fake_nl_say(addr_msg(RTM_NEWADDR, 2, "192.0.2.2", 0), 0);
	fake_nl_fail(losses[_i]);
	fake_nl_say(addr_msg(RTM_DELADDR, 2, "192.0.2.2", 0), 0);
	fake_nl_say(addr_msg(RTM_NEWADDR, 2, "192.0.2.3", 0), 0);
	fake_nl_table_clear();
	fake_nl_table_add(link_msg(RTM_NEWLINK, 2, UP, "wan"));
	fake_nl_table_add(addr_msg(RTM_NEWADDR, 2, "192.0.2.9", 0));
	turn();
	ck_assert_uint_eq(n_told, 1);
	ck_assert_int_eq(told[0], 0);
	ck_assert_uint_eq(addresses(2), 1);
	ck_assert_str_eq(first_address(2), "192.0.2.9");
	ck_assert_ptr_null(monitor_link(m, 3));
	ck_assert_int_eq(way(AF_INET), 0);
	ck_assert_uint_eq(monitor_resyncs(m), 1);
	ck_assert_int_eq(fake_nl_dumps(), 2);
}
END_TEST

/* A socket that fails for no known reason is replaced, but not in haste. */
START_TEST(test_persistent_error)
{
	int turns = 0;
	ev_timer guard;

	for (int i = 0; i < 3; i++) {
		fake_nl_fail(-EIO);
		turn();
		ck_assert_int_eq(fake_nl_listens(), 1 + i);
		fake_nl_table_add(link_msg(RTM_NEWLINK, 10 + i, UP, "new"));
		ev_timer_init(&guard, late, 10., 0.);
		ev_timer_start(loop, &guard);
		while (!monitor_link(m, 10 + i)) {
			ev_run(loop, EVRUN_ONCE);
			turns++;
		}
		ev_timer_stop(loop, &guard);
		ck_assert_int_eq(fake_nl_listens(), 2 + i);
	}
	ck_assert_int_lt(turns, 30);
	/* It hears again. */
	fake_nl_say(addr_msg(RTM_NEWADDR, 12, "192.0.2.3", 0), 0);
	turn();
	ck_assert_str_eq(first_address(12), "192.0.2.3");
}
END_TEST

static void heard_of(struct ev_loop *l, ev_io *w, int revents)
{
	(void)l;
	(void)revents;
	*(size_t *)w->data = n_told + 1;
}

/* Whatever else there is in a turn comes after the kernel's word. */
START_TEST(test_told_first)
{
	for (int i = 0; i < 2; i++) {
		size_t seen = 0;
		ev_io other;
		int fds[2];

		n_told = 0;
		ck_assert_int_eq(pipe(fds), 0);
		ck_assert_int_eq(write(fds[1], "x", 1), 1);
		ev_io_init(&other, heard_of, fds[0], EV_READ);
		other.data = &seen;
		/* Before the kernel's in the loop's list, and after it. */
		if (i == 0)
			fake_nl_say(addr_msg(RTM_NEWADDR, 2, "198.51.100.9",
					     0), 0);
		ev_io_start(loop, &other);
		if (i == 1)
			fake_nl_say(addr_msg(RTM_DELADDR, 2, "198.51.100.9",
					     0), 0);
		while (seen == 0)
			ev_run(loop, EVRUN_ONCE);
		ck_assert_uint_eq(seen, 2);
		ev_io_stop(loop, &other);
		(void)close(fds[0]);
		(void)close(fds[1]);
	}
}
END_TEST

/* Far behind: what waits is left unread, and the tables are read anew. */
START_TEST(test_far_behind)
{
	uint64_t begun_ns;
	int dumps;

	for (int i = 0; i < 15000; i++)
		fake_nl_say(addr_msg(i % 2 ? RTM_DELADDR : RTM_NEWADDR, 2,
				     "198.51.100.9", 0), 0);
	fake_nl_table_add(addr_msg(RTM_NEWADDR, 2, "198.51.100.10", 0));
	begun_ns = clock_mono_ns();
	turn();
	ck_assert_int_eq(fake_nl_dumps(), 2);
	ck_assert_uint_eq(n_told, 1);
	ck_assert_uint_eq(addresses(2), 2);
	/* A burst that is soon read is no reason. */
	dumps = fake_nl_dumps();
	for (int i = 0; i < 1200; i++)
		fake_nl_say(addr_msg(i % 2 ? RTM_DELADDR : RTM_NEWADDR, 2,
				     "198.51.100.9", 0), 0);
	turn();
	/* One more comes soon, for doubt: nothing was seen where it was slow. */
	if (clock_mono_ns() - begun_ns < 10000000)
		ck_assert_int_eq(fake_nl_dumps(), dumps);
}
END_TEST

/* Which addresses it was about is told, where it was about nothing else. */
START_TEST(test_touched)
{
	const struct addr *a;
	struct addr want;
	size_t n;

	ck_assert_int_eq(addr_parse("198.51.100.9", &want), 0);
	fake_nl_say(addr_msg(RTM_NEWADDR, 2, "198.51.100.9", 0), 0);
	fake_nl_say(addr_msg(RTM_NEWADDR, 3, "198.51.100.8", 0), 0);
	fake_nl_say(link_msg(RTM_NEWLINK, 3, IFF_UP, "lan"), 0);
	turn();
	ck_assert_uint_eq(n_told, 2);
	ck_assert_int_eq(touches[0], 1);
	ck_assert_int_eq(touches[1], -1);
	ck_assert_ptr_null(monitor_touched(m, 2, &n));
	a = &monitor_addr(m, 2, &want)->addr;
	ck_assert(addr_equal(a, &want));
	n_told = 0;
	/* Its last IPv4 address takes the default route along. */
	fake_nl_say(addr_msg(RTM_DELADDR, 2, "198.51.100.9", 0), 0);
	fake_nl_say(addr_msg(RTM_DELADDR, 2, "192.0.2.1", 0), 0);
	turn();
	ck_assert_int_eq(touches[0], -1);
	ck_assert_ptr_null(monitor_addr(m, 2, &want));
}
END_TEST

START_TEST(test_nonsense_is_a_loss)
{
	struct nlmsghdr h = *addr_msg(RTM_NEWADDR, 2, "192.0.2.1", 0);

	h.nlmsg_len = 0x80000011U;
	fake_nl_say_bytes(&h, sizeof(h));
	turn();
	ck_assert_int_eq(fake_nl_dumps(), 2);
	/* Overrun told by a message. */
	memset(&h, 0, sizeof(h));
	h.nlmsg_len = sizeof(h);
	h.nlmsg_type = NLMSG_OVERRUN;
	fake_nl_say(&h, 0);
	turn();
	ck_assert_int_eq(fake_nl_dumps(), 3);
	/* Types that we never asked for are none. */
	h.nlmsg_type = RTM_NEWNEIGH;
	fake_nl_say(&h, 0);
	turn();
	ck_assert_int_eq(fake_nl_dumps(), 3);
	ck_assert_str_eq(first_address(2), "192.0.2.1");
}
END_TEST

START_TEST(test_interrupted_dump)
{
	fake_nl_interrupt(2);
	fake_nl_fail(-ENOBUFS);
	turn();
	ck_assert_int_eq(fake_nl_dumps(), 4);
	ck_assert_uint_eq(monitor_resyncs(m), 1);
	ck_assert_uint_eq(n_told, 1);
}
END_TEST

/* Again and again: the old mirror stays, and it is tried again later. */
START_TEST(test_dump_that_fails)
{
	fake_nl_table_clear();
	if (_i == 0)
		fake_nl_interrupt(7);
	else
		fake_nl_dump_error(2, -ENOMEM);
	fake_nl_fail(-ENOBUFS);
	turn();
	ck_assert_int_eq(fake_nl_dumps(), _i == 0 ? 6 : 2);
	ck_assert_str_eq(first_address(2), "192.0.2.1");
	ck_assert_uint_eq(monitor_resyncs(m), 0);
	n_told = 0;
	await_dumps(_i == 0 ? 9 : 4);
	ck_assert_uint_eq(monitor_resyncs(m), 1);
	ck_assert_uint_eq(n_told, 1);
	ck_assert_int_eq(told[0], 0);
	ck_assert_uint_eq(addresses(2), 0);
}
END_TEST

START_TEST(test_interrupted_start)
{
	fake_nl_interrupt(6);
	start();
	/* Unless this machine was so slow that the next one came already. */
	if (fake_nl_dumps() < 7)
		ck_assert_uint_eq(n_told, 0);
	await_dumps(7);
	ck_assert_uint_eq(n_told, 1);
	ck_assert_str_eq(first_address(2), "192.0.2.1");
}
END_TEST

START_TEST(test_failed_start)
{
	fake_nl_dump_error(1, -EPERM);
	ck_assert_int_eq(monitor_new(loop, changed, told, &m), -EPERM);
	ck_assert_ptr_null(m);
}
END_TEST

/* A kernel built without IPv6. */
START_TEST(test_no_such_family)
{
	fake_nl_dump_error(5, -EOPNOTSUPP);
	start();
	ck_assert_uint_eq(n_told, 1);
}
END_TEST

START_TEST(test_ppp)
{
	struct nl_build_addr a = { RTM_NEWADDR, AF_INET, 3, 32,
				   .address = "198.51.100.9",
				   .local = "192.0.2.77" };

	fake_nl_say(nl_build_addr(buf, &a), 0);
	turn();
	ck_assert_str_eq(first_address(3), "192.0.2.77");
}
END_TEST

START_TEST(test_dad)
{
	uint32_t failed = IFA_F_TENTATIVE | IFA_F_DADFAILED;
	size_t n;

	fake_nl_say(addr_msg(RTM_NEWADDR, 3, "2001:db8::1", IFA_F_TENTATIVE),
		    0);
	turn();
	ck_assert_uint_eq(n_told, 1);
	fake_nl_say(addr_msg(RTM_NEWADDR, 3, "2001:db8::1", failed), 0);
	turn();
	ck_assert_uint_eq(n_told, 2);
	ck_assert_uint_eq(monitor_addrs(m, 3, &n)[0].flags, failed);
	fake_nl_say(addr_msg(RTM_NEWADDR, 3, "2001:db8::1",
			     IFA_F_STABLE_PRIVACY), 0);
	turn();
	ck_assert_uint_eq(n_told, 3);
	ck_assert_uint_eq(monitor_addrs(m, 3, &n)[0].flags,
			  IFA_F_STABLE_PRIVACY);
	ck_assert_uint_eq(n, 1);
}
END_TEST

/* The kernel's two ways with the secondaries of a deleted primary. */
START_TEST(test_secondaries)
{
	size_t n;

	fake_nl_say(addr_msg(RTM_NEWADDR, 2, "192.0.2.2", IFA_F_SECONDARY), 0);
	turn();
	fake_nl_say(addr_msg(RTM_DELADDR, 2, "192.0.2.1", 0), 0);
	fake_nl_say(addr_msg(RTM_NEWADDR, 2, "192.0.2.2", 0), 0);
	turn();
	ck_assert_str_eq(first_address(2), "192.0.2.2");
	ck_assert_uint_eq(monitor_addrs(m, 2, &n)[0].flags, 0);
	fake_nl_say(addr_msg(RTM_NEWADDR, 2, "192.0.2.3", IFA_F_SECONDARY), 0);
	turn();
	fake_nl_say(addr_msg(RTM_DELADDR, 2, "192.0.2.3", IFA_F_SECONDARY), 0);
	fake_nl_say(addr_msg(RTM_DELADDR, 2, "192.0.2.2", 0), 0);
	turn();
	ck_assert_uint_eq(addresses(2), 0);
	/* The last address took the routes along, without a word. */
	ck_assert_int_eq(way(AF_INET), 0);
}
END_TEST

START_TEST(test_rename)
{
	fake_nl_say(link_msg(RTM_NEWLINK, 2, UP, "ppp7"), 0);
	fake_nl_say(addr_msg(RTM_NEWADDR, 2, "192.0.2.1", 0), 0);
	turn();
	ck_assert_uint_eq(n_told, 1);
	ck_assert_str_eq(monitor_link(m, 2)->name, "ppp7");
	ck_assert_uint_eq(addresses(2), 1);
}
END_TEST

START_TEST(test_namespace_move)
{
	fake_nl_say(link_msg(RTM_NEWLINK, 2, 0, "wan"), 0);
	fake_nl_say(addr_msg(RTM_DELADDR, 2, "192.0.2.1", 0), 0);
	fake_nl_say(link_msg(RTM_DELLINK, 2, 0, "wan"), 0);
	turn();
	ck_assert_ptr_null(monitor_link(m, 2));
	ck_assert_int_eq(way(AF_INET), 0);
	/* Back it comes, as another. */
	fake_nl_say(link_msg(RTM_NEWLINK, 4, 0, "wan"), 0);
	turn();
	ck_assert_str_eq(monitor_link(m, 4)->name, "wan");
	ck_assert_uint_eq(addresses(4), 0);
	ck_assert_uint_eq(n_told, 2);
}
END_TEST

START_TEST(test_deprecate_and_expire)
{
	struct nl_build_addr a = { RTM_NEWADDR, AF_INET6, 3, 64,
				   .address = "2001:db8::1",
				   .lifetimes = true };

	a.preferred_s = 600;
	a.valid_s = 1200;
	for (int i = 0; i < 3; i++)
		fake_nl_say(nl_build_addr(buf, &a), 0);
	turn();
	ck_assert_uint_eq(n_told, 1);
	a.preferred_s = 0;
	a.flags = IFA_F_DEPRECATED;
	fake_nl_say(nl_build_addr(buf, &a), 0);
	turn();
	ck_assert_uint_eq(n_told, 2);
	a.type = RTM_DELADDR;
	fake_nl_say(nl_build_addr(buf, &a), 0);
	turn();
	ck_assert_uint_eq(n_told, 3);
	ck_assert_uint_eq(addresses(3), 0);
}
END_TEST

/* The way out moved to another interface: both may matter, so look at all. */
START_TEST(test_replaced_route)
{
	fake_nl_say(route_msg(RTM_NEWROUTE, NLM_F_REPLACE, 3, "198.51.100.9"),
		    0);
	turn();
	ck_assert_uint_eq(n_told, 1);
	ck_assert_int_eq(told[0], 0);
	ck_assert_int_eq(way(AF_INET), 3);
}
END_TEST

/* Messages do not tell all of several next hops: a dump soon does. */
START_TEST(test_doubt)
{
	struct nl_build_route r = { RTM_NEWROUTE, NLM_F_REPLACE, AF_INET,
				    .hops = { { 2, "192.0.2.253", 1 },
					      { 3, "198.51.100.9", 2 } } };

	fake_nl_say(nl_build_route(buf, &r), 0);
	fake_nl_table_add(nl_build_route(buf, &r));
	turn();
	ck_assert_int_eq(fake_nl_dumps(), 1);
	ck_assert_int_eq(way(AF_INET), 3);
	await_dumps(2);
	ck_assert_uint_eq(monitor_resyncs(m), 1);
}
END_TEST

START_TEST(test_more_interfaces_than_can_be_told_apart)
{
	char name[IFNAMSIZ];

	for (int i = 100; i < 200; i++) {
		(void)snprintf(name, sizeof(name), "veth%d", i);
		fake_nl_say(link_msg(RTM_NEWLINK, i, 0, name), 0);
	}
	turn();
	ck_assert_uint_eq(n_told, 1);
	ck_assert_int_eq(told[0], 0);
}
END_TEST

/* More than a burst: what they led to is told once, at the end. */
START_TEST(test_storm)
{
	for (int i = 0; i < 5000; i++) {
		fake_nl_say(addr_msg(RTM_NEWADDR, 3, "198.51.100.1", 0), 0);
		fake_nl_say(addr_msg(RTM_DELADDR, 3, "198.51.100.1", 0), 0);
	}
	fake_nl_say(addr_msg(RTM_NEWADDR, 3, "198.51.100.2", 0), 0);
	fake_nl_table_add(addr_msg(RTM_NEWADDR, 3, "198.51.100.2", 0));
	for (int i = 0; i < 30; i++)
		turn();
	ck_assert_uint_le(n_told, 2);
	ck_assert_uint_ge(n_told, 1);
	ck_assert_str_eq(first_address(3), "198.51.100.2");
	ck_assert_uint_eq(addresses(3), 1);
}
END_TEST

static void resync_in_callback(void *user, int ifindex, uint64_t heard_ns)
{
	struct monitor **which = user;

	(void)heard_ns;
	told[n_told++] = ifindex;
	if (n_told == 1)
		monitor_resync(*which);
}

/* Asked for in the callback, where the loop is about to sleep. */
START_TEST(test_resync)
{
	ck_assert_int_eq(monitor_new(loop, resync_in_callback, &m, &m), 0);
	await_dumps(2);
	ck_assert_uint_eq(n_told, 2);
	ck_assert_int_eq(told[1], 0);
	ck_assert_uint_eq(monitor_resyncs(m), 1);
}
END_TEST

/*
 * A kernel of four links, each with two addresses of either family and a
 * default route of either. Each act makes the messages that it really makes,
 * and does without those that it does not make.
 */
struct world {
	bool link[4], up[4], a[4][4], r4[4], r6[4];
};

static struct world world;
/* The messages since a moment, to be replayed. */
static _Alignas(struct nlmsghdr) uint8_t said[4000][256];
static int n_said;

static const char *const world_addrs[4] = { "192.0.2.1", "192.0.2.2",
					    "2001:db8::1", "2001:db8::2" };
static const char *const world_gateways[2] = { "192.0.2.254", "fe80::1" };

static void say(const struct nlmsghdr *h)
{
	ck_assert_int_lt(n_said, 4000);
	ck_assert_uint_le(h->nlmsg_len, 256);
	memcpy(said[n_said++], h, h->nlmsg_len);
}

static const struct nlmsghdr *world_route(uint16_t type, int i, bool six)
{
	return nl_build_route(buf, &(struct nl_build_route){
		.type = type, .family = six ? AF_INET6 : AF_INET,
		.oif = (uint32_t)i + 1, .metric = (uint32_t)i + 10,
		.gateway = world_gateways[six] });
}

static const struct nlmsghdr *world_link(uint16_t type, int i)
{
	return link_msg(type, i + 1, world.up[i] ? UP : 0, "if");
}

static void world_addr_del(int i, int k)
{
	if (!world.a[i][k])
		return;
	world.a[i][k] = false;
	say(addr_msg(RTM_DELADDR, i + 1, world_addrs[k], 0));
	if (k < 2 && !world.a[i][0] && !world.a[i][1])
		world.r4[i] = false; /* without a word */
}

static void world_down(int i)
{
	if (!world.up[i])
		return;
	world.up[i] = false;
	say(world_link(RTM_NEWLINK, i));
	world.r4[i] = false; /* without a word */
	if (world.r6[i])
		say(world_route(RTM_DELROUTE, i, true));
	world.r6[i] = false;
	world_addr_del(i, 2);
	world_addr_del(i, 3);
}

static void world_link_act(int i)
{
	if (!world.link[i]) {
		world.link[i] = true;
		say(world_link(RTM_NEWLINK, i));
	} else if (random() % 4 == 0) {
		world_down(i);
		world_addr_del(i, 0);
		world_addr_del(i, 1);
		say(world_link(RTM_DELLINK, i));
		world.link[i] = false;
	} else if (world.up[i]) {
		world_down(i);
	} else {
		world.up[i] = true;
		say(world_link(RTM_NEWLINK, i));
	}
}

static void world_addr_act(int i, int k)
{
	if (world.a[i][k] && random() % 2) {
		world_addr_del(i, k);
	} else if (k < 2 || world.up[i]) {
		world.a[i][k] = true;
		say(addr_msg(RTM_NEWADDR, i + 1, world_addrs[k], 0));
	}
}

static void world_route_act(int i, bool six)
{
	bool *r = six ? &world.r6[i] : &world.r4[i];

	if (*r && random() % 2) {
		*r = false;
		say(world_route(RTM_DELROUTE, i, six));
	} else if (world.up[i] && (six || world.a[i][0] || world.a[i][1])) {
		*r = true;
		say(world_route(RTM_NEWROUTE, i, six));
	}
}

static void world_act(void)
{
	int i = (int)(random() % 4);

	if (!world.link[i] || random() % 6 == 0)
		world_link_act(i);
	else if (random() % 3 == 0)
		world_route_act(i, random() % 2);
	else
		world_addr_act(i, (int)(random() % 4));
}

static void world_table(void)
{
	fake_nl_table_clear();
	for (int i = 0; i < 4; i++) {
		if (world.link[i])
			fake_nl_table_add(world_link(RTM_NEWLINK, i));
		for (int k = 0; k < 4; k++)
			if (world.a[i][k])
				fake_nl_table_add(addr_msg(RTM_NEWADDR, i + 1,
							   world_addrs[k], 0));
		if (world.r4[i])
			fake_nl_table_add(world_route(RTM_NEWROUTE, i, false));
		if (world.r6[i])
			fake_nl_table_add(world_route(RTM_NEWROUTE, i, true));
	}
}

static bool mirror_has_addr(int ifindex, const char *text)
{
	size_t n;
	const struct monitor_addr *a = monitor_addrs(m, ifindex, &n);
	char got[ADDR_STRLEN];

	for (size_t i = 0; i < n; i++)
		if (strcmp(addr_print(&a[i].addr, got), text) == 0)
			return true;
	return false;
}

static bool mirror_has_route(int ifindex, int family)
{
	size_t n;
	const struct monitor_route *r = monitor_routes(m, &n);

	for (size_t i = 0; i < n; i++)
		if (r[i].ifindex == ifindex && r[i].family == family)
			return true;
	return false;
}

/* NULL, or what the mirror has wrong. */
static const char *mirror_fault(void)
{
	for (int i = 0; i < 4; i++) {
		const struct monitor_link *l = monitor_link(m, i + 1);

		if ((l != NULL) != world.link[i])
			return "a link";
		if (l && (l->flags == UP) != world.up[i])
			return "a link's flags";
		for (int k = 0; k < 4; k++)
			if (mirror_has_addr(i + 1, world_addrs[k]) !=
			    world.a[i][k])
				return world_addrs[k];
		if (mirror_has_route(i + 1, AF_INET) != world.r4[i])
			return "an IPv4 route";
		if (mirror_has_route(i + 1, AF_INET6) != world.r6[i])
			return "an IPv6 route";
	}
	return NULL;
}

static void mirror_is_world(const char *when, int seed)
{
	const char *fault = mirror_fault();

	ck_assert_msg(!fault, "%s, seed %d: %s", when, seed, fault);
}

static void world_start(int seed)
{
	srandom((unsigned int)seed + 1);
	memset(&world, 0, sizeof(world));
	n_said = 0;
	for (int i = 0; i < 30; i++)
		world_act();
	n_said = 0;
	world_table();
	start();
	mirror_is_world("first", seed);
}

/* In order and whole: the messages alone keep the mirror right. */
START_TEST(test_property_in_order)
{
	int done = 0;

	world_start(_i);
	for (int i = 0; i < 100; i++) {
		world_act();
		if (random() % 3)
			continue;
		for (; done < n_said; done++)
			fake_nl_say((void *)said[done], 0);
		n_told = 0;
		turn();
		mirror_is_world("in order", _i);
	}
	ck_assert_int_eq(fake_nl_dumps(), 1);
}
END_TEST

static void say_all(void)
{
	for (int i = 0; i < n_said; i++)
		fake_nl_say((void *)said[i], 0);
}

/*
 * A dump made while old messages are waiting, which are then replayed. Where
 * one of them brought back a route that went without a word, a second dump
 * follows by itself.
 */
START_TEST(test_property_old_after_dump)
{
	ev_timer guard;

	world_start(_i);
	for (int i = 0; i < 40; i++)
		world_act();
	world_table();
	fake_nl_during_dump(say_all);
	fake_nl_fail(-ENOBUFS);
	n_told = 0;
	turn();
	ev_timer_init(&guard, late, 10., 0.);
	ev_timer_start(loop, &guard);
	while (mirror_fault())
		ev_run(loop, EVRUN_ONCE);
	ev_timer_stop(loop, &guard);
	ck_assert_int_le(fake_nl_dumps(), 3);
}
END_TEST

/* Lost, doubled, in any order: after the overrun is heard, all is right. */
START_TEST(test_property_any_order_then_overrun)
{
	world_start(_i);
	for (int i = 0; i < 60; i++)
		world_act();
	for (int i = 0; n_said > 0 && i < n_said; i++) {
		fake_nl_say((void *)said[random() % n_said], 0);
		if (random() % 20 == 0)
			fake_nl_fail(-ENOBUFS);
		n_told = 0;
		if (random() % 4 == 0)
			turn();
	}
	world_table();
	fake_nl_fail(-ENOBUFS);
	n_told = 0;
	turn();
	mirror_is_world("any order", _i);
	ck_assert_int_eq(told[n_told - 1], 0);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("monitor");
	TCase *tc = tcase_create("start"), *on = tcase_create("started");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_interrupted_start);
	tcase_add_test(tc, test_failed_start);
	tcase_add_test(tc, test_no_such_family);
	tcase_add_test(tc, test_resync);
	tcase_add_loop_test(tc, test_property_in_order, 0, 50);
	tcase_add_loop_test(tc, test_property_old_after_dump, 0, 50);
	tcase_add_loop_test(tc, test_property_any_order_then_overrun, 0, 50);
	suite_add_tcase(s, tc);
	tcase_add_checked_fixture(on, started, teardown);
	tcase_add_test(on, test_first_dump);
	tcase_add_test(on, test_told_first);
	tcase_add_test(on, test_rule);
	tcase_add_test(on, test_one_word_per_interface_and_turn);
	tcase_add_test(on, test_repeats_are_silent);
	tcase_add_test(on, test_foreign_sender);
	tcase_add_loop_test(on, test_lost, 0, SUITE_COUNT(losses));
	tcase_add_test(on, test_persistent_error);
	tcase_add_test(on, test_far_behind);
	tcase_add_test(on, test_touched);
	tcase_add_test(on, test_nonsense_is_a_loss);
	tcase_add_test(on, test_interrupted_dump);
	tcase_add_loop_test(on, test_dump_that_fails, 0, 2);
	tcase_add_test(on, test_ppp);
	tcase_add_test(on, test_dad);
	tcase_add_test(on, test_secondaries);
	tcase_add_test(on, test_rename);
	tcase_add_test(on, test_namespace_move);
	tcase_add_test(on, test_deprecate_and_expire);
	tcase_add_test(on, test_replaced_route);
	tcase_add_test(on, test_doubt);
	tcase_add_test(on, test_more_interfaces_than_can_be_told_apart);
	tcase_add_test(on, test_storm);
	suite_add_tcase(s, on);
	return s;
}
