/*
 * route_list - the default routes of this machine.
 *
 * They are few: each call looks at all. Pure, but for the memory.
 */
#ifndef MONITOR_ROUTE_LIST_H
#define MONITOR_ROUTE_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "monitor/monitor.h"
#include "monitor/nl_route.h"

struct route_list_note;

/* All zero: empty. */
struct route_list {
	struct monitor_route *items;
	struct route_list_note *notes; /* one for each of items */
	size_t n, size;
	/* Interfaces with a next hop, alive or dead, of a route of several. */
	int *devices;
	size_t n_devices;
	bool hidden; /* there is a route whose next hops are not told */
};

void route_list_done(struct route_list *l);

/*
 * Takes one message. *ret_doubt is set where the messages do not tell enough
 * (several next hops, next hop objects, several of one key): only a dump
 * does. 1: something is different; 0; -ENOMEM.
 */
int route_list_take(struct route_list *l, const struct nl_route *r,
		    bool *ret_doubt);

/*
 * Drops the routes of one family (0: any) through ifindex that have no next
 * hop elsewhere. How many?
 */
size_t route_list_drop(struct route_list *l, int family, int ifindex);

/*
 * Is there one of several next hops, or one by a next hop object, that has to
 * do with this interface? 0: with any.
 */
bool route_list_many(const struct route_list *l, int ifindex);
/* Does one lead through this interface? */
bool route_list_through(const struct route_list *l, int ifindex);
/* One that says to send from this address? */
bool route_list_prefsrc(const struct route_list *l, const struct addr *a);

#endif
