/*
 * nl_route - RTM_NEWROUTE and RTM_DELROUTE of default routes as values. Pure.
 */
#ifndef MONITOR_NL_ROUTE_H
#define MONITOR_NL_ROUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "monitor/monitor.h"

struct nlmsghdr;

/* What the kernel tells routes apart by, beside table and metric. */
struct nl_route_key {
	struct addr dst, src; /* src: IPv6 source-specific routes */
	uint8_t src_len, tos;
};

/* More next hops than this are not looked at. */
#define NL_ROUTE_HOPS 16

struct nl_route_hop {
	int ifindex;
	struct addr gateway;
	uint16_t weight;
	bool dead;
};

struct nl_route {
	bool gone;
	bool replaces; /* NLM_F_REPLACE: another of the same key is gone */
	bool unicast;  /* and with an interface; else it leads nowhere */
	/*
	 * Several next hops, one added to some (NLM_F_APPEND), or a next hop
	 * object: messages do not tell all that happens to such a route.
	 */
	bool many;
	struct nl_route_key key;
	/* Of several next hops the heaviest that lives, then the first. */
	struct monitor_route route;
	/* Several next hops: those that live first, the heaviest first. */
	struct nl_route_hop hops[NL_ROUTE_HOPS];
	size_t n_hops;
};

/*
 * 0; -ENOMSG: not a default route, or a cached one; -EAFNOSUPPORT; -EBADMSG.
 * A default route is 0/0 or what stands in for one: IPv4 prefixes of at most
 * 1 bit, IPv6 prefixes of at most 3 bits that hold 2000::/3.
 */
int nl_route_parse(const struct nlmsghdr *h, struct nl_route *ret);

#endif
