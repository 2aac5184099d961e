/*
 * backoff - how long to wait before the next try. Pure.
 */
#ifndef BASE_BACKOFF_H
#define BASE_BACKOFF_H

#include <stdint.h>

struct backoff {
	uint64_t first_ms; /* after the first failure; > 0 */
	uint64_t most_ms;  /* the ceiling; >= first_ms */
};

/*
 * The delay after the failures-th failure in a row (1, 2, …): doubled each
 * time up to the ceiling, then drawn from its upper half by random, so that
 * many who failed together do not come back together.
 */
uint64_t backoff_ms(const struct backoff *b, unsigned int failures,
		    uint32_t random);

#endif
