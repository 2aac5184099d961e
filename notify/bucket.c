#include "config.h"

#include "notify/bucket.h"

void bucket_init(struct bucket *b, uint32_t size, uint32_t per_ms,
		 uint64_t now_ms)
{
	*b = (struct bucket){ .size = size, .per_ms = per_ms,
			      .level = (uint64_t)size * per_ms,
			      .at_ms = now_ms };
}

static void refill(struct bucket *b, uint64_t now_ms)
{
	uint64_t full = (uint64_t)b->size * b->per_ms;
	uint64_t gone_ms = now_ms > b->at_ms ? now_ms - b->at_ms : 0;

	/* size tokens in per_ms: size of our parts in each millisecond. */
	if (gone_ms >= b->per_ms || full - b->level <= gone_ms * b->size)
		b->level = full;
	else
		b->level += gone_ms * b->size;
	if (now_ms > b->at_ms)
		b->at_ms = now_ms;
}

uint64_t bucket_wait_ms(struct bucket *b, uint64_t now_ms)
{
	refill(b, now_ms);
	if (b->level >= b->per_ms)
		return 0;
	return (b->per_ms - b->level + b->size - 1) / b->size;
}

void bucket_take(struct bucket *b, uint64_t now_ms)
{
	refill(b, now_ms);
	b->level -= b->level < b->per_ms ? b->level : b->per_ms;
}
