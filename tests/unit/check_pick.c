#include "config.h"

#include <string.h>

#include <linux/if_addr.h>

#include "daemon/source/pick.h"
#include "tests/support/fake_mirror.h"
#include "tests/support/suite.h"

#define WAN  2
#define WAN1 3
#define LAN  4
#define TUN  5
#define VETH 6
#define PORT 7

#define GW6  "2a0a:600:0:1::5/64"
#define LAN6 "2a0a:600:0:f::1/64"

static struct config_source config;
static struct pick out[PICK_MAX];
static enum pick_nat nat;
static struct pick_request request;

/* A gateway: two uplinks, a bridge with a port, a tunnel, a container. */
static void setup(void)
{
	fake_mirror_reset();
	fake_link(1, "lo", "", FAKE_LIVE);
	fake_link(WAN, "wan0", "", FAKE_LIVE);
	fake_link(WAN1, "wan1", "", FAKE_LIVE);
	fake_link(LAN, "br-lan", "bridge", FAKE_LIVE);
	fake_link(TUN, "tun0", "tun", FAKE_LIVE);
	fake_link(VETH, "veth7", "veth", FAKE_LIVE);
	fake_link(PORT, "eth3", "", FAKE_LIVE);
	fake_link_master(PORT, LAN);
	config = (struct config_source){ .name = (char *)"default" };
	request = (struct pick_request){ .config = &config,
					 .family = AF_INET };
}

static size_t pick(void)
{
	return pick_candidates(&request, NULL, NULL, out, &nat);
}

static void picks(const char *want)
{
	char text[ADDR_STRLEN], got[256] = "";
	size_t n = pick();

	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			strcat(got, " ");
		strcat(got, addr_print(&out[i].addr, text));
		if (out[i].shut_in)
			strcat(got, "!");
	}
	ck_assert_str_eq(got, want);
	/* What was chosen is what the next look begins with. */
	request.current = n > 0 ? out[0].addr : (struct addr){ 0 };
	request.current_ifindex = n > 0 ? out[0].ifindex : 0;
}

static void interfaces(char **names, size_t n)
{
	config.interfaces = (struct config_strings){ names, n };
}

#define NAMED(...)                                                             \
	do {                                                                   \
		static char *names_[] = { __VA_ARGS__ };                       \
		interfaces(names_, sizeof(names_) / sizeof(names_[0]));        \
	} while (0)

static char wan0_[] = "wan0", wan1_[] = "wan1", wans_[] = "wan*",
	    ppps_[] = "ppp*", tun_[] = "tun0";

/* ---- the interface of the default route ---- */

/* The source moves when the route moves, both ways. */
START_TEST(test_failover)
{
	fake_addr(WAN, "5.6.7.5/24", 0, 0);
	fake_addr(WAN1, "5.6.9.5/24", 0, 0);
	picks("");
	fake_route(AF_INET, WAN, 100, FAKE_MAIN);
	fake_route(AF_INET, WAN1, 200, FAKE_MAIN);
	picks("5.6.7.5");
	fake_route(AF_INET, WAN1, 50, FAKE_MAIN);
	picks("5.6.9.5");
	fake_route_del(AF_INET, WAN1, FAKE_MAIN);
	picks("5.6.7.5");
	fake_route(AF_INET, WAN1, 200, FAKE_MAIN);
	fake_link_del(WAN);
	picks("5.6.9.5");
	/* No question to the kernel where there is nothing to choose. */
	ck_assert_uint_eq(fake_questions(), 1);
}
END_TEST

/* The first look had no route at all: it asked the kernel once. */
START_TEST(test_route_gone_for_a_moment)
{
	fake_addr(WAN, "5.6.7.5/24", 0, 0);
	fake_route(AF_INET, WAN, 100, FAKE_MAIN);
	picks("5.6.7.5");
	fake_route_del(AF_INET, WAN, FAKE_MAIN);
	picks("5.6.7.5");
	fake_addr_del(WAN, "5.6.7.5");
	picks("");
	fake_addr(WAN, "5.6.7.6/24", 0, 0);
	picks("");
}
END_TEST

