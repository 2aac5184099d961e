#include "config.h"

#include "daemon/watch_clock.h"

#define FAR_S 1e9

static void watch_clock_due(struct ev_loop *loop, ev_periodic *w, int revents)
{
	(void)loop;
	(void)w;
	(void)revents;
}

void watch_clock(struct ev_loop *loop, ev_periodic *clock)
{
	ev_periodic_init(clock, watch_clock_due, ev_now(loop) + FAR_S, 0.0,
			 NULL);
	ev_periodic_start(loop, clock);
	ev_unref(loop);
}
