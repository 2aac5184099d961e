/*
 * What the kernel's routing table answers, in a namespace of the test's own.
 */
#include "config.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "net/egress.h"
#include "net/route.h"
#include "tests/support/netns.h"
#include "tests/support/suite.h"

#define IP(...) ck_assert_int_eq(netns_ip(__VA_ARGS__), 0)

static struct route *route;

static struct addr parsed(const char *text)
{
	struct addr a = { 0 };

	if (text[0])
		ck_assert_int_eq(addr_parse(text, &a), 0);
	return a;
}

/* The kernel makes the route to an IPv6 address of ours a moment later. */
static void await_own(const char *text)
{
	const struct timespec while_ns = { .tv_nsec = 5000000 };
	const struct addr own = parsed(text);
	struct route_answer got = { .local = false };

	for (int i = 0; i < 1000 && !got.local; i++) {
		if (i > 0)
			(void)nanosleep(&while_ns, NULL);
		(void)route_get(route, &own, 0, 0, &got);
	}
	ck_assert_msg(got.local, "%s", text);
}

/*
 * A gateway: its WAN w0 (interface 10), its LAN w1 (11), a tunnel's two
 * halves of everything in a table of its own that mark 7 selects.
 */
static void setup(void)
{
	netns_enter();
	IP("link add w0 index 10 type veth peer name w1 index 11");
	IP("link set w0 up");
	IP("link set w1 up");
	IP("addr add 198.51.100.1/24 dev w0");
	IP("addr add 192.168.1.1/24 dev w1");
	IP("addr add 2001:db8:1::1/64 dev w0 nodad");
	IP("addr add 2001:db8:2::1/64 dev w1 nodad");
	IP("route add default via 198.51.100.254");
	IP("route add default via 2001:db8:1::fe dev w0");
	IP("route add 203.0.113.0/24 via 198.51.100.9");
	IP("route add unreachable 203.0.113.128/25");
	IP("route add 0.0.0.0/1 dev w1 table 7");
	IP("route add 128.0.0.0/1 dev w1 table 7");
	IP("rule add fwmark 7 table 7");
	IP("-6 route add 2000::/3 via 2001:db8:2::fe dev w1 table 7");
	IP("-6 rule add fwmark 7 table 7");
	ck_assert_int_eq(route_open(&route), 0);
	await_own("2001:db8:1::1");
	await_own("2001:db8:2::1");
}

static void teardown(void)
{
	route_close(route);
}

static const struct row {
	const char *name, *dst;
	int ifindex;
	uint32_t mark;
	int want;
	const char *source, *gateway;
	int through;
	bool local, by_default;
} rows[] = {
	{ "the world", "8.8.8.8", 0, 0, 0,
	  "198.51.100.1", "198.51.100.254", 10, false, true },
	{ "the world, IPv6", "2600::1", 0, 0, 0,
	  "2001:db8:1::1", "2001:db8:1::fe", 10, false, true },
	{ "through that interface", "8.8.8.8", 10, 0, 0,
	  "198.51.100.1", "198.51.100.254", 10, false, true },
	{ "through one without such a route", "8.8.8.8", 11, 0,
	  -EHOSTUNREACH },
	{ "through one without such a route, IPv6", "2600::1", 11, 0,
	  -ENETUNREACH },
	{ "through one that does not exist", "8.8.8.8", 99, 0, -ENODEV },
	{ "ourselves", "198.51.100.1", 0, 0, 0,
	  "198.51.100.1", "", 1, true, false },
	{ "ourselves, IPv6", "2001:db8:1::1", 0, 0, 0,
	  "2001:db8:1::1", "", 1, true, false },
	{ "loopback", "127.0.0.1", 0, 0, 0, "127.0.0.1", "", 1, true, false },
	{ "on-link", "192.168.1.7", 0, 0, 0, "192.168.1.1", "", 11, false,
	  false },
	{ "on-link, IPv6", "2001:db8:2::7", 0, 0, 0, "2001:db8:2::1", "", 11,
	  false, false },
	{ "a more specific route", "203.0.113.5", 0, 0, 0,
	  "198.51.100.1", "198.51.100.9", 10, false, false },
	{ "unreachable by order", "203.0.113.200", 0, 0, -EHOSTUNREACH },
	{ "half of everything stands in for it", "8.8.8.8", 0, 7, 0,
	  "192.168.1.1", "", 11, false, true },
	{ "the other half", "198.41.0.4", 0, 7, 0,
	  "192.168.1.1", "", 11, false, true },
	{ "all that is global stands in for it", "2600::1", 0, 7, 0,
	  "2001:db8:2::1", "2001:db8:2::fe", 11, false, true },
};

