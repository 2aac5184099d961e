/*
 * announce - an event, told to the hooks and to those who watch.
 */
#ifndef DAEMON_ANNOUNCE_H
#define DAEMON_ANNOUNCE_H

#include <stdbool.h>

#include "hooks/hooks.h"

struct control;

struct announce {
	struct hooks *hooks;
	struct control *control; /* NULL: none */
	bool dry_run;            /* no hook is run then */
};

void announce_event(const struct announce *a, const struct hook_event *e);
/* One of the daemon as a whole. */
void announce_plain(const struct announce *a, const char *event);
/* A test of the hooks: those who watch would take it for news. */
void announce_rehearsal(const struct announce *a, const struct hook_event *e);
/* A record's state: not for hooks. */
void announce_state(const struct announce *a, const struct hook_event *e,
		    const char *state);

#endif
