/*
 * quota - how far the documented limits of accounts are used up.
 *
 * The update process counts its requests and holds them back; it lives for
 * minutes, and the daemon for weeks. So it tells of each one, and the
 * daemon keeps the count in its state and gives it to the next process.
 */
#ifndef DAEMON_QUOTA_H
#define DAEMON_QUOTA_H

#include <stdint.h>

#include "notify/notify.h"

struct state;

struct quota {
	struct notify *notify;
	struct state *state;
};

/* From now on q, which stays where it is, counts what its notify sends. */
void quota_begin(struct quota *q);

/* Other accounts are in use: what the state knows of them is told. */
void quota_recall(const struct quota *q, const struct notify_config *accounts);

/*
 * One more (pure): when a limit that was to be full at full_ms will be, of
 * the wall clock all of them. A time that no count can have led to is that
 * of a clock that was wrong.
 */
int64_t quota_spend(const struct notify_limit *l, int64_t full_ms,
		    int64_t now_ms);

#endif
