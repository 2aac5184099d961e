/*
 * herald - tells what is news, once in a turn of the loop, before anything
 * else of that turn: who hears that a packet could not leave has heard before
 * that the address is gone.
 *
 * The kernel announces an IPv4 address before its routing knows of it, and
 * says nothing when that is done. Who asks it at once which address it would
 * choose may hear of the old one. Such news is told a second time to who did.
 */
#ifndef MONITOR_HERALD_H
#define MONITOR_HERALD_H

#include <ev.h>

#include "monitor/monitor.h"
#include "monitor/news.h"

struct herald {
	struct ev_loop *loop;
	monitor_changed_fn *changed;
	void *user;
	struct news rooms[3];
	struct news *news;  /* to be told */
	struct news *told;  /* being told */
	struct news *later; /* to be told again */
	bool early;         /* news may be to be told again */
	bool repeat;        /* and that is wanted */
	ev_watcher now; /* fed */
	ev_timer again;
};

void herald_init(struct herald *h, struct ev_loop *loop,
		 monitor_changed_fn *changed, void *user);
/* What is in h->news is told, but not from inside this call. */
void herald_start(struct herald *h);
void herald_stop(struct herald *h);
/* While it tells: as monitor_repeat(). */
void herald_repeat(struct herald *h);

#endif
