#include "config.h"

#include <errno.h>
#include <string.h>

#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>

#include "net/nl_attr.h"
#include "tests/support/suite.h"

static _Alignas(struct nlmsghdr) uint8_t buf[256];

/* Two messages of 20 and 16 bytes, the first padded by nothing. */
static void two_messages(uint32_t first_len, uint32_t second_len)
{
	struct nlmsghdr h = { .nlmsg_len = first_len, .nlmsg_seq = 1 };

	memset(buf, 0, sizeof(buf));
	memcpy(buf, &h, sizeof(h));
	h.nlmsg_len = second_len;
	h.nlmsg_seq = 2;
	memcpy(buf + 20, &h, sizeof(h));
}

static const struct walk {
	const char *name;
	uint32_t first, second;
	size_t len;
	unsigned int messages;
	int end;
} walks[] = {
	{ "two", 20, 16, 36, 2, 0 },
	{ "a length that is padded", 17, 16, 36, 2, 0 },
	{ "none", 20, 16, 0, 0, 0 },
	{ "half a header", 20, 16, 15, 0, -EBADMSG },
	{ "the second cut", 20, 16, 35, 1, -EBADMSG },
	{ "shorter than its header", 15, 16, 36, 0, -EBADMSG },
	{ "no length", 20, 0, 36, 1, -EBADMSG },
	{ "longer than the datagram", 20, 17, 36, 1, -EBADMSG },
	{ "a length that is negative as int", 0x80000014U, 16, 36, 0,
	  -EBADMSG },
	{ "the padding is missing at the end", 17, 16, 17, 1, 0 },
};

START_TEST(test_walk)
{
	const struct walk *w = &walks[_i];
	const struct nlmsghdr *h;
	size_t at = 0;
	unsigned int n = 0;
	int r;

	two_messages(w->first, w->second);
	while ((r = nl_msg_next(buf, w->len, &at, &h)) > 0) {
		n++;
		ck_assert_uint_eq(h->nlmsg_seq, n);
	}
	ck_assert_msg(n == w->messages && r == w->end, "%s: %u messages, %d",
		      w->name, n, r);
}
END_TEST

static const struct nl_policy policy[] = {
	[1] = { .min = 4, .max = 4 },
	[2] = { .min = 4 },
};

/* Attributes as type and payload length; the last one may be cut. */
static const struct run {
	const char *name;
	struct { uint16_t type, len; } attrs[3];
	size_t cut;
	int want;
	bool has[3];
} runs[] = {
	{ "as asked for", { { 1, 4 }, { 2, 4 } }, 0, 0, { 0, 1, 1 } },
	{ "structs grow", { { 2, 12 } }, 0, 0, { 0, 0, 1 } },
	{ "unknown and unwanted ones are skipped",
	  { { 77, 1 }, { 1, 4 }, { 0x4003, 2 } }, 0, 0, { 0, 1, 0 } },
	{ "a nested or byte-order bit is no type",
	  { { 0x8001, 4 } }, 0, 0, { 0, 1, 0 } },
	{ "too short", { { 1, 3 } }, 0, -EBADMSG },
	{ "too long", { { 1, 8 } }, 0, -EBADMSG },
	{ "cut in the payload", { { 1, 4 } }, 1, -EBADMSG },
	{ "less than a header is the end", { { 1, 4 }, { 2, 4 } }, 5, 0,
	  { 0, 1, 0 } },
	{ "none", { { 0 } }, 0, 0, { 0 } },
};

START_TEST(test_attributes)
{
	const struct run *r = &runs[_i];
	const struct nlattr *tb[3];
	size_t len = 0;
	int rc;

	memset(buf, 0, sizeof(buf));
	for (int i = 0; i < 3 && r->attrs[i].len; i++) {
		struct nlattr a = {
			.nla_type = r->attrs[i].type,
			.nla_len = (uint16_t)(4 + r->attrs[i].len),
		};

		memcpy(buf + len, &a, sizeof(a));
		len += nl_align(a.nla_len);
	}
	rc = nl_attr_collect_in(buf, len - r->cut, policy, tb, 3);
	ck_assert_msg(rc == r->want, "%s: %d", r->name, rc);
	for (int i = 0; rc == 0 && i < 3; i++)
		ck_assert_msg((tb[i] != NULL) == r->has[i], "%s: %d", r->name,
			      i);
}
END_TEST

/* The end of a dump, or an error message, with so much behind its header. */
static const struct status {
	const char *name;
	uint16_t type;
	size_t len;
	int32_t status;
	int want;
} statuses[] = {
	{ "all is told", NLMSG_DONE, 4, 0, 0 },
	{ "all is told, without a word", NLMSG_DONE, 0, 0, 0 },
	{ "the end, because of an error", NLMSG_DONE, 4, -ENOMEM, -ENOMEM },
	{ "done", NLMSG_ERROR, 4, 0, 0 },
	{ "refused", NLMSG_ERROR, 20, -EPERM, -EPERM },
	{ "refused, but why?", NLMSG_ERROR, 3, -EPERM, -EBADMSG },
	{ "the last error number", NLMSG_ERROR, 4, -4095, -4095 },
	{ "no error number", NLMSG_ERROR, 4, -4096, -EBADMSG },
	{ "no error number either", NLMSG_DONE, 4, 1, -EBADMSG },
};

START_TEST(test_status)
{
	const struct status *st = &statuses[_i];
	struct nlmsghdr *h = (void *)buf;
	int r;

	memset(buf, 0, sizeof(buf));
	h->nlmsg_type = st->type;
	h->nlmsg_len = (uint32_t)(sizeof(*h) + st->len);
	memcpy(h + 1, &st->status, sizeof(st->status));
	r = nl_msg_status(h);
	ck_assert_msg(r == st->want, "%s: %d, not %d", st->name, r, st->want);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("nl_attr");
	TCase *tc = tcase_create("rows");

	tcase_add_loop_test(tc, test_walk, 0, SUITE_COUNT(walks));
	tcase_add_loop_test(tc, test_attributes, 0, SUITE_COUNT(runs));
	tcase_add_loop_test(tc, test_status, 0, SUITE_COUNT(statuses));
	suite_add_tcase(s, tc);
	return s;
}
