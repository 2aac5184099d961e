#include "config.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>

#include "monitor/nl_route.h"
#include "tests/support/nl_build.h"
#include "tests/support/suite.h"

#define V4 .type = RTM_NEWROUTE, .family = AF_INET
#define V6 .type = RTM_NEWROUTE, .family = AF_INET6

static const struct row {
	const char *name;
	struct nl_build_route in;
	int want;
	int ifindex;
	const char *gateway;
	uint32_t table, metric;
	bool unicast, many;
} rows[] = {
	{ "by a gateway", { V4, .gateway = "192.0.2.1", .oif = 3 }, 0,
	  3, "192.0.2.1", RT_TABLE_MAIN, 0, true, false },
	{ "ppp: by the device alone", { V4, .oif = 3, .metric = 5 }, 0,
	  3, "none", RT_TABLE_MAIN, 5, true, false },
	{ "a table above 255", { V4, .oif = 3, .table = 70000 }, 0,
	  3, "none", 70000, 0, true, false },
	{ "half of everything", { V4, .oif = 3, .dst = "128.0.0.0",
	    .dst_len = 1 }, 0, 3, "none", RT_TABLE_MAIN, 0, true, false },
	{ "all that is global",
	  { V6, .oif = 3, .dst = "2000::", .dst_len = 3 }, 0,
	  3, "none", RT_TABLE_MAIN, 0, true, false },
	{ "an eighth that is not global",
	  { V6, .oif = 3, .dst = "e000::", .dst_len = 3 }, -ENOMSG },
	{ "a subnet", { V4, .oif = 3, .dst = "192.0.2.0", .dst_len = 24 },
	  -ENOMSG },
	{ "a quarter", { V4, .oif = 3, .dst = "64.0.0.0", .dst_len = 2 },
	  -ENOMSG },
	{ "source-specific",
	  { V6, .oif = 3, .src = "2001:db8::", .src_len = 56 }, 0,
	  3, "none", RT_TABLE_MAIN, 0, true, false },
	{ "a cached one", { V6, .oif = 3, .rtm_flags = RTM_F_CLONED },
	  -ENOMSG },
	{ "unreachable leads nowhere",
	  { V6, .oif = 1, .rtm_type = RTN_UNREACHABLE }, 0,
	  1, "none", RT_TABLE_MAIN, 0, false, false },
	{ "IPv4 by an IPv6 neighbour", { V4, .via = "fe80::1", .oif = 3 }, 0,
	  3, "fe80::1", RT_TABLE_MAIN, 0, true, false },
	{ "of several next hops the heaviest",
	  { V4, .hops = { { 3, "192.0.2.1", 1 }, { 4, "192.0.2.2", 5 },
			  { 5, "192.0.2.3", 5 } } }, 0,
	  4, "192.0.2.2", RT_TABLE_MAIN, 0, true, true },
	{ "but one that lives",
	  { V4, .hops = { { 3, "192.0.2.1", 1 },
			  { 4, "192.0.2.2", 5, true } } }, 0,
	  3, "192.0.2.1", RT_TABLE_MAIN, 0, true, true },
	{ "one next hop's interface is gone",
	  { V4, .hops = { { -1, "192.0.2.1", 9 }, { 4, "192.0.2.2", 5 } } }, 0,
	  4, "192.0.2.2", RT_TABLE_MAIN, 0, true, true },
	{ "all next hops dead",
	  { V4, .hops = { { 3, "192.0.2.1", 1, true } } }, 0,
	  0, "none", RT_TABLE_MAIN, 0, false, true },
	{ "known, but dead while its link has no carrier",
	  { V4, .gateway = "192.0.2.1", .oif = 3,
	    .rtm_flags = RTNH_F_DEAD | RTNH_F_LINKDOWN }, 0,
	  0, "192.0.2.1", RT_TABLE_MAIN, 0, false, true },
	{ "without carrier, but alive",
	  { V4, .gateway = "192.0.2.1", .oif = 3,
	    .rtm_flags = RTNH_F_LINKDOWN }, 0,
	  3, "192.0.2.1", RT_TABLE_MAIN, 0, true, false },
	{ "by a next hop object",
	  { V4, .gateway = "192.0.2.1", .oif = 3, .nexthop_id = 5 }, 0,
	  3, "192.0.2.1", RT_TABLE_MAIN, 0, true, true },
	{ "a next hop added to others",
	  { V6, .gateway = "fe80::1", .oif = 3, .nl_flags = NLM_F_APPEND }, 0,
	  3, "fe80::1", RT_TABLE_MAIN, 0, true, true },
	{ "a gateway of the wrong family",
	  { V4, .gateway = "fe80::1", .oif = 3 }, -EBADMSG },
	{ "a next hop of the wrong family",
	  { V4, .hops = { { 3, "fe80::1", 1 } } }, -EBADMSG },
	{ "another family", { RTM_NEWROUTE, .family = AF_MPLS, .oif = 3 },
	  -EAFNOSUPPORT },
};

