/*
 * command - what can be asked of the daemon, and done, over the control
 * socket: {"command":"status"} and so on (evddnsctl(1)).
 */
#ifndef DAEMON_COMMAND_H
#define DAEMON_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

struct announce;
struct buf;
struct monitor;
struct setup;

struct command_world {
	struct setup *setup; /* NULL while stopping */
	const struct monitor *monitor;
	const struct announce *announce;
	uint64_t started_ms;
	int (*reload)(void *user); /* as front.h says */
	void *user;
};

/*
 * A new reference: the answer, or {"error": …}. NULL where it was added to
 * out instead, or nothing was, for want of memory.
 */
json_t *command_answer(const struct command_world *w, const json_t *request,
		       bool may_act, struct buf *out);

#endif
