/*
 * table - the mirror: links, their addresses, default routes.
 *
 * Values in, changed or not out. Pure, but for the memory. Repeats, and old
 * messages replayed after a dump that already knew better, end in the state
 * of the last message of each key. Only IPv4 routes, which the kernel
 * flushes without a message, may then be wrong: TABLE_FLUSH tells when.
 */
#ifndef MONITOR_TABLE_H
#define MONITOR_TABLE_H

#include <stddef.h>

#include "monitor/monitor.h"
#include "monitor/nl_addr.h"
#include "monitor/nl_link.h"
#include "monitor/nl_route.h"

struct table;

/* What taking a message did; or -ENOMEM. */
enum table_effect {
	TABLE_SAME = 0,
	TABLE_CHANGED = 1,
	/* Bits of their own: this message did not tell all, dump soon. */
	TABLE_DOUBT = 2,
	/* The kernel may be dropping IPv4 routes of this interface. */
	TABLE_FLUSH = 4,
	/* With an address, routes have changed. */
	TABLE_ROUTES = 8,
};

/* NULL: no memory. */
struct table *table_new(void);
void table_free(struct table *t);

/*
 * A link that goes takes its addresses and routes along. IPv4 routes of a
 * device that went down, or lost its last IPv4 address, are flushed by the
 * kernel without a message: so they are here.
 */
int table_take_link(struct table *t, const struct nl_link *l);
/* An address of an unknown link is ignored: its link was announced before. */
int table_take_addr(struct table *t, const struct nl_addr *a);
int table_take_route(struct table *t, const struct nl_route *r);
/* Is there a route that changes without messages about routes? */
bool table_routes_many(const struct table *t);

/* As monitor_links() and its sisters. */
const struct monitor_link *table_links(const struct table *t, size_t *ret_n);
const struct monitor_link *table_link(const struct table *t, int ifindex);
const struct monitor_addr *table_addrs(const struct table *t, int ifindex,
				       size_t *ret_n);
const struct monitor_addr *table_addr(const struct table *t, int ifindex,
				      const struct addr *a);
/* How many links, addresses and routes it holds, more or less. */
size_t table_size(const struct table *t);
const struct monitor_route *table_routes(const struct table *t, size_t *ret_n);

#endif