START_TEST(test_row)
{
	const struct row *r = &rows[_i];
	_Alignas(struct nlmsghdr) uint8_t buf[NL_BUILD_SIZE];
	struct nl_route got = { .route.metric = 99 };
	char text[ADDR_STRLEN];
	int rc = nl_route_parse(nl_build_route(buf, &r->in), &got);

	ck_assert_msg(rc == r->want, "%s: %d, not %d", r->name, rc, r->want);
	if (rc < 0) {
		ck_assert_uint_eq(got.route.metric, 99); /* untouched */
		return;
	}
	ck_assert_int_eq(got.route.ifindex, r->ifindex);
	ck_assert_msg(strcmp(addr_print(&got.route.gateway, text),
			     r->gateway) == 0, "%s: %s", r->name, text);
	ck_assert_uint_eq(got.route.table, r->table);
	ck_assert_uint_eq(got.route.metric, r->metric);
	ck_assert_msg(got.unicast == r->unicast, "%s", r->name);
	ck_assert_msg(got.many == r->many, "%s", r->name);
	ck_assert_uint_eq(got.route.dst_len, r->in.dst_len);
	ck_assert_uint_eq(got.key.src_len, r->in.src_len);
}
END_TEST

START_TEST(test_replaced_and_gone)
{
	_Alignas(struct nlmsghdr) uint8_t buf[NL_BUILD_SIZE];
	struct nl_build_route in = { V4, .oif = 3, .prefsrc = "192.0.2.9",
				     .nl_flags = NLM_F_REPLACE };
	struct nl_route got;
	char text[ADDR_STRLEN];

	ck_assert_int_eq(nl_route_parse(nl_build_route(buf, &in), &got), 0);
	ck_assert(got.replaces && !got.gone);
	ck_assert_str_eq(addr_print(&got.route.prefsrc, text), "192.0.2.9");
	in.type = RTM_DELROUTE;
	ck_assert_int_eq(nl_route_parse(nl_build_route(buf, &in), &got), 0);
	ck_assert(!got.replaces && got.gone);
}
END_TEST

/* Whatever a next hop says of its length, reading ends with the message. */
START_TEST(test_hop_lengths)
{
	_Alignas(struct nlmsghdr) uint8_t buf[NL_BUILD_SIZE];
	struct nl_build_route in = { V4, .hops = { { 3, "192.0.2.1", 1 } } };
	struct nlmsghdr *h = nl_build_route(buf, &in);
	/* The last thing in the message: 8 bytes, and 8 of its gateway. */
	struct rtnexthop *hop = (void *)(buf + h->nlmsg_len - 16);
	struct nl_route got;

	ck_assert_uint_eq(hop->rtnh_len, 16);
	for (unsigned int len = 0; len < 65536; len++) {
		int rc;

		hop->rtnh_len = (unsigned short)len;
		rc = nl_route_parse(h, &got);
		ck_assert(rc == 0 || rc == -EBADMSG);
		ck_assert(len >= 8 && len <= 16 ? true : rc == -EBADMSG);
	}
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("nl_route");
	TCase *tc = tcase_create("rows");

	tcase_add_loop_test(tc, test_row, 0, SUITE_COUNT(rows));
	tcase_add_test(tc, test_replaced_and_gone);
	tcase_add_test(tc, test_hop_lengths);
	suite_add_tcase(s, tc);
	return s;
}