/* The first of the routes is to win, though it comes last. */
static const struct race {
	const char *name;
	struct {
		int ifindex;
		uint32_t metric;
		uint8_t len;
	} way[2];
} races[] = {
	{ "the least metric", { { WAN, 10 }, { WAN1, 20 } } },
	{ "of equals the kernel's own", { { WAN, 10 }, { WAN1, 10 } } },
	{ "what stands in for a default", { { WAN1, 10, 1 }, { WAN, 1 } } },
	{ "a tunnel's halves do not", { { WAN, 100 }, { TUN, 1, 1 } } },
	{ "a tunnel has less metric", { { WAN, 100 }, { TUN, 1 } } },
	{ "a veth has less metric", { { WAN, 100 }, { VETH, 1 } } },
	{ "a bridge's port has less metric", { { WAN, 100 }, { PORT, 1 } } },
	{ "a container's way out has more metric than its tunnel",
	  { { VETH, 100 }, { TUN, 1 } } },
	{ "a bridge is no port", { { LAN, 1 }, { WAN, 100 } } },
};

START_TEST(test_race)
{
	const struct race *race = &races[_i];

	request.family = AF_INET6;
	fake_addr(WAN, "2a00::2/64", 0, 0);
	fake_addr(WAN1, "2a00::3/64", 0, 0);
	fake_addr(LAN, "2a00::4/64", 0, 0);
	fake_addr(TUN, "2a00::5/64", 0, 0);
	fake_addr(VETH, "2a00::6/64", 0, 0);
	fake_addr(PORT, "2a00::7/64", 0, 0);
	/* The kernel takes the first of equals. */
	fake_half(AF_INET6, race->way[0].ifindex, race->way[0].metric,
		  race->way[0].len);
	fake_half(AF_INET6, race->way[1].ifindex, race->way[1].metric,
		  race->way[1].len);
	ck_assert_msg(pick() == 1 && out[0].ifindex == race->way[0].ifindex,
		      "%s: %d", race->name, out[0].ifindex);
}
END_TEST

/* Nothing else has the route: then they are taken. */
START_TEST(test_nothing_else)
{
	static const int odd[] = { TUN, VETH, PORT };

	fake_addr(odd[_i], "5.6.7.5/24", 0, 0);
	fake_addr(WAN, "5.6.9.5/24", 0, 0);
	fake_route(AF_INET, odd[_i], 0, FAKE_MAIN);
	picks("5.6.7.5");
}
END_TEST

START_TEST(test_each_family_its_own)
{
	fake_addr(WAN, "5.6.7.5/24", 0, 0);
	fake_addr(WAN, GW6, 0, 0);
	fake_addr(WAN1, "5.6.9.5/24", 0, 0);
	fake_addr(WAN1, "2a00::5/64", 0, 0);
	fake_route(AF_INET, WAN, 0, FAKE_MAIN);
	fake_route(AF_INET6, WAN1, 0, FAKE_MAIN);
	picks("5.6.7.5");
	request.family = AF_INET6;
	picks("2a00::5");
}
END_TEST

/* PPPoE with a delegated prefix: the LAN's bridge holds the address. */
START_TEST(test_delegated)
{
	request.family = AF_INET6;
	fake_route(AF_INET6, WAN, 1024, FAKE_MAIN);
	fake_addr(WAN, "fe80::1/64", 0, 0);
	fake_addr(LAN, "fd00::1/64", 0, 0);
	fake_addr(LAN, "2a00::bad/64", 0, 9999);
	fake_addr(LAN, LAN6, 0, 0);
	fake_choice(WAN, "2a0a:600:0:f::1");
	picks("2a0a:600:0:f::1");
	/* The kernel likes one that is not to be published: another of those. */
	fake_addr(LAN, LAN6, IFA_F_TEMPORARY, 0);
	picks("2a00::bad");
	/* The uplink has one of its own: then that. */
	fake_addr(WAN, GW6, 0, 0);
	picks("2a0a:600:0:1::5");
}
END_TEST

START_TEST(test_policy_routing)
{
	fake_addr(WAN, "5.6.7.5/24", 0, 0);
	fake_addr(WAN1, "5.6.9.5/24", 0, 0);
	fake_route(AF_INET, WAN, 0, FAKE_MAIN);
	fake_route(AF_INET, WAN1, 0, 102);
	fake_rule(NULL, 2, 102);
	picks("5.6.7.5");
	/* The way of marked packets. */
	config.fwmark = 2;
	picks("5.6.9.5");
}
END_TEST

/* ---- named interfaces ---- */

