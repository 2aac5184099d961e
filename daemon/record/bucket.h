/*
 * bucket - how often something may be done: a token bucket. Pure.
 *
 * One token comes back each interval_ms, and there are never more than
 * burst. Only one number is kept: when the bucket will be full again.
 */
#ifndef DAEMON_BUCKET_H
#define DAEMON_BUCKET_H

#include <stdint.h>

struct bucket_rule {
	uint64_t interval_ms; /* 0: no limit */
	uint64_t burst;       /* >= 1 */
};

struct bucket {
	uint64_t full_ms; /* monotonic */
};

/* When the next token is there; a time that is past: now. */
uint64_t bucket_free_ms(const struct bucket *b, const struct bucket_rule *r);

/* Takes one, also where there is none: then the next one comes later. */
void bucket_spend(struct bucket *b, const struct bucket_rule *r,
		  uint64_t now_ms);
/* It was not needed. */
void bucket_give_back(struct bucket *b, const struct bucket_rule *r);

/*
 * A time of the wall clock (ms since 1970), which says wall_ms now, as a
 * monotonic one; 0: it is past. At most most_ms from now: a clock that was
 * set meanwhile must make nobody wait for years.
 */
uint64_t bucket_recall_ms(int64_t at_ms, int64_t wall_ms, uint64_t now_ms,
			  uint64_t most_ms);

#endif
