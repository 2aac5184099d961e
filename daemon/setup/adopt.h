/*
 * adopt - what a changed record or source takes over from the one before.
 */
#ifndef DAEMON_ADOPT_H
#define DAEMON_ADOPT_H

#include "daemon/record/entry.h"
#include "daemon/setup/feed.h"

/*
 * What was published and accepted, and that nothing is new to it. An update
 * that old has under way is given up: it was made by other settings.
 */
void adopt_entry(struct entry *e, struct entry *old);

/* What was told last of the source of that name and family. */
void adopt_feed(struct feed *f, struct feed *const *old, size_t n_old);

#endif