START_TEST(test_order_of_names)
{
	NAMED(wan1_, wan0_);
	fake_addr(WAN, "5.6.7.5/24", 0, 0);
	fake_route(AF_INET, WAN, 0, FAKE_MAIN);
	picks("5.6.7.5");
	fake_addr(WAN1, "5.6.9.5/24", 0, 0);
	picks("5.6.9.5");
	fake_link(WAN1, "wan1", "", 0);
	picks("5.6.7.5");
	fake_link(WAN1, "wan1", "", FAKE_LIVE);
	picks("5.6.9.5");
}
END_TEST

/* Another one is better than one whose cable is out; nothing is not. */
START_TEST(test_carrier)
{
	NAMED(wan0_, wan1_);
	fake_addr(WAN, "5.6.7.5/24", 0, 0);
	fake_link(WAN, "wan0", "", FAKE_UP);
	picks("5.6.7.5");
	fake_addr(WAN1, "5.6.9.5/24", 0, 0);
	picks("5.6.9.5");
	fake_link(WAN, "wan0", "", FAKE_LIVE);
	picks("5.6.7.5");
}
END_TEST

START_TEST(test_globs)
{
	NAMED(ppps_, wans_);
	picks("");
	fake_addr(WAN, "5.6.7.5/24", 0, 0);
	fake_addr(WAN1, "5.6.9.5/24", 0, 0);
	picks("5.6.7.5");
	/* Of those that one pattern means: who has the route. */
	fake_route(AF_INET, WAN1, 100, FAKE_MAIN);
	picks("5.6.9.5");
	fake_route(AF_INET, WAN, 50, FAKE_MAIN);
	picks("5.6.7.5");
	/* Dialled in; and again, with another ifindex. */
	fake_link(12, "ppp0", "ppp", FAKE_LIVE);
	fake_addr(12, "5.6.8.7", 0, 0);
	picks("5.6.8.7");
	fake_link_del(12);
	fake_link(13, "ppp0", "ppp", FAKE_LIVE);
	fake_addr(13, "5.6.8.9", 0, 0);
	picks("5.6.8.9");
	/* Renamed: it is not meant any more. */
	fake_link(13, "dsl", "ppp", FAKE_LIVE);
	picks("5.6.7.5");
}
END_TEST

START_TEST(test_named_tunnel)
{
	NAMED(tun_);
	fake_addr(TUN, "5.6.7.5/24", 0, 0);
	fake_addr(WAN, "5.6.9.5/24", 0, 0);
	fake_route(AF_INET, WAN, 0, FAKE_MAIN);
	picks("5.6.7.5");
}
END_TEST

/* Only what duplicate address detection stands before is about to come. */
START_TEST(test_coming)
{
	request.family = AF_INET6;
	ck_assert(!pick_is_coming(&request));
	fake_route(AF_INET6, WAN, 0, FAKE_MAIN);
	fake_addr(WAN, GW6, IFA_F_DEPRECATED, 0);
	fake_addr(WAN, "fe80::5/64", IFA_F_TENTATIVE, 0);
	fake_addr(WAN, "fd00::5/64", IFA_F_TENTATIVE, 0);
	fake_addr(WAN, "2a0a:600:0:2::6/64", IFA_F_TENTATIVE | IFA_F_DADFAILED,
		  0);
	fake_addr(WAN1, "2a0a:600:0:3::5/64", IFA_F_TENTATIVE, 0);
	picks("");
	ck_assert(!pick_is_coming(&request));
	fake_addr(WAN, "2a0a:600:0:2::5/64", IFA_F_TENTATIVE, 0);
	picks("");
	ck_assert(pick_is_coming(&request));
	fake_addr(WAN, "2a0a:600:0:2::5/64", 0, 0);
	picks("2a0a:600:0:2::5");
	ck_assert(!pick_is_coming(&request));
}
END_TEST

START_TEST(test_keep_all)
{
	NAMED(wan1_, wans_);
	config.keep_all = true;
	fake_addr(WAN, "5.6.7.5/24", 0, 0);
	fake_addr(WAN, "5.6.7.6/24", IFA_F_SECONDARY, 0);
	fake_addr(WAN1, "5.6.9.5/24", 0, 0);
	fake_addr(WAN1, "10.0.0.5/24", 0, 0);
	picks("5.6.9.5 5.6.7.5 5.6.7.6");
	fake_addr_del(WAN, "5.6.7.5");
	picks("5.6.9.5 5.6.7.6");
}
END_TEST

