#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include <ev.h>

#include "base/loop_memory.h"

/* More than the arrays of a loop with 10,000 watchers grow by at once. */
#define PUT_BY (256 << 10)
/* Nothing else goes on meanwhile. */
#define TRIES  20
#define REST_MS 10

static struct {
	const char *name;
	void *put_by;
} guard;

static void guard_end(void)
{
	(void)fprintf(stderr, "%s: out of memory\n", guard.name);
	_exit(EX_OSERR);
}

static void *guard_realloc(void *p, long size)
{
	const struct timespec rest = { .tv_nsec = REST_MS * 1000000L };
	void *got;

	if (size <= 0) {
		free(p);
		return NULL;
	}
	for (int i = 0; i < TRIES; i++) {
		got = realloc(p, (size_t)size);
		if (got && !guard.put_by)
			guard.put_by = malloc(PUT_BY);
		if (got)
			return got;
		if (i > 0)
			(void)nanosleep(&rest, NULL);
		free(guard.put_by);
		guard.put_by = NULL;
	}
	guard_end();
	return NULL;
}

void loop_memory_guard(const char *name)
{
	guard.name = name;
	guard.put_by = malloc(PUT_BY);
	ev_set_allocator(guard_realloc);
}
