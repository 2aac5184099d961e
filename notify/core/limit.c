#include "config.h"

#include "notify/core/limit.h"

void limit_init(struct limit *l, uint32_t size, uint32_t per_ms,
		uint64_t now_ms)
{
	*l = (struct limit){ .size = size, .per_ms = per_ms,
			     .level = (uint64_t)size * per_ms,
			     .at_ms = now_ms };
}

static void refill(struct limit *l, uint64_t now_ms)
{
	uint64_t full = (uint64_t)l->size * l->per_ms;
	uint64_t gone_ms = now_ms > l->at_ms ? now_ms - l->at_ms : 0;

	/* size tokens in per_ms: size of our parts in each millisecond. */
	if (gone_ms >= l->per_ms || full - l->level <= gone_ms * l->size)
		l->level = full;
	else
		l->level += gone_ms * l->size;
	if (now_ms > l->at_ms)
		l->at_ms = now_ms;
}

uint64_t limit_wait_ms(struct limit *l, uint64_t now_ms)
{
	refill(l, now_ms);
	if (l->level >= l->per_ms)
		return 0;
	return (l->per_ms - l->level + l->size - 1) / l->size;
}

void limit_lower(struct limit *l, uint64_t full_ms, uint64_t now_ms)
{
	uint64_t full = (uint64_t)l->size * l->per_ms, missing;
	uint64_t left_ms = full_ms > now_ms ? full_ms - now_ms : 0;

	refill(l, now_ms);
	missing = left_ms < l->per_ms ? left_ms * l->size : full;
	if (l->level > full - missing)
		l->level = full - missing;
}

void limit_take(struct limit *l, uint64_t now_ms)
{
	refill(l, now_ms);
	l->level -= l->level < l->per_ms ? l->level : l->per_ms;
}
