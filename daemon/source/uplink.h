/*
 * uplink - the interface of a family's default route.
 *
 * Reads the mirror, and asks the routing table where the mirror leaves
 * something open; keeps nothing.
 */
#ifndef DAEMON_UPLINK_H
#define DAEMON_UPLINK_H

#include <stdbool.h>
#include <stdint.h>

#include "monitor/monitor.h"

struct route;

/*
 * The interface by which the main table leads to the world: a tunnel, a
 * bridge port or a veth only if nothing else does; then what stands in for
 * 0/0 before it (two halves, 2000::/3), then the least metric, the heaviest next
 * hop; of equals the kernel's own choice. With a mark the way of marked packets counts, and
 * where the main table leads nowhere, the kernel's word (policy routing).
 * 0: none.
 */
int uplink_find(const struct monitor *m, struct route *route, int family,
		uint32_t mark);

/*
 * 0; 1: a veth, which is a container's way out at best; 2: a tunnel or a
 * bridge port, nobody's uplink unless it has to be.
 */
int uplink_unlikeliness(const struct monitor_link *link);

/* The least metric of the family's default routes through it, in any table. */
bool uplink_metric(const struct monitor *m, int family, int ifindex,
		   uint32_t *ret_metric);

#endif
