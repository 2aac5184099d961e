/*
 * bucket - so many in so long, refilled as time goes (pure).
 */
#ifndef NOTIFY_BUCKET_H
#define NOTIFY_BUCKET_H

#include <stdint.h>

struct bucket {
	uint32_t size;   /* tokens it holds */
	uint32_t per_ms; /* in which it fills from empty */
	uint64_t level;  /* in 1/per_ms of a token: whole numbers */
	uint64_t at_ms;
};

/* Full. */
void bucket_init(struct bucket *b, uint32_t size, uint32_t per_ms,
		 uint64_t now_ms);
/* Milliseconds until a token is there; 0: now. */
uint64_t bucket_wait_ms(struct bucket *b, uint64_t now_ms);
/* Takes one, that is there. */
void bucket_take(struct bucket *b, uint64_t now_ms);

#endif
