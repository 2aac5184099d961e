/*
 * pick - which interfaces a source draws on, and which of their addresses.
 *
 * Reads the mirror and asks the routing table; keeps nothing.
 */
#ifndef DAEMON_PICK_H
#define DAEMON_PICK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/addr.h"
#include "config/config.h"
#include "daemon/select.h"
#include "monitor/monitor.h"

struct route;

#define PICK_MAX 32 /* most candidates of one source */

struct pick_request {
	const struct monitor *monitor;
	struct route *route;
	const struct config_source *config;
	int family;
	const char *prefix_from; /* the one interface to look at, or NULL */
	struct addr current;     /* chosen before; family 0: none */
	uint64_t now_ms;
};

struct pick {
	struct addr addr;
	int ifindex;
	uint8_t prefix_len;
};

/*
 * Called for each address looked at, with its fate, best first within an
 * interface. NULL is fine.
 */
typedef void pick_seen_fn(void *user, const struct monitor_link *link,
			  const struct select_entry *entry);

/*
 * Fills out with the candidates, best first: one, or all with keep = all.
 * *ret_behind_nat: there are only addresses that the world cannot reach.
 * Returns how many.
 */
size_t pick_candidates(const struct pick_request *r, pick_seen_fn *seen,
		       void *user, struct pick out[PICK_MAX],
		       bool *ret_behind_nat);

/*
 * The interface of the family's default route, where tunnels, bridge ports
 * and veths are taken only if nothing else has one. 0: none.
 */
int pick_default_ifindex(const struct monitor *m, int family);

#endif
