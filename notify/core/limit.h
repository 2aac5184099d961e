/*
 * limit - so many in so long, refilled as time goes (pure).
 */
#ifndef NOTIFY_LIMIT_H
#define NOTIFY_LIMIT_H

#include <stdint.h>

struct limit {
	uint32_t size;   /* tokens it holds */
	uint32_t per_ms; /* in which it fills from empty */
	uint64_t level;  /* in 1/per_ms of a token: whole numbers */
	uint64_t at_ms;
};

/* Full. */
void limit_init(struct limit *l, uint32_t size, uint32_t per_ms,
		uint64_t now_ms);
/* Milliseconds until a token is there; 0: now. */
uint64_t limit_wait_ms(struct limit *l, uint64_t now_ms);
/* It will not be full before this: what others have taken of it. */
void limit_lower(struct limit *l, uint64_t full_ms, uint64_t now_ms);
/* Takes one, that is there. */
void limit_take(struct limit *l, uint64_t now_ms);

#endif
