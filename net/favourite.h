/*
 * favourite - which of the resolver's servers is asked before the others:
 * the one that answered last, for a while. A dead one that stands before it
 * in resolv.conf holds only one question up then, and gets another chance
 * each minute.
 *
 * Pure.
 */
#ifndef NET_FAVOURITE_H
#define NET_FAVOURITE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"

#define FAVOURITE_S 60

/* All zero: there is none. */
struct favourite {
	struct addr addr; /* family 0: none */
	uint16_t port;
	uint64_t until_ns; /* monotonic */
};

/* This one answered; family 0: nobody knows who did. */
void favourite_note(struct favourite *f, const struct addr *addr,
		    uint16_t port, uint64_t now_ns);
/* Is there one now? */
bool favourite_has(const struct favourite *f, uint64_t now_ns);

#endif
