/*
 * zone - which zone holds a name and which servers to ask about it: found
 * through DNS, kept by TTL, used at once when that is over and refreshed
 * beside it.
 *
 * Nothing is ever forgotten: the names are the operator's, so they are few.
 */
#ifndef RESOLVER_ZONE_H
#define RESOLVER_ZONE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/egress.h"
#include "resolver/servers.h"
#include "resolver/waiter.h"

struct ev_loop;
struct gate;
struct lookup;
struct route;
struct zones;

struct zones_options {
	struct lookup *lookup; /* borrowed for life, as route */
	struct route *route;
	uint32_t timeout_ms; /* of a question to a listed server */
	unsigned int tries;
	struct gate *gate; /* of those questions */
	uint16_t port; /* of a zone's servers: 53 */
};

int zones_new(struct ev_loop *loop, const struct zones_options *o,
	      struct zones **ret);
/* Nobody is told any more. */
void zones_free(struct zones *z);

struct zones_question {
	const char *name;
	/* Ask these; none: the zone's NS set. */
	const char *const *nameservers;
	size_t n_nameservers;
	struct egress egress; /* for asking the listed ones */
};

/*
 * What is known of it: the servers, and its zone, or NULL where listed
 * servers did not tell. NULL: nothing yet. Its items are borrowed until the
 * next turn of the loop; the set itself stays.
 */
struct server_set *zones_known(struct zones *z, const struct zones_question *q,
			       const char **ret_zone);

/*
 * Finds out what is not known. w is told: 0, then zones_known() knows;
 * -ENOENT: no zone holds the name; else -errno. Never from inside this
 * call. 0, or -errno and w is not told.
 */
int zones_find(struct zones *z, const struct zones_question *q,
	       struct waiter *w);

/* The zone that name was last found in, whoever was asked; or NULL. */
const char *zones_zone(const struct zones *z, const char *name);

#endif
