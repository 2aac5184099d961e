#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "notify/core/type.h"
#include "notify/desk/gathering.h"

/*
 * A job announced by "more" is waited for no longer than this, and the first
 * of them no longer than for GATHER_MOST_NS.
 */
#define GATHER_S       0.1
#define GATHER_MOST_NS 1000000000U

void gathering_flush(struct gathering *g, struct ev_loop *loop)
{
	struct work **works = g->works;
	size_t n = g->n;

	ev_timer_stop(loop, &g->timer);
	/* The type may answer at once, and anything may follow from that. */
	g->works = NULL;
	g->n = g->size = 0;
	if (n > 0)
		g->account->type->submit(g->account, works, n);
	free(works);
}

static void gathering_timed(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)revents;
	gathering_flush(w->data, loop);
}

struct gathering *gathering_of(struct account *a)
{
	struct gathering *g = a->gathering;

	if (g)
		return g;
	g = calloc(1, sizeof(*g));
	if (!g)
		return NULL;
	g->account = a;
	ev_init(&g->timer, gathering_timed);
	g->timer.repeat = GATHER_S;
	g->timer.data = g;
	a->gathering = g;
	return g;
}

void gathering_wait(struct gathering *g, struct ev_loop *loop)
{
	uint64_t now_ns = clock_mono_ns();

	if (!ev_is_active(&g->timer))
		g->since_ns = now_ns;
	if (now_ns - g->since_ns > GATHER_MOST_NS)
		return;
	ev_now_update(loop);
	ev_timer_again(loop, &g->timer);
}

int gathering_add(struct gathering *g, struct work *w)
{
	if (g->n == g->size) {
		size_t size = g->size ? 2 * g->size : 16;
		struct work **works = realloc(g->works,
					      size * sizeof(struct work *));

		if (!works)
			return -ENOMEM;
		g->works = works;
		g->size = size;
	}
	g->works[g->n++] = w;
	return 0;
}

void gathering_forget(struct work *w)
{
	struct gathering *g = w->account->gathering;

	for (size_t i = 0; g && i < g->n; i++)
		if (g->works[i] == w) {
			memmove(g->works + i, g->works + i + 1,
				(--g->n - i) * sizeof(struct work *));
			return;
		}
}
