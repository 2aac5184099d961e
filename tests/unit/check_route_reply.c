#include "config.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/socket.h>

#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>

#include "net/route_reply.h"
#include "tests/support/nl_build.h"
#include "tests/support/suite.h"

#define V4 .type = RTM_NEWROUTE, .family = AF_INET
#define V6 .type = RTM_NEWROUTE, .family = AF_INET6
#define SEQ 7

static const struct row {
	const char *name;
	struct nl_build_route in;
	int family; /* of the question; 0: the answer's */
	int want;
	int ifindex;
	const char *source, *gateway;
	bool is_default, is_barred;
} rows[] = {
	{ "by the default route",
	  { V4, .gateway = "5.6.7.1", .prefsrc = "5.6.7.5", .oif = 3 }, 0, 0,
	  3, "5.6.7.5", "5.6.7.1", true, false },
	{ "the same, of IPv6",
	  { V6, .gateway = "fe80::1", .prefsrc = "2a00::5", .oif = 3 }, 0, 0,
	  3, "2a00::5", "fe80::1", true, false },
	{ "ppp: by the device alone",
	  { V4, .prefsrc = "5.6.7.5", .oif = 3 }, 0, 0,
	  3, "5.6.7.5", "none", true, false },
	{ "by an IPv6 neighbour",
	  { V4, .via = "fe80::1", .prefsrc = "5.6.7.5", .oif = 3 }, 0, 0,
	  3, "5.6.7.5", "fe80::1", true, false },
	{ "no source: the kernel has none",
	  { V4, .oif = 3 }, 0, 0, 3, "none", "none", true, false },
	{ "half of everything stands in for it",
	  { V4, .dst = "128.0.0.0", .dst_len = 1, .oif = 3 }, 0, 0,
	  3, "none", "none", true, false },
	{ "a quarter does not",
	  { V4, .dst = "64.0.0.0", .dst_len = 2, .oif = 3 }, 0, 0,
	  3, "none", "none", false, false },
	{ "all that is global stands in for it",
	  { V6, .dst = "2000::", .dst_len = 3, .oif = 3 }, 0, 0,
	  3, "none", "none", true, false },
	{ "half of that does not",
	  { V6, .dst = "2000::", .dst_len = 4, .oif = 3 }, 0, 0,
	  3, "none", "none", false, false },
	{ "a host's route",
	  { V4, .dst = "5.6.7.9", .dst_len = 32, .oif = 3 }, 0, 0,
	  3, "none", "none", false, false },
	{ "ourselves: no default",
	  { V4, .rtm_type = RTN_LOCAL, .prefsrc = "5.6.7.5", .oif = 1 }, 0, 0,
	  1, "5.6.7.5", "none", false, false },
	{ "barred", { V4, .rtm_type = RTN_UNREACHABLE }, 0, 0,
	  0, "none", "none", false, true },
	{ "a black hole", { V6, .rtm_type = RTN_BLACKHOLE, .oif = 1 }, 0, 0,
	  1, "none", "none", false, true },
	{ "forbidden", { V4, .rtm_type = RTN_PROHIBIT }, 0, 0,
	  0, "none", "none", false, true },
	{ "thrown to the next table", { V4, .rtm_type = RTN_THROW }, 0, 0,
	  0, "none", "none", false, true },
	{ "several next hops: whichever, it is a default route",
	  { V4, .hops = { { 3, "5.6.7.1", 1 }, { 4, "5.6.8.1", 1 } } }, 0, 0,
	  0, "none", "none", true, false },
	{ "of another family than the question", { V6, .oif = 3 }, AF_INET,
	  -EBADMSG },
	{ "of no family that we know",
	  { RTM_NEWROUTE, .family = AF_MPLS, .oif = 3 }, AF_INET, -EBADMSG },
	{ "a prefix longer than the address", { V4, .dst_len = 33, .oif = 3 },
	  0, -EBADMSG },
	{ "a source of the wrong family",
	  { V4, .prefsrc = "2a00::5", .oif = 3 }, 0, -EBADMSG },
	{ "a gateway of the wrong family",
	  { V6, .gateway = "5.6.7.1", .oif = 3 }, 0, -EBADMSG },
	{ "an interface above INT_MAX", { V4, .oif = 0x80000000U }, 0,
	  -EBADMSG },
	{ "no route, but the word that one is gone",
	  { RTM_DELROUTE, .family = AF_INET, .oif = 3 }, 0, -EBADMSG },
};

