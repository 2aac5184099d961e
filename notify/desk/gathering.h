/*
 * gathering - works of one account that wait for the last of their kind.
 */
#ifndef NOTIFY_GATHERING_H
#define NOTIFY_GATHERING_H

#include <stdint.h>

#include <ev.h>

#include "notify/core/account.h"
#include "notify/core/engine.h"

struct gathering {
	struct account *account;
	struct work **works;
	size_t n, size;
	ev_timer timer;
	uint64_t since_ns; /* it was first set then */
	bool prepare; /* asked for, not yet done */
};

/* The account's; NULL without memory. */
struct gathering *gathering_of(struct account *a);
/* 0 or -ENOMEM. */
int gathering_add(struct gathering *g, struct work *w);
/* For the next, which was announced: a moment from now, then flushes. */
void gathering_wait(struct gathering *g, struct ev_loop *loop);
void gathering_forget(struct work *w);
/* Off to the type, which may answer at once. */
void gathering_flush(struct gathering *g, struct ev_loop *loop);

#endif
