#include "config.h"

#include <errno.h>
#include <string.h>

#include <libmnl/libmnl.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>

#include "monitor/nl_rule.h"
#include "tests/support/suite.h"

static const struct row {
	const char *name;
	uint8_t header;  /* the table in the header */
	uint32_t table;  /* and in an attribute; 0: in none */
	uint8_t vrf;
	uint32_t cut;    /* bytes taken off the end */
	int want;
	uint32_t want_table;
} rows[] = {
	{ "the main table", RT_TABLE_MAIN, RT_TABLE_MAIN, 0, 0, 0,
	  RT_TABLE_MAIN },
	{ "one of one's own", RT_TABLE_COMPAT, 70000, 0, 0, 0, 70000 },
	{ "old kernels have it in the header alone", 102, 0, 0, 0, 0, 102 },
	{ "the local table", RT_TABLE_LOCAL, RT_TABLE_LOCAL, 0, 0, -ENOMSG },
	{ "to another rule, or nowhere", RT_TABLE_UNSPEC, 0, 0, 0, -ENOMSG },
	{ "whichever the VRF has", RT_TABLE_UNSPEC, 0, 1, 0, -E2BIG },
	{ "an attribute cut short", RT_TABLE_MAIN, 102, 0, 4, -EBADMSG },
	{ "the header cut short", RT_TABLE_MAIN, 0, 0, 1, -EBADMSG },
};

START_TEST(test_row)
{
	const struct row *r = &rows[_i];
	_Alignas(struct nlmsghdr) uint8_t buf[128] = { 0 };
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
	struct fib_rule_hdr *rule = mnl_nlmsg_put_extra_header(h,
							       sizeof(*rule));
	uint32_t table = 99;
	int rc;

	h->nlmsg_type = RTM_NEWRULE;
	rule->table = r->header;
	if (r->table)
		mnl_attr_put_u32(h, FRA_TABLE, r->table);
	if (r->vrf)
		mnl_attr_put_u8(h, FRA_L3MDEV, r->vrf);
	h->nlmsg_len -= r->cut;
	rc = nl_rule_parse(h, &table);
	ck_assert_msg(rc == r->want, "%s: %d, not %d", r->name, rc, r->want);
	ck_assert_msg(table == (rc < 0 ? 99 : r->want_table), "%s: table %u",
		      r->name, table);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("nl_rule");
	TCase *tc = tcase_create("rows");

	tcase_add_loop_test(tc, test_row, 0, SUITE_COUNT(rows));
	suite_add_tcase(s, tc);
	return s;
}
