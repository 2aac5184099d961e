/*
 * event_line - an event as `evddnsctl events` shows it: one JSON object.
 * Pure.
 */
#ifndef DAEMON_EVENT_LINE_H
#define DAEMON_EVENT_LINE_H

#include "base/buf.h"
#include "hooks/hooks.h"

/* Appends {"time":…,"event":…, …} without its newline. */
void event_line_print(const struct hook_event *e, int64_t wall_s,
		      const char *state, struct buf *out);

#endif
