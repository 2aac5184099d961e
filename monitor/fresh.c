#include "config.h"

#include <errno.h>
#include <stdint.h>

#include "base/clock.h"
#include "monitor/apply.h"
#include "monitor/fresh.h"
#include "monitor/nl_dump.h"
#include "monitor/table.h"

/* Between one try and the next there are only microseconds. */
#define FRESH_TRIES 5

struct fresh {
	struct table *table;
	uint64_t now_ms;
};

static int fresh_take(void *user, const struct nlmsghdr *h)
{
	struct fresh *fresh = user;
	struct apply_about about;
	int r = apply_message(fresh->table, h, fresh->now_ms, &about);

	/* A message that makes no sense would make none again. */
	return r == -ENOMEM ? r : r == -ENOMSG;
}

int fresh_table(void *buf, size_t size, struct table **ret)
{
	int r = -EINTR;

	for (int i = 0; i < FRESH_TRIES && r == -EINTR; i++) {
		struct fresh fresh = {
			.table = table_new(),
			.now_ms = clock_mono_ms(),
		};

		if (!fresh.table)
			return -ENOMEM;
		r = nl_dump_all(buf, size, fresh_take, &fresh);
		if (r < 0)
			table_free(fresh.table);
		else
			*ret = fresh.table;
	}
	return r;
}
