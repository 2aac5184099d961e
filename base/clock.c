#include "config.h"

#include <sys/random.h>
#include <time.h>

#include "base/clock.h"

uint64_t clock_mono_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000U + (uint64_t)ts.tv_nsec;
}

uint64_t clock_mono_ms(void)
{
	return clock_mono_ns() / 1000000U;
}

int64_t clock_wall_s(void)
{
	return (int64_t)time(NULL);
}

int64_t clock_wall_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int64_t clock_boot_s(void)
{
	struct timespec up;

	(void)clock_gettime(CLOCK_BOOTTIME, &up);
	return clock_wall_s() - (int64_t)up.tv_sec;
}

const char *clock_rfc3339(int64_t wall_s, char *out, size_t size)
{
	time_t t = (time_t)wall_s;
	struct tm tm;

	if (!gmtime_r(&t, &tm) ||
	    strftime(out, size, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		out[0] = '\0';
	return out;
}

uint32_t clock_random(void)
{
	/* Drawn in stock: an update's id is asked for on its way. */
	static uint32_t stock[16];
	static size_t left;
	uint32_t n;

	/* Before the pool is ready at boot: the clock does for a jitter. */
	if (left == 0 && getrandom(stock, sizeof(stock), GRND_NONBLOCK) !=
				 (ssize_t)sizeof(stock))
		return (uint32_t)(clock_mono_ns() * 2654435761U);
	if (left == 0)
		left = sizeof(stock) / sizeof(stock[0]);
	n = stock[--left];
	stock[left] = 0; /* what was given out is nobody else's business */
	return n;
}
