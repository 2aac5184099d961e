/*
 * upkeep - what a daemon does beside its work: tells the service manager how
 * it goes, proves that it is alive, gives memory back, and keeps libev from
 * waking up for nothing.
 */
#ifndef DAEMON_UPKEEP_H
#define DAEMON_UPKEEP_H

#include <stdbool.h>
#include <stddef.h>

#include <ev.h>

#include "daemon/sd_notify.h"

struct upkeep_owner {
	/* One line that says how it goes. */
	void (*say)(void *user, char *out, size_t size);
	/*
	 * Has the netlink socket worked since the last call? Also has it
	 * work again.
	 */
	bool (*prove)(void *user);
	/* Some time after something happened: is there something to tell? */
	void (*tell)(void *user);
	void *user;
};

struct upkeep {
	struct ev_loop *loop;
	struct upkeep_owner owner;
	struct sd_notify sd;
	bool ready;
	ev_periodic clock; /* keeps libev from looking at the clock */
	ev_timer tidy;     /* some time after the last activity */
	ev_timer status;   /* a little after a change */
	ev_timer tell;     /* ... when what has changed has lasted */
	ev_timer watchdog;
};

void upkeep_start(struct upkeep *u, struct ev_loop *loop,
		  const struct upkeep_owner *owner);
void upkeep_stop(struct upkeep *u);

/* Everything is open; or open again after upkeep_reloading(). */
void upkeep_ready(struct upkeep *u);
void upkeep_reloading(struct upkeep *u);
void upkeep_stopping(struct upkeep *u);
/* Something has happened. */
void upkeep_moved(struct upkeep *u);

#endif