START_TEST(test_row)
{
	const struct row *r = &rows[_i];
	struct addr dst = parsed(r->dst), source = parsed(r->source ?
							  r->source : "");
	struct addr gateway = parsed(r->gateway ? r->gateway : "");
	struct route_answer got = { .ifindex = 99 };
	int rc = route_get(route, &dst, r->ifindex, r->mark, &got);

	ck_assert_msg(rc == r->want, "%s: %d (%s)", r->name, rc,
		      strerror(-rc));
	if (rc < 0) {
		ck_assert_int_eq(got.ifindex, 99); /* untouched */
		return;
	}
	ck_assert_msg(addr_equal(&got.source, &source), "%s: source", r->name);
	ck_assert_msg(addr_equal(&got.gateway, &gateway), "%s: gateway",
		      r->name);
	ck_assert_msg(got.ifindex == r->through, "%s: through %d", r->name,
		      got.ifindex);
	ck_assert_msg(got.local == r->local, "%s: local", r->name);
	ck_assert_msg(got.by_default == r->by_default, "%s: by_default",
		      r->name);
}
END_TEST

START_TEST(test_nothing)
{
	struct addr none = { 0 }, dst = parsed("8.8.8.8");
	struct route_answer got;

	ck_assert_int_eq(route_get(route, &none, 0, 0, &got), -EAFNOSUPPORT);
	IP("route del default");
	ck_assert_int_eq(route_get(route, &dst, 0, 0, &got), -ENETUNREACH);
	/* Questions and answers stay in step after errors. */
	dst = parsed("192.168.1.7");
	ck_assert_int_eq(route_get(route, &dst, 0, 0, &got), 0);
	ck_assert_int_eq(got.ifindex, 11);
}
END_TEST

START_TEST(test_global)
{
	struct route_answer got;
	struct addr dst = route_global(AF_INET);

	ck_assert_int_eq(route_get(route, &dst, 0, 0, &got), 0);
	ck_assert(got.by_default);
	dst = route_global(AF_INET6);
	ck_assert_int_eq(route_get(route, &dst, 0, 0, &got), 0);
	ck_assert(got.by_default);
	ck_assert_uint_eq(route_global(AF_UNIX).family, 0);
}
END_TEST

/* What applies of {source, interface 10, mark} to a destination. */
static const struct applied {
	const char *name, *source, *dst;
	uint32_t mark;
	bool bound;
} applied[] = {
	{ "the world", "198.51.100.1", "8.8.8.8", 0, true },
	{ "a server on the LAN", "198.51.100.1", "192.168.1.7", 0, false },
	{ "on this machine", "198.51.100.1", "127.0.0.1", 0, false },
	{ "behind a more specific route", "198.51.100.1", "203.0.113.5", 5,
	  false },
	{ "the other family", "198.51.100.1", "2600::1", 5, false },
	{ "no route that is known", "2001:db8:1::1", "2600::1", 8, true },
	{ "interface alone", "", "8.8.8.8", 0, true },
};

START_TEST(test_egress_for)
{
	const struct applied *a = &applied[_i];
	struct egress want = { .source = parsed(a->source), .ifindex = 10,
			       .mark = a->mark }, got;
	struct addr dst = parsed(a->dst);

	if (a->mark == 8)
		IP("-6 route del default");
	egress_for(route, &dst, &want, &got);
	ck_assert_uint_eq(got.mark, a->mark);
	ck_assert_msg((got.ifindex == 10) == a->bound, "%s", a->name);
	ck_assert_msg(got.source.family == (a->bound ? want.source.family : 0),
		      "%s", a->name);
	egress_for(NULL, &dst, &want, &got);
	ck_assert_int_eq(got.ifindex,
			 want.source.family == 0 ||
			 want.source.family == dst.family ? 10 : 0);
}
END_TEST

/* Policy routing looks at who sends. */
START_TEST(test_from)
{
	struct addr dst = parsed("8.8.8.8"), source = parsed("198.51.100.2");
	struct addr dst6 = parsed("2600::1"), source6 = parsed("2001:db8:1::2");
	struct route_answer a;

	ck_assert_int_lt(route_from(route, &dst, &source, 0, 0, &a), 0);
	IP("addr add 198.51.100.2/32 dev w0");
	IP("rule add from 198.51.100.2 table 7");
	IP("addr add 2001:db8:1::2/128 dev w0 nodad");
	IP("-6 rule add from 2001:db8:1::2 table 7");
	ck_assert_int_eq(route_from(route, &dst, &source, 0, 0, &a), 0);
	ck_assert_int_eq(a.ifindex, 11);
	ck_assert(a.by_default && addr_equal(&a.source, &source));
	ck_assert_int_eq(route_from(route, &dst6, &source6, 0, 0, &a), 0);
	ck_assert_int_eq(a.ifindex, 11);
	ck_assert(a.by_default);
	source = parsed("198.51.100.1");
	ck_assert_int_eq(route_from(route, &dst, &source, 0, 0, &a), 0);
	ck_assert_int_eq(a.ifindex, 10);
	ck_assert_int_eq(route_from(route, &dst6, &source, 0, 0, &a),
			 -EAFNOSUPPORT);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("route");
	TCase *tc = tcase_create("kernel");

	netns_or_skip();
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_row, 0, SUITE_COUNT(rows));
	tcase_add_test(tc, test_from);
	tcase_add_test(tc, test_nothing);
	tcase_add_test(tc, test_global);
	tcase_add_loop_test(tc, test_egress_for, 0, SUITE_COUNT(applied));
	suite_add_tcase(s, tc);
	return s;
}