START_TEST(test_row)
{
	const struct row *r = &rows[_i];
	_Alignas(struct nlmsghdr) uint8_t buf[NL_BUILD_SIZE];
	struct nlmsghdr *h = nl_build_route(buf, &r->in);
	int family = r->family ? r->family : r->in.family, rc;
	struct route_reply got = { .ifindex = 99 };
	char text[ADDR_STRLEN];

	h->nlmsg_seq = SEQ;
	rc = route_reply_read(h, h->nlmsg_len, SEQ, family, &got);
	ck_assert_msg(rc == r->want, "%s: %d, not %d", r->name, rc, r->want);
	if (rc < 0) {
		ck_assert_int_eq(got.ifindex, 99); /* untouched */
		return;
	}
	ck_assert_msg(got.ifindex == r->ifindex, "%s", r->name);
	ck_assert_msg(strcmp(addr_print(&got.source, text), r->source) == 0,
		      "%s: from %s", r->name, text);
	ck_assert_msg(strcmp(addr_print(&got.gateway, text), r->gateway) == 0,
		      "%s: via %s", r->name, text);
	ck_assert_msg(route_reply_is_default(&got, family) == r->is_default,
		      "%s", r->name);
	ck_assert_msg(route_reply_is_barred(&got) == r->is_barred, "%s",
		      r->name);
}
END_TEST

/* The kernel's refusal, in a message with so many bytes behind its header. */
static const struct refusal {
	const char *name;
	int32_t status;
	size_t len;
	int want;
} refusals[] = {
	{ "no route", -ENETUNREACH, 4, -ENETUNREACH },
	{ "no such interface", -ENODEV, 20, -ENODEV },
	{ "it is done, but what?", 0, 4, -EBADMSG },
	{ "no error number", 5, 4, -EBADMSG },
	{ "no error number either", INT_MIN, 4, -EBADMSG },
	{ "half a word", -ENETUNREACH, 2, -EBADMSG },
	{ "no word", -ENETUNREACH, 0, -EBADMSG },
};

START_TEST(test_refusal)
{
	const struct refusal *r = &refusals[_i];
	_Alignas(struct nlmsghdr) uint8_t buf[64] = { 0 };
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
	struct route_reply got = { .ifindex = 99 };
	int rc;

	h->nlmsg_type = NLMSG_ERROR;
	h->nlmsg_seq = SEQ;
	memcpy(mnl_nlmsg_put_extra_header(h, r->len ? r->len : 4), &r->status,
	       r->len < 4 ? r->len : 4);
	h->nlmsg_len = (uint32_t)(sizeof(*h) + r->len);
	rc = route_reply_read(h, h->nlmsg_len, SEQ, AF_INET, &got);
	ck_assert_msg(rc == r->want, "%s: %d", r->name, rc);
	ck_assert_int_eq(got.ifindex, 99);
}
END_TEST

/* What answers an earlier question, and what is cut short anywhere. */
START_TEST(test_not_the_answer)
{
	_Alignas(struct nlmsghdr) uint8_t buf[NL_BUILD_SIZE];
	const struct nl_build_route in = { V4, .gateway = "5.6.7.1",
					   .prefsrc = "5.6.7.5", .oif = 3 };
	struct nlmsghdr *h = nl_build_route(buf, &in);
	struct route_reply got = { .ifindex = 99 };
	size_t len = h->nlmsg_len;

	h->nlmsg_seq = SEQ;
	ck_assert_int_eq(route_reply_read(h, len, SEQ + 1, AF_INET, &got),
			 -ENOMSG);
	for (size_t cut = 0; cut < len; cut++)
		ck_assert_int_eq(route_reply_read(h, cut, SEQ, AF_INET, &got),
				 -ENOMSG);
	/* A whole message whose header of the family is not. */
	h->nlmsg_len = sizeof(*h) + sizeof(struct rtmsg) - 1;
	ck_assert_int_eq(route_reply_read(h, len, SEQ, AF_INET, &got),
			 -EBADMSG);
	/* And one whose last attribute is not. */
	h->nlmsg_len = (uint32_t)len - 4;
	ck_assert_int_eq(route_reply_read(h, len, SEQ, AF_INET, &got),
			 -EBADMSG);
	ck_assert_int_eq(got.ifindex, 99);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("route_reply");
	TCase *tc = tcase_create("rows");

	tcase_add_loop_test(tc, test_row, 0, SUITE_COUNT(rows));
	tcase_add_loop_test(tc, test_refusal, 0, SUITE_COUNT(refusals));
	tcase_add_test(tc, test_not_the_answer);
	suite_add_tcase(s, tc);
	return s;
}
