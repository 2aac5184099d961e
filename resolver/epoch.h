/*
 * epoch - has a router lost its mappings since it answered last? (RFC 6887,
 * section 8.5; RFC 6886, section 3.6)
 *
 * Pure.
 */
#ifndef RESOLVER_EPOCH_H
#define RESOLVER_EPOCH_H

#include <stdbool.h>
#include <stdint.h>

/* All zero: nothing heard yet. */
struct epoch {
	bool known;
	uint32_t server_s;
	uint64_t heard_s; /* monotonic, ours */
};

/*
 * Takes the epoch of an answer heard at now_s. True where it does not go on
 * from the last one: the router was started anew, or is another one.
 */
bool epoch_take(struct epoch *e, uint32_t server_s, uint64_t now_s);

#endif
