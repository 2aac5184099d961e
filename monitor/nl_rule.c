#include "config.h"

#include <errno.h>

#include <libmnl/libmnl.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>

#include "monitor/nl_rule.h"
#include "net/nl_attr.h"

static const struct nl_policy rule_policy[] = {
	[FRA_TABLE] = { .min = 4, .max = 4 },
	[FRA_L3MDEV] = { .min = 1 },
};

#define N_ATTRS (sizeof(rule_policy) / sizeof(rule_policy[0]))

int nl_rule_parse(const struct nlmsghdr *h, uint32_t *ret_table)
{
	const struct fib_rule_hdr *rule = mnl_nlmsg_get_payload(h);
	const struct nlattr *tb[N_ATTRS];
	uint32_t table;
	int r = nl_attr_collect(h, sizeof(*rule), rule_policy, tb, N_ATTRS);

	if (r < 0)
		return r;
	table = tb[FRA_TABLE] ? mnl_attr_get_u32(tb[FRA_TABLE]) : rule->table;
	if (tb[FRA_L3MDEV])
		return -E2BIG;
	if (table == RT_TABLE_UNSPEC || table == RT_TABLE_LOCAL)
		return -ENOMSG;
	*ret_table = table;
	return 0;
}
