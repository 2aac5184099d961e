#include "config.h"

#include "daemon/bucket.h"

uint64_t bucket_free_ms(const struct bucket *b, const struct bucket_rule *r)
{
	uint64_t spare_ms = (r->burst - 1) * r->interval_ms;

	if (r->interval_ms == 0)
		return 0;
	return b->full_ms > spare_ms ? b->full_ms - spare_ms : 0;
}

void bucket_spend(struct bucket *b, const struct bucket_rule *r,
		  uint64_t now_ms)
{
	if (b->full_ms < now_ms)
		b->full_ms = now_ms;
	b->full_ms += r->interval_ms;
}

void bucket_give_back(struct bucket *b, const struct bucket_rule *r)
{
	b->full_ms -= b->full_ms > r->interval_ms ? r->interval_ms
						  : b->full_ms;
}
