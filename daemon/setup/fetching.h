/*
 * fetching - HTTPS reflectors, which the resolver hands to the daemon and the
 * daemon to the update process.
 */
#ifndef DAEMON_FETCHING_H
#define DAEMON_FETCHING_H

#include "resolver/resolver.h"

struct notify;

/* Those on their way; whoever has them keeps them where they are. */
struct fetchings {
	struct notify *notify; /* borrowed for life */
	struct fetching *all;
};

/* Of none yet: { .notify = ... }. */
struct resolver_fetcher fetching_by(struct fetchings *all);

#endif
