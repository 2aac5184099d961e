#include "config.h"

#include <string.h>

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include "daemon/source/select.h"
#include "tests/support/suite.h"

#define NOW_MS 5000000U
#define EVER   UINT32_MAX
#define MOST   6

struct given {
	const char *text;
	uint32_t flags;
	uint32_t preferred_s;
	enum select_reason want;
};

/*
 * One interface's addresses, as the kernel announced them, with what becomes
 * of each. "order" says who comes first, by its place above: "10" means the
 * second one, then the first; losers are left out.
 */
static const struct row {
	const char *name;
	struct given given[MOST];
	const char *order;
	enum config_temporary temporary;
	bool scope_any;
	const char *kernel, *current;
} rows[] = {
	/* The wrong IPv6 address is published. */
	{ "merely the first in the list is the privacy address",
	  { { "2a00:1:2:3:8d3c::1", IFA_F_TEMPORARY, 3600, SELECT_TEMPORARY },
	    { "2a00:1:2:3::10", 0, 3600, SELECT_CHOSEN } }, "1" },
	{ "the old prefix is deprecated",
	  { { "2a00:1:2:3::10", IFA_F_DEPRECATED, 0, SELECT_DEPRECATED },
	    { "2a00:1:2:4::10", 0, 3600, SELECT_CHOSEN } }, "1" },
	{ "the old prefix is on its way out",
	  { { "2a00:1:2:3::10", 0, 300, SELECT_USABLE },
	    { "2a00:1:2:4::10", 0, 3600, SELECT_CHOSEN } }, "10" },
	{ "unique local beside global, in either order",
	  { { "fd00::10", IFA_F_PERMANENT, EVER, SELECT_UNIQUE_LOCAL },
	    { "2a00:1:2:3::10", 0, 3600, SELECT_CHOSEN },
	    { "fdff::10", IFA_F_PERMANENT, EVER, SELECT_UNIQUE_LOCAL } },
	  "1" },
	{ "a /128 by DHCPv6 and one made here: the longer life",
	  { { "2a00:1:2:3::f00d", 0, 1800, SELECT_USABLE },
	    { "2a00:1:2:3::10", IFA_F_MANAGETEMPADDR, 3600, SELECT_CHOSEN } },
	  "10" },
	{ "everything at once",
	  { { "fe80::1", IFA_F_PERMANENT, EVER, SELECT_LINK_LOCAL },
	    { "2a00:1:2:3::1", IFA_F_TENTATIVE, EVER, SELECT_TENTATIVE },
	    { "2a00:1:2:3::2", IFA_F_TENTATIVE | IFA_F_DADFAILED, EVER,
	      SELECT_DADFAILED },
	    { "fd00::1", 0, EVER, SELECT_UNIQUE_LOCAL },
	    { "2a00:1:2:3::3", IFA_F_TEMPORARY | IFA_F_DEPRECATED, 0,
	      SELECT_DEPRECATED },
	    { "2a00:1:2:3::4", IFA_F_PERMANENT, EVER, SELECT_CHOSEN } },
	  "5" },
	{ "an optimistic one is not ours yet",
	  { { "2a00:1:2:3::1", IFA_F_OPTIMISTIC, EVER, SELECT_TENTATIVE } },
	  "" },
	{ "of IANA's registries",
	  { { "2002:c000:201::1", 0, EVER, SELECT_SPECIAL },
	    { "2001:db8::1", 0, EVER, SELECT_SPECIAL },
	    { "2001::1", 0, EVER, SELECT_SPECIAL },
	    { "::1", 0, EVER, SELECT_NOT_UNICAST },
	    { "::", 0, EVER, SELECT_NOT_UNICAST },
	    { "ff02::1", 0, EVER, SELECT_NOT_UNICAST } }, "" },
	{ "all routers of the subnet answer to it (RFC 4291, 2.6.1)",
	  { { "2a00:1:2:3::", 0, EVER, SELECT_NOT_UNICAST },
	    { "2a00:1:2:3:0:0:1:0", 0, EVER, SELECT_CHOSEN } }, "1" },
	/* Some want privacy addresses. */
	{ "privacy addresses preferred",
	  { { "2a00:1:2:3::10", 0, EVER, SELECT_USABLE },
	    { "2a00:1:2:3:8d3c::1", IFA_F_TEMPORARY, 60, SELECT_USABLE },
	    { "2a00:1:2:3:8d3c::2", IFA_F_TEMPORARY, 600, SELECT_CHOSEN } },
	  "210", TEMPORARY_PREFER },
	{ "privacy addresses preferred, but there is none",
	  { { "2a00:1:2:3::10", 0, EVER, SELECT_CHOSEN } },
	  "0", TEMPORARY_PREFER },
	{ "privacy addresses only",
	  { { "2a00:1:2:3::10", 0, EVER, SELECT_NOT_TEMPORARY },
	    { "2a00:1:2:3:8d3c::1", IFA_F_TEMPORARY, 60, SELECT_CHOSEN } },
	  "1", TEMPORARY_ONLY },
	{ "IPv4's secondary bit is IPv6's temporary bit",
	  { { "8.8.4.1", IFA_F_SECONDARY, EVER, SELECT_CHOSEN } },
	  "0", TEMPORARY_NO },
	/* Lifetimes, and who stays. */
	{ "the current one stays when another lives a little longer",
	  { { "2a00:1:2:3::1", 0, 2000, SELECT_CHOSEN },
	    { "2a00:1:2:3::2", 0, 4000, SELECT_USABLE } },
	  "01", .current = "2a00:1:2:3::1" },
	{ "... but not when it lives more than twice as long",
	  { { "2a00:1:2:3::1", 0, 2000, SELECT_USABLE },
	    { "2a00:1:2:3::2", 0, 4001, SELECT_CHOSEN } },
	  "10", .current = "2a00:1:2:3::1" },
	{ "... or for ever",
	  { { "2a00:1:2:3::1", 0, 4000000000U, SELECT_USABLE },
	    { "2a00:1:2:3::2", 0, EVER, SELECT_CHOSEN } },
	  "10", .current = "2a00:1:2:3::1" },
	{ "both for ever: the current one, though announced later",
	  { { "2a00:1:2:3::1", 0, EVER, SELECT_USABLE },
	    { "2a00:1:2:3::2", 0, EVER, SELECT_CHOSEN } },
	  "10", .kernel = "2a00:1:2:3::1", .current = "2a00:1:2:3::2" },
	{ "in the old /64 as in the new: where the kernel sends from",
	  { { "2a00:1:2:3::1", 0, 4000, SELECT_USABLE },
	    { "2a00:1:2:4::1", 0, 2000, SELECT_CHOSEN } },
	  "10", .kernel = "2a00:1:2:4::1", .current = "2a00:1:2:3::1" },
	{ "... and both for ever",
	  { { "2a00:1:2:3::1", 0, EVER, SELECT_USABLE },
	    { "2a00:1:2:4::1", 0, EVER, SELECT_CHOSEN } },
	  "10", .kernel = "2a00:1:2:4::1", .current = "2a00:1:2:3::1" },
	{ "... but not where the old one lives more than twice as long",
	  { { "2a00:1:2:3::1", 0, 4001, SELECT_CHOSEN },
	    { "2a00:1:2:4::1", 0, 2000, SELECT_USABLE } },
	  "01", .kernel = "2a00:1:2:4::1", .current = "2a00:1:2:3::1" },
	{ "... nor where the kernel stays with the old one",
	  { { "2a00:1:2:3::1", 0, 2000, SELECT_CHOSEN },
	    { "2a00:1:2:4::1", 0, 4000, SELECT_USABLE } },
	  "01", .kernel = "2a00:1:2:3::1", .current = "2a00:1:2:3::1" },
	{ "it sends from the new /64, but from a privacy address of it",
	  { { "2a00:1:2:3::1", 0, 2000, SELECT_USABLE },
	    { "2a00:1:2:4:8d3c::1", IFA_F_TEMPORARY, 4000,
	      SELECT_TEMPORARY },
	    { "2a00:1:2:4::1", 0, 4000, SELECT_CHOSEN } },
	  "20", .kernel = "2a00:1:2:4:8d3c::1", .current = "2a00:1:2:3::1" },
	{ "... or from one of the old /64",
	  { { "2a00:1:2:3::1", 0, 2000, SELECT_CHOSEN },
	    { "2a00:1:2:3:8d3c::1", IFA_F_TEMPORARY, 4000,
	      SELECT_TEMPORARY },
	    { "2a00:1:2:4::1", 0, 4000, SELECT_USABLE } },
	  "02", .kernel = "2a00:1:2:3:8d3c::1", .current = "2a00:1:2:3::1" },
	{ "the current one deprecated leaves at once",
	  { { "2a00:1:2:3::1", IFA_F_DEPRECATED, 0, SELECT_DEPRECATED },
	    { "2a00:1:2:4::1", 0, 60, SELECT_CHOSEN } },
	  "1", .current = "2a00:1:2:3::1" },
	{ "equal lifetimes: the kernel's choice",
	  { { "2a00:1:2:3::1", 0, EVER, SELECT_USABLE },
	    { "2a00:1:2:3::2", 0, EVER, SELECT_CHOSEN },
	    { "2a00:1:2:3::3", 0, EVER, SELECT_USABLE } },
	  "102", .kernel = "2a00:1:2:3::2" },
	{ "equal in all: the first announced",
	  { { "2a00:1:2:3::2", 0, EVER, SELECT_CHOSEN },
	    { "2a00:1:2:3::1", 0, EVER, SELECT_USABLE } }, "01" },
	{ "a privacy address that is preferred is not held off by the current",
	  { { "2a00:1:2:3::1", 0, EVER, SELECT_USABLE },
	    { "2a00:1:2:3:8d3c::1", IFA_F_TEMPORARY, 60, SELECT_CHOSEN } },
	  "10", TEMPORARY_PREFER, .current = "2a00:1:2:3::1" },
	/* IPv4. */
	{ "old and new together: the kernel's choice",
	  { { "8.8.4.1", 0, EVER, SELECT_USABLE },
	    { "8.8.5.1", 0, EVER, SELECT_CHOSEN } },
	  "10", .kernel = "8.8.5.1", .current = "8.8.4.1" },
	{ "unknown to the kernel: the primary",
	  { { "8.8.4.2", IFA_F_SECONDARY, EVER, SELECT_USABLE },
	    { "8.8.4.1", 0, EVER, SELECT_CHOSEN } },
	  "10", .current = "8.8.4.2" },
	{ "then the current one",
	  { { "8.8.4.1", 0, EVER, SELECT_USABLE },
	    { "8.8.5.1", 0, EVER, SELECT_CHOSEN } },
	  "10", .current = "8.8.5.1" },
	{ "then the first announced; a lease's time does not count",
	  { { "8.8.4.1", 0, 600, SELECT_CHOSEN },
	    { "8.8.5.1", 0, EVER, SELECT_USABLE } }, "01" },
	{ "a deprecated one (preferred_lft 0)",
	  { { "8.8.4.1", IFA_F_DEPRECATED, 0, SELECT_DEPRECATED } }, "" },
	/* Behind NAT, in a container. */
	{ "a container's bridge address",
	  { { "172.17.0.2", 0, EVER, SELECT_PRIVATE },
	    { "169.254.7.7", 0, EVER, SELECT_LINK_LOCAL },
	    { "2a00:1:2:3::2", 0, EVER, SELECT_FAMILY } },
	  "", .kernel = "172.17.0.2" },
	{ "private ones when asked for, and a global one still first",
	  { { "192.168.1.1", 0, EVER, SELECT_USABLE },
	    { "10.0.0.1", 0, EVER, SELECT_USABLE },
	    { "8.8.4.1", 0, EVER, SELECT_CHOSEN },
	    { "127.0.0.1", 0, EVER, SELECT_NOT_UNICAST } },
	  "210", .scope_any = true, .kernel = "10.0.0.1" },
	{ "unique local when asked for",
	  { { "fe80::1", 0, EVER, SELECT_LINK_LOCAL },
	    { "fd00::1", 0, EVER, SELECT_CHOSEN } }, "1", .scope_any = true },
	/* Carrier NAT, told apart from a private network. */
	{ "carrier NAT",
	  { { "100.64.0.1", 0, EVER, SELECT_SHARED },
	    { "100.127.255.255", 0, EVER, SELECT_SHARED },
	    { "192.0.0.2", 0, EVER, SELECT_SHARED },
	    { "100.63.0.1", 0, EVER, SELECT_CHOSEN } }, "3" },
	{ "nothing at all", { { NULL } }, "" },
};

