/*
 * fetching - HTTPS reflectors, which the resolver hands to the daemon and the
 * daemon to the update process.
 */
#ifndef DAEMON_FETCHING_H
#define DAEMON_FETCHING_H

#include "resolver/resolver.h"

struct notify;

/* notify is borrowed for life. */
struct resolver_fetcher fetching_by(struct notify *notify);

#endif
