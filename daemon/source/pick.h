/*
 * pick - which interfaces a source draws on, and which of their addresses.
 *
 * Reads the mirror and asks the routing table; keeps nothing.
 */
#ifndef DAEMON_PICK_H
#define DAEMON_PICK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "config/config.h"
#include "daemon/source/select.h"
#include "monitor/monitor.h"

struct route;

#define PICK_MAX 32 /* most candidates of one source */
#define PICK_NO_MEMORY SIZE_MAX

struct pick_request {
	const struct monitor *monitor;
	struct route *route;
	const struct config_source *config;
	int family;
	const char *prefix_from; /* the one interface to look at, or NULL */
	struct addr current;     /* chosen before; family 0: none */
	int current_ifindex;     /* ... and who held it */
	uint64_t now_ms;
};

struct pick {
	struct addr addr;
	int ifindex;
	uint8_t prefix_len;
	bool shut_in; /* private or shared: only a NAT leads out from it */
	/* What the kernel sends from by this link; family 0: not asked. */
	struct addr kernel;
};

/* Behind NAT: there are no addresses but IPv4 ones of these kinds. */
enum pick_nat {
	PICK_NAT_NONE,
	PICK_NAT_CARRIER, /* shared with the carrier: 100.64/10, 192.0.0/29 */
	PICK_NAT_PRIVATE, /* RFC 1918 at least */
};

/*
 * Called for each address looked at, with its fate, best first within an
 * interface. NULL is fine.
 */
typedef void pick_seen_fn(void *user, const struct monitor_link *link,
			  const struct select_entry *entry);

/*
 * Fills out with the candidates, best first: one, or all with keep = all.
 *
 * Named interfaces count in the order of their names; those without carrier
 * come after all that have it, and of those that one pattern matches those
 * with a default route come first. Without names it is the uplink, and where
 * that holds nothing usable, the interface whose address the kernel itself
 * would send from. Where no default route is left the interface of the
 * current address stays.
 *
 * Behind NAT the best address of those that the world cannot reach is the one
 * candidate, shut_in, as far as behind-nat lets such ones out. Returns how
 * many there are, or PICK_NO_MEMORY, which says nothing of what there is.
 */
size_t pick_candidates(const struct pick_request *r, pick_seen_fn *seen,
		       void *user, struct pick out[PICK_MAX],
		       enum pick_nat *ret_nat);

/*
 * Is there one that only has to pass duplicate address detection yet? That
 * takes a second or two.
 */
bool pick_is_coming(const struct pick_request *r);

#endif
