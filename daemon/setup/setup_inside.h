/*
 * setup_inside - what setup.c and plan.c share; nobody else looks.
 */
#ifndef DAEMON_SETUP_INSIDE_H
#define DAEMON_SETUP_INSIDE_H

#include "daemon/setup/setup.h"

struct setup {
	const struct setup_world *world;
	struct config *config; /* NULL: none yet */
	struct account **accounts; /* one per configured provider */
	size_t n_accounts;
	struct feed **feeds;
	size_t n_feeds;
	struct entry **entries;
	size_t n_entries;
	uint64_t healed_ms; /* when setup_heal() did something last */
};

/* With its source; the entries are the setup's. NULL is fine. */
void setup_feed_free(struct feed *f);

#endif
