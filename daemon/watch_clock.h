/*
 * watch_clock - libev is to hear when the wall clock is set.
 */
#ifndef DAEMON_WATCH_CLOCK_H
#define DAEMON_WATCH_CLOCK_H

#include <ev.h>

/*
 * With a periodic in the far future libev watches the clock by timerfd;
 * without one it wakes once a minute to look at it. It holds up no loop.
 */
void watch_clock(struct ev_loop *loop, ev_periodic *clock);

#endif
