#include "config.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/socket.h>

#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include "monitor/nl_addr.h"
#include "tests/support/nl_build.h"
#include "tests/support/suite.h"

#define NOW_MS 1000000

/* One message, said in the terms of the kernel. */
static const struct row {
	const char *name;
	struct nl_build_addr in;
	uint32_t cut; /* bytes taken off the end of the message */
	int want;
	const char *want_addr, *want_peer;
	uint32_t want_flags;
	uint64_t want_preferred_ms;
} rows[] = {
	{ "ethernet",
	  { RTM_NEWADDR, AF_INET, 7, 24, 0, IFA_F_PERMANENT, false, "192.0.2.1",
	    "192.0.2.1" },
	  0, 0, "192.0.2.1", "192.0.2.1", IFA_F_PERMANENT, MONITOR_FOR_EVER },
	{ "ppp: ours is LOCAL, ADDRESS is the peer",
	  { RTM_NEWADDR, AF_INET, 7, 32, 0, 0, false, "198.51.100.9",
	    "192.0.2.1" },
	  0, 0, "192.0.2.1", "198.51.100.9", 0, MONITOR_FOR_EVER },
	{ "ipv6 has no LOCAL",
	  { RTM_NEWADDR, AF_INET6, 7, 64, 0, IFA_F_TENTATIVE, false,
	    "2001:db8::1" },
	  0, 0, "2001:db8::1", "2001:db8::1", IFA_F_TENTATIVE,
	  MONITOR_FOR_EVER },
	{ "ipv6 point-to-point",
	  { RTM_NEWADDR, AF_INET6, 7, 128, 0, 0, false, "2001:db8::2",
	    "2001:db8::1" },
	  0, 0, "2001:db8::1", "2001:db8::2", 0, MONITOR_FOR_EVER },
	{ "flags above 8 bits",
	  { RTM_NEWADDR, AF_INET6, 7, 64, 0,
	    IFA_F_NOPREFIXROUTE | IFA_F_STABLE_PRIVACY, false, "2001:db8::1" },
	  0, 0, "2001:db8::1", "2001:db8::1",
	  IFA_F_NOPREFIXROUTE | IFA_F_STABLE_PRIVACY, MONITOR_FOR_EVER },
	{ "flags in the header only",
	  { RTM_NEWADDR, AF_INET6, 7, 64, 0, IFA_F_DEPRECATED, true,
	    "2001:db8::1" },
	  0, 0, "2001:db8::1", "2001:db8::1", IFA_F_DEPRECATED,
	  MONITOR_FOR_EVER },
	{ "lifetimes count from now",
	  { RTM_NEWADDR, AF_INET6, 7, 64, 0, 0, false, "2001:db8::1", NULL,
	    true, 50, 100 },
	  0, 0, "2001:db8::1", "2001:db8::1", 0, NOW_MS + 50000 },
	{ "the longest lifetime that is not for ever",
	  { RTM_NEWADDR, AF_INET6, 7, 64, 0, 0, false, "2001:db8::1", NULL,
	    true, UINT32_MAX - 1, UINT32_MAX },
	  0, 0, "2001:db8::1", "2001:db8::1", 0,
	  NOW_MS + (UINT32_MAX - 1) * 1000ULL },
	{ "no address at all",
	  { RTM_NEWADDR, AF_INET, 7, 24 },
	  0, -EBADMSG },
	{ "v6 header, v4 payload",
	  { RTM_NEWADDR, AF_INET6, 7, 64, 0, 0, false, "192.0.2.1" },
	  0, -EBADMSG },
	{ "v4 header, v6 peer",
	  { RTM_NEWADDR, AF_INET, 7, 24, 0, 0, false, "2001:db8::1",
	    "192.0.2.1" },
	  0, -EBADMSG },
	{ "a prefix longer than the address",
	  { RTM_NEWADDR, AF_INET, 7, 33, 0, 0, false, "192.0.2.1" },
	  0, -EBADMSG },
	{ "no interface",
	  { RTM_NEWADDR, AF_INET, 0, 24, 0, 0, false, "192.0.2.1" },
	  0, -EBADMSG },
	{ "an interface above INT_MAX",
	  { RTM_NEWADDR, AF_INET, 0x80000001, 24, 0, 0, false, "192.0.2.1" },
	  0, -EBADMSG },
	{ "another family",
	  { RTM_NEWADDR, AF_BRIDGE, 7, 0, 0, 0, false, "192.0.2.1" },
	  0, -EAFNOSUPPORT },
	{ "an attribute cut short",
	  { RTM_NEWADDR, AF_INET, 7, 24, 0, 0, false, "192.0.2.1" },
	  4, -EBADMSG },
	{ "the header cut short",
	  { RTM_NEWADDR, AF_INET, 7, 24, 0, 0, true },
	  24, -EBADMSG },
};

