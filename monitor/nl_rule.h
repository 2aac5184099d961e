/*
 * nl_rule - RTM_NEWRULE of policy routing: the table that a rule leads to.
 * Pure.
 */
#ifndef MONITOR_NL_RULE_H
#define MONITOR_NL_RULE_H

#include <stdint.h>

struct nlmsghdr;

/*
 * 0; -ENOMSG: to none, or to the local table; -E2BIG: to whichever table a
 * VRF has; -EBADMSG.
 */
int nl_rule_parse(const struct nlmsghdr *h, uint32_t *ret_table);

#endif
