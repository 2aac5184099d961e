/*
 * clock_watch - says when the wall clock was set, and when the machine was
 * asleep: a timerfd that the kernel cancels then (TFD_TIMER_CANCEL_ON_SET).
 */
#ifndef DAEMON_CLOCK_WATCH_H
#define DAEMON_CLOCK_WATCH_H

#include <stdint.h>

#include <ev.h>

/* slept_ms: for how long the machine was suspended since the last call. */
typedef void clock_watch_fn(void *user, uint64_t slept_ms);

struct clock_watch {
	struct ev_loop *loop;
	ev_io io; /* fd -1: not to be had, nobody is told */
	uint64_t asleep_ms; /* what suspends have taken since boot */
	clock_watch_fn *set;
	void *user;
};

void clock_watch_start(struct clock_watch *c, struct ev_loop *loop,
		       clock_watch_fn *set, void *user);
void clock_watch_stop(struct clock_watch *c);

#endif
