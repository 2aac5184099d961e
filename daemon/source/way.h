/*
 * way - how packets from one candidate address leave this machine.
 */
#ifndef DAEMON_WAY_H
#define DAEMON_WAY_H

#include <stdbool.h>

#include "daemon/source/source.h"

/*
 * Fills egress, gateway, live and routed: by its own link where a default route
 * leads out there, for the main table or for packets from this very address
 * (policy routing); else by the link that the kernel would take for it (a
 * delegated prefix on the LAN).
 */
void way_find(const struct source_world *world,
	      const struct config_source *config, struct source_candidate *c);

bool way_is_same(const struct source_candidate *a,
		 const struct source_candidate *b);

#endif
