#include "config.h"

#include "daemon/record/bucket.h"

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

uint64_t bucket_recall_ms(int64_t at_ms, int64_t wall_ms, uint64_t now_ms,
			  uint64_t most_ms)
{
	int64_t left_ms = at_ms - wall_ms;

	if (at_ms == 0 || left_ms <= 0)
		return 0;
	return now_ms + ((uint64_t)left_ms < most_ms ? (uint64_t)left_ms
						     : most_ms);
}
