/*
 * brief - how it goes with one entry, in one line for somebody who was woken
 * up: right or wrong, because of what, and what comes next.
 */
#ifndef DAEMON_BRIEF_H
#define DAEMON_BRIEF_H

#include "daemon/record/entry.h"

#define BRIEF_STRLEN 800

/* Returns out. now is the monotonic time. */
const char *brief_print(const struct entry *e, uint64_t now_ms,
			char out[BRIEF_STRLEN]);

#endif
