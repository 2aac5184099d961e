/*
 * status - what a setup looks like to people and scripts: the answers to
 * `status` and `why` of the control socket (evddnsctl(1)).
 */
#ifndef DAEMON_STATUS_H
#define DAEMON_STATUS_H

#include <stdint.h>

#include <jansson.h>

struct monitor;
struct setup;

/* The object of `status`; record NULL: all. NULL without memory. */
json_t *status_of(const struct setup *s, const struct monitor *m,
		  uint64_t started_ms, const char *record);

/*
 * The object of `why`: {"record", "entries":[{"family", "provider",
 * "state", …, "addresses":[…], "name_servers":[…], "next"}]}; each list
 * holds lines for people.
 */
json_t *status_why(const struct setup *s, const char *record);

#endif
