/*
 * stop - the last thing the daemon does for its records: what on-stop =
 * remove takes away, within a time.
 */
#ifndef DAEMON_STOP_H
#define DAEMON_STOP_H

#include <stdbool.h>
#include <stdint.h>

#include <ev.h>

struct setup;

typedef void stop_done_fn(void *user);

/* Zeroed: nothing is under way. */
struct stop {
	struct ev_loop *loop;
	struct setup *setup; /* NULL: not begun, or over */
	stop_done_fn *done;
	void *user;
	uint64_t began_ms;
	ev_timer deadline;
	ev_prepare turn; /* something has moved */
};

/*
 * From now on no record begins anything else. True: withdrawals are under
 * way, and done follows in some later turn of the loop. What cannot be
 * withdrawn is told.
 */
bool stop_begin(struct stop *s, struct ev_loop *loop, struct setup *setup,
		stop_done_fn *done, void *user);

/* An entry has changed its state. */
void stop_moved(struct stop *s);

/* Gives up what is still under way, and tells of it; done does not follow. */
void stop_end(struct stop *s);

/* How long hooks may hold up the end after that. */
double stop_patience_s(const struct stop *s);

#endif
