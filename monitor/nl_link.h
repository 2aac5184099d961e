/*
 * nl_link - RTM_NEWLINK and RTM_DELLINK as values. Pure.
 */
#ifndef MONITOR_NL_LINK_H
#define MONITOR_NL_LINK_H

#include <stdbool.h>

#include "monitor/monitor.h"

struct nlmsghdr;

struct nl_link {
	bool gone;
	struct monitor_link link;
};

/*
 * 0; -EAFNOSUPPORT: a bridge's word about its port, not about the link;
 * -ENOMSG: a wireless event, which tells only a part; -EBADMSG.
 */
int nl_link_parse(const struct nlmsghdr *h, struct nl_link *ret);

#endif
