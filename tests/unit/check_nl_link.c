#include "config.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include "monitor/nl_link.h"
#include "tests/support/nl_build.h"
#include "tests/support/suite.h"

static const struct row {
	const char *name;
	struct nl_build_link in;
	uint32_t cut;
	int want;
	struct monitor_link link;
} rows[] = {
	{ "veth under a bridge",
	  { RTM_NEWLINK, AF_UNSPEC, 5, IFF_UP, "w0", "veth", 9, 6 }, 0, 0,
	  { 5, 9, "w0", "veth", IFF_UP, 6, 1 } },
	{ "hardware has no kind",
	  { RTM_NEWLINK, AF_UNSPEC, 2, IFF_UP, "eth0" }, 0, 0,
	  { 2, 0, "eth0", "", IFF_UP, 0, 1 } },
	{ "the longest name",
	  { RTM_NEWLINK, AF_UNSPEC, 2, 0, "abcdefghijklmno" }, 0, 0,
	  { 2, 0, "abcdefghijklmno", "", 0, 0, 1 } },
	{ "a longer name",
	  { RTM_NEWLINK, AF_UNSPEC, 2, 0, "abcdefghijklmnop" }, 0, -EBADMSG },
	{ "an empty name", { RTM_NEWLINK, AF_UNSPEC, 2, 0, "" }, 0, -EBADMSG },
	{ "a kind too long to know",
	  { RTM_NEWLINK, AF_UNSPEC, 2, 0, "x", "abcdefghijklmnopqrst" }, 0, 0,
	  { 2, 0, "x", "", 0, 0, 1 } },
	{ "no name", { RTM_NEWLINK, AF_UNSPEC, 2 }, 0, -EBADMSG },
	{ "no index", { RTM_NEWLINK, AF_UNSPEC, 0, 0, "x" }, 0, -EBADMSG },
	{ "a port that left its bridge is no link that goes",
	  { RTM_DELLINK, AF_BRIDGE, 5, 0, "w0" }, 0, -EAFNOSUPPORT },
	{ "a wireless event tells only a part",
	  { RTM_NEWLINK, AF_UNSPEC, 5, 0, "w0", .wireless = true }, 0,
	  -ENOMSG },
	{ "the header cut short",
	  { RTM_NEWLINK, AF_UNSPEC, 5 }, 4, -EBADMSG },
	{ "the kind cut short",
	  { RTM_NEWLINK, AF_UNSPEC, 5, 0, "w0", "veth" }, 8, -EBADMSG },
};

START_TEST(test_row)
{
	const struct row *r = &rows[_i];
	_Alignas(struct nlmsghdr) uint8_t buf[NL_BUILD_SIZE];
	struct nlmsghdr *h = nl_build_link(buf, &r->in);
	struct nl_link got = { .link.ifindex = 99 };
	int rc;

	h->nlmsg_len -= r->cut;
	rc = nl_link_parse(h, &got);
	ck_assert_msg(rc == r->want, "%s: %d, not %d", r->name, rc, r->want);
	if (rc < 0) {
		ck_assert_int_eq(got.link.ifindex, 99); /* untouched */
		return;
	}
	ck_assert_int_eq(got.link.ifindex, r->link.ifindex);
	ck_assert_int_eq(got.link.master, r->link.master);
	ck_assert_str_eq(got.link.name, r->link.name);
	ck_assert_str_eq(got.link.kind, r->link.kind);
	ck_assert_uint_eq(got.link.flags, r->link.flags);
	ck_assert_uint_eq(got.link.operstate, r->link.operstate);
	ck_assert_uint_eq(got.link.type, r->link.type);
	ck_assert(got.gone == (r->in.type == RTM_DELLINK));
}
END_TEST

START_TEST(test_altnames)
{
	struct nl_build_link in = { RTM_NEWLINK, AF_UNSPEC, 5, 0, "w0" };
	_Alignas(struct nlmsghdr) uint8_t buf[NL_BUILD_SIZE];
	struct nl_link got;
	char out[32];

	ck_assert_int_eq(nl_link_parse(nl_build_link(buf, &in), &got), 0);
	ck_assert_uint_eq(nl_link_altnames(&got, out, sizeof(out)), 1);
	in.altnames[0] = "enp1s0f0";
	in.altnames[1] = "";
	in.altnames[2] = "a-name-longer-than-15";
	ck_assert_int_eq(nl_link_parse(nl_build_link(buf, &in), &got), 0);
	ck_assert_uint_eq(nl_link_altnames(&got, NULL, 0), 32);
	ck_assert_uint_eq(nl_link_altnames(&got, out, 32), 32);
	ck_assert_int_eq(memcmp(out, "enp1s0f0\0a-name-longer-than-15\0",
				32), 0);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("nl_link");
	TCase *tc = tcase_create("rows");

	tcase_add_loop_test(tc, test_row, 0, SUITE_COUNT(rows));
	tcase_add_test(tc, test_altnames);
	suite_add_tcase(s, tc);
	return s;
}
