/*
 * check - an entry asks the name servers, and judges what they say.
 */
#ifndef DAEMON_CHECK_H
#define DAEMON_CHECK_H

#include "daemon/record/entry.h"

/* What a name server's cache of the old answer may take beyond its TTL. */
#define CHECK_GRACE_S 60
/* Where no server said a TTL. */
#define CHECK_TTL_UNKNOWN_S 300

/* Asks; a question under way is given up. Judges by itself when answered. */
void check_start(struct entry *e);
void check_cancel(struct entry *e);

/* Feeds the verdict to the entry, if the source's address is known. */
void check_judge(struct entry *e);

#endif
