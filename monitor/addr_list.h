/*
 * addr_list - the addresses of one interface, in order of announcement.
 *
 * Finding, adding and dropping one costs the same however many there are.
 * Pure, but for the memory.
 */
#ifndef MONITOR_ADDR_LIST_H
#define MONITOR_ADDR_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "monitor/monitor.h"
#include "monitor/nl_addr.h"

struct addr_list_note;

/*
 * All zero: empty. The first used of items are the addresses, and holes. They
 * may move with the next call that puts or drops.
 */
struct addr_list {
	struct monitor_addr *items;    /* family 0: a hole */
	struct addr_list_note *notes;  /* one for each of items */
	uint32_t *index;               /* of hashed keys: item + 1, 0: free */
	uint32_t used, size, index_size; /* used and size count holes */
	uint32_t holes;
	uint32_t n4; /* IPv4 addresses among them */
};

void addr_list_done(struct addr_list *l);

/*
 * Takes a new address, or what is new about a known one. 1: something that
 * a choice of address could depend on is different; 0: nothing is, such as
 * after the renewal of a lifetime; -ENOMEM.
 */
int addr_list_put(struct addr_list *l, const struct nl_addr *a);
/* Was it there? */
bool addr_list_drop(struct addr_list *l, const struct nl_addr *a);

/* The first of this address, whatever its peer; NULL: there is none. */
const struct monitor_addr *addr_list_get(const struct addr_list *l,
					 const struct addr *a);

#endif
