/*
 * status - what a setup looks like to people and scripts: the answers to
 * `status` and `why` of the control socket (evddnsctl(1)).
 *
 * Written straight into the answer: a tree of a thousand records would take
 * longer to build than to send.
 */
#ifndef DAEMON_STATUS_H
#define DAEMON_STATUS_H

#include <stdint.h>

#include "base/buf.h"

struct monitor;
struct setup;

/* The object of `status`; record NULL: all. */
void status_print(const struct setup *s, const struct monitor *m,
		  uint64_t started_ms, const char *record, struct buf *out);

/*
 * The object of `why`: {"record", "entries":[{"family", "provider",
 * "state", …, "addresses":[…], "name_servers":[…], "next"}]}; each list
 * holds lines for people.
 */
void status_why(const struct setup *s, const char *record, struct buf *out);

#endif