static struct addr parsed(const char *text)
{
	struct addr a = { 0 };

	if (text)
		ck_assert_int_eq(addr_parse(text, &a), 0);
	return a;
}

static size_t build(const struct given *given, struct monitor_addr *out)
{
	size_t n = 0;

	for (; n < MOST && given[n].text; n++) {
		out[n] = (struct monitor_addr){
			.addr = parsed(given[n].text),
			.flags = given[n].flags,
			.prefix_len = 64,
			.preferred_until_ms = MONITOR_FOR_EVER,
		};
		if (given[n].preferred_s != EVER)
			out[n].preferred_until_ms =
				NOW_MS + given[n].preferred_s * 1000ULL;
	}
	return n;
}

START_TEST(test_row)
{
	const struct row *r = &rows[_i];
	struct monitor_addr addrs[MOST];
	struct select_entry out[MOST];
	size_t n = build(r->given, addrs), fit, last = 0;
	struct select_policy p = {
		.family = strlen(r->order) && n &&
				  addrs[r->order[0] - '0'].addr.family ==
					  AF_INET ? AF_INET : AF_INET6,
		.temporary = r->temporary,
		.scope_any = r->scope_any,
		.now_ms = NOW_MS,
		.kernel_choice = parsed(r->kernel),
		.current = parsed(r->current),
	};

	if (!strlen(r->order) && n)
		p.family = addrs[0].addr.family;
	fit = select_rank(&p, addrs, n, out);
	ck_assert_msg(fit == strlen(r->order), "%s: %zu fit", r->name, fit);
	for (size_t i = 0; i < n; i++) {
		size_t which = (size_t)(out[i].addr - addrs);

		ck_assert_msg(out[i].reason == r->given[which].want,
			      "%s: %s is %s", r->name, r->given[which].text,
			      select_reason_text(out[i].reason));
		if (i < fit)
			ck_assert_msg(which == (size_t)(r->order[i] - '0'),
				      "%s: %s is at %zu", r->name,
				      r->given[which].text, i);
		else /* losers keep their order */
			ck_assert(i == fit || which > last);
		last = which;
	}
}
END_TEST