START_TEST(test_row)
{
	const struct row *r = &rows[_i];
	_Alignas(struct nlmsghdr) uint8_t buf[NL_BUILD_SIZE];
	struct nlmsghdr *h = nl_build_addr(buf, &r->in);
	struct nl_addr got = { .addr.ifindex = 99 };
	char text[ADDR_STRLEN];
	int rc;

	h->nlmsg_len -= r->cut;
	rc = nl_addr_parse(h, NOW_MS, &got);
	ck_assert_msg(rc == r->want, "%s: %d, not %d", r->name, rc, r->want);
	if (rc < 0) {
		ck_assert_int_eq(got.addr.ifindex, 99); /* untouched */
		return;
	}
	ck_assert_msg(strcmp(addr_print(&got.addr.addr, text), r->want_addr) ==
			      0, "%s: %s", r->name, text);
	ck_assert_str_eq(addr_print(&got.addr.peer, text), r->want_peer);
	ck_assert_int_eq(got.addr.ifindex, 7);
	ck_assert_uint_eq(got.addr.flags, r->want_flags);
	ck_assert_uint_eq(got.addr.preferred_until_ms, r->want_preferred_ms);
	ck_assert(!got.gone);
}
END_TEST

START_TEST(test_gone_protocol_scope)
{
	_Alignas(struct nlmsghdr) uint8_t buf[NL_BUILD_SIZE];
	struct nl_build_addr in = { RTM_DELADDR, AF_INET6, 3, 64,
				    .scope = RT_SCOPE_LINK,
				    .address = "fe80::1",
				    .protocol = IFAPROT_KERNEL_RA };
	struct nl_addr got;

	ck_assert_int_eq(nl_addr_parse(nl_build_addr(buf, &in), 0, &got), 0);
	ck_assert(got.gone);
	ck_assert_uint_eq(got.addr.protocol, IFAPROT_KERNEL_RA);
	ck_assert_uint_eq(got.addr.scope, RT_SCOPE_LINK);
}
END_TEST

/* mnl_nlmsg_ok() compares lengths as int: such a one passes there. */
START_TEST(test_length_above_int_max)
{
	_Alignas(struct nlmsghdr) uint8_t buf[NL_BUILD_SIZE];
	struct nl_build_addr in = { RTM_NEWADDR, AF_INET, 3, 24,
				    .address = "192.0.2.1" };
	struct nlmsghdr *h = nl_build_addr(buf, &in);
	struct nl_addr got;

	h->nlmsg_len = 0x80000011U;
	ck_assert_int_eq(nl_addr_parse(h, 0, &got), -EBADMSG);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("nl_addr");
	TCase *tc = tcase_create("rows");

	tcase_add_loop_test(tc, test_row, 0, SUITE_COUNT(rows));
	tcase_add_test(tc, test_gone_protocol_scope);
	tcase_add_test(tc, test_length_above_int_max);
	suite_add_tcase(s, tc);
	return s;
}
