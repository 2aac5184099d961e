/*
 * entry_world - what all entries share.
 */
#ifndef DAEMON_ENTRY_WORLD_H
#define DAEMON_ENTRY_WORLD_H

#include <stdbool.h>

struct announce;
struct ev_loop;
struct monitor;
struct own;
struct resolver;
struct silences;
struct state;

/* Borrowed for life. */
struct entry_world {
	struct ev_loop *loop;
	struct resolver *resolver;
	struct monitor *monitor;
	const struct announce *announce;
	struct state *state;
	struct own *own;
	struct silences *silences;
	bool dry_run;
	/* Called whenever an entry has changed its state. */
	void (*moved)(void *user);
	/* Called when somebody answers one who had reached nobody. */
	void (*healed)(void *user);
	void *user;
};

#endif
