/*
 * route - one question to the kernel's routing table at a time (RTM_GETROUTE).
 *
 * The kernel answers inside the system call: nothing here waits.
 */
#ifndef NET_ROUTE_H
#define NET_ROUTE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"

struct route;

struct route_answer {
	struct addr source;  /* what the kernel would send from */
	struct addr gateway; /* family 0: on-link */
	int ifindex;
	bool local; /* dst is an address of this machine */
	/*
	 * By a default route: 0/0, or what stands in for one (a prefix of at
	 * most 1 bit for IPv4, 3 bits for IPv6).
	 */
	bool by_default;
};

/* 0 or -errno. */
int route_open(struct route **ret);
void route_close(struct route *r);

/*
 * How would a packet to dst leave, through ifindex (0: any), with mark?
 * 0, or -errno: -ENETUNREACH, -EHOSTUNREACH (also where there is no route
 * through ifindex), -ENODEV… source has no family where the kernel has none.
 */
int route_get(struct route *r, const struct addr *dst, int ifindex,
	      uint32_t mark, struct route_answer *ret);

/*
 * The same for packets from source, which policy routing may look at. It must
 * be an address of this machine: else -errno.
 */
int route_from(struct route *r, const struct addr *dst,
	       const struct addr *source, int ifindex, uint32_t mark,
	       struct route_answer *ret);

/*
 * Only: does a default route lead to dst? Half the price of route_get().
 * 0 or -errno.
 */
int route_is_default(struct route *r, const struct addr *dst, uint32_t mark,
		     bool *ret);

/* A global destination of the family, to ask which source it would get. */
struct addr route_global(int family);

#endif
