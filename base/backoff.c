#include "config.h"

#include "base/backoff.h"

uint64_t backoff_ms(const struct backoff *b, unsigned int failures,
		    uint32_t random)
{
	uint64_t delay = b->first_ms, half;

	while (failures > 1 && delay < b->most_ms) {
		delay *= 2;
		failures--;
	}
	if (delay > b->most_ms)
		delay = b->most_ms;
	half = delay / 2;
	return delay - half + (half * (uint64_t)random >> 32);
}