/* A global address whose owner gave it to the host or the link only. */
START_TEST(test_scope)
{
	struct monitor_addr a = { .addr = parsed("8.8.4.1"),
				  .scope = RT_SCOPE_HOST,
				  .preferred_until_ms = MONITOR_FOR_EVER };
	struct select_policy p = { .family = AF_INET };
	struct select_entry out;

	ck_assert_uint_eq(select_rank(&p, &a, 1, &out), 0);
	ck_assert_int_eq(out.reason, SELECT_LINK_LOCAL);
}
END_TEST

/* Whatever the order of announcement, a current one that may stay stays. */
START_TEST(test_no_flapping)
{
	struct monitor_addr addrs[3];
	struct select_entry out[3];
	struct select_policy p = { .family = AF_INET6, .now_ms = NOW_MS };

	for (int i = 0; i < 1000; i++) {
		for (unsigned int k = 0; k < 3; k++)
			addrs[k] = (struct monitor_addr){
				.addr = parsed("2a00:1:2:3::"),
				.preferred_until_ms = NOW_MS + 1800000 +
					(uint64_t)((i * 7919 + (int)k * 104729)
						   % 1800000),
			};
		for (unsigned int k = 0; k < 3; k++)
			addrs[k].addr.bytes[15] = (uint8_t)(1 + (k + (unsigned
				int)i) % 3);
		select_rank(&p, addrs, 3, out);
		if (i > 0)
			ck_assert(addr_equal(&out[0].addr->addr, &p.current));
		p.current = out[0].addr->addr;
	}
}
END_TEST

START_TEST(test_texts)
{
	for (int r = SELECT_CHOSEN; r <= SELECT_NOT_TEMPORARY; r++)
		ck_assert_str_ne(select_reason_text((enum select_reason)r),
				 "?");
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("select");
	TCase *tc = tcase_create("rows");

	tcase_add_loop_test(tc, test_row, 0, SUITE_COUNT(rows));
	tcase_add_test(tc, test_scope);
	tcase_add_test(tc, test_no_flapping);
	tcase_add_test(tc, test_texts);
	suite_add_tcase(s, tc);
	return s;
}