START_TEST(test_prefix_from)
{
	request.family = AF_INET6;
	request.prefix_from = "br-lan";
	fake_route(AF_INET6, WAN, 0, FAKE_MAIN);
	fake_addr(WAN, GW6, 0, 0);
	picks("");
	fake_addr(LAN, "fd00::1/64", 0, 0);
	picks("");
	fake_addr(LAN, LAN6, 0, 0);
	picks("2a0a:600:0:f::1");
	/* A bridge whose ports are all out. */
	fake_link(LAN, "br-lan", "bridge", FAKE_UP);
	picks("2a0a:600:0:f::1");
}
END_TEST

/* ---- NAT told apart ---- */

/* ! is an address that only a NAT leads out from. */
static const struct nat_row {
	const char *addrs[3];
	enum config_behind_nat policy;
	enum pick_nat want;
	const char *picks;
	bool scope_any;
} nat_rows[] = {
	{ { "192.168.1.2/24" }, NAT_AUTO, PICK_NAT_PRIVATE, "192.168.1.2!" },
	{ { "192.168.1.2/24" }, NAT_PUBLISH, PICK_NAT_PRIVATE,
	  "192.168.1.2!" },
	{ { "192.168.1.2/24" }, NAT_IGNORE, PICK_NAT_PRIVATE, "" },
	{ { "100.64.0.5/10" }, NAT_AUTO, PICK_NAT_CARRIER, "" },
	{ { "192.0.0.2/29" }, NAT_AUTO, PICK_NAT_CARRIER, "" },
	{ { "100.64.0.5/10" }, NAT_PUBLISH, PICK_NAT_CARRIER, "100.64.0.5!" },
	{ { "100.64.0.5/10", "10.0.0.5/8" }, NAT_AUTO, PICK_NAT_PRIVATE,
	  "10.0.0.5!" },
	{ { "10.0.0.5/8", "5.6.7.5/24" }, NAT_AUTO, PICK_NAT_NONE, "5.6.7.5" },
	{ { "10.0.0.5/8" }, NAT_AUTO, PICK_NAT_NONE, "10.0.0.5", true },
	{ { "169.254.1.1/16" }, NAT_PUBLISH, PICK_NAT_NONE, "" },
	{ { NULL }, NAT_AUTO, PICK_NAT_NONE, "" },
};

START_TEST(test_nat)
{
	const struct nat_row *row = &nat_rows[_i];

	fake_route(AF_INET, WAN, 0, FAKE_MAIN);
	for (size_t i = 0; i < 3 && row->addrs[i]; i++)
		fake_addr(WAN, row->addrs[i], 0, 0);
	config.behind_nat = row->policy;
	config.scope_any = row->scope_any;
	picks(row->picks);
	ck_assert_int_eq(nat, row->want);
}
END_TEST

/* A unique local address beside a global prefix is no NAT. */
START_TEST(test_nat_is_ipv4s)
{
	request.family = AF_INET6;
	fake_route(AF_INET6, WAN, 0, FAKE_MAIN);
	fake_addr(WAN, "fd00::5/64", 0, 0);
	picks("");
	ck_assert_int_eq(nat, PICK_NAT_NONE);
}
END_TEST

START_TEST(test_altname)
{
	static char *names[] = { (char *)"uplink-?" };

	interfaces(names, 1);
	fake_addr(WAN1, "5.6.9.5/24", 0, 0);
	picks("");
	fake_link_altname(WAN1, "enp1s0\0uplink-2\0");
	picks("5.6.9.5");
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("pick");
	TCase *tc = tcase_create("pick");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, test_failover);
	tcase_add_test(tc, test_route_gone_for_a_moment);
	tcase_add_loop_test(tc, test_race, 0, SUITE_COUNT(races));
	tcase_add_loop_test(tc, test_nothing_else, 0, 3);
	tcase_add_test(tc, test_each_family_its_own);
	tcase_add_test(tc, test_delegated);
	tcase_add_test(tc, test_policy_routing);
	tcase_add_test(tc, test_order_of_names);
	tcase_add_test(tc, test_carrier);
	tcase_add_test(tc, test_globs);
	tcase_add_test(tc, test_named_tunnel);
	tcase_add_test(tc, test_coming);
	tcase_add_test(tc, test_keep_all);
	tcase_add_test(tc, test_prefix_from);
	tcase_add_loop_test(tc, test_nat, 0, SUITE_COUNT(nat_rows));
	tcase_add_test(tc, test_nat_is_ipv4s);
	tcase_add_test(tc, test_altname);
	suite_add_tcase(s, tc);
	return s;
}
