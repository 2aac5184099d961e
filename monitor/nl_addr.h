/*
 * nl_addr - RTM_NEWADDR and RTM_DELADDR as values. Pure.
 */
#ifndef MONITOR_NL_ADDR_H
#define MONITOR_NL_ADDR_H

#include <stdbool.h>
#include <stdint.h>

#include "monitor/monitor.h"

struct nlmsghdr;

#define NL_ADDR_FOR_EVER UINT32_MAX

struct nl_addr {
	bool gone;
	struct monitor_addr addr;
	uint32_t preferred_s; /* as granted, or NL_ADDR_FOR_EVER */
};

/*
 * now_ms: the monotonic time at which the message was read. 0;
 * -EAFNOSUPPORT: neither IPv4 nor IPv6; -EBADMSG.
 */
int nl_addr_parse(const struct nlmsghdr *h, uint64_t now_ms,
		  struct nl_addr *ret);

#endif
