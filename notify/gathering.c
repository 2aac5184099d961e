#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "notify/gathering.h"
#include "notify/type.h"

/* Jobs announced by "more" are waited for no longer than this. */
#define GATHER_S 0.05

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
	ev_timer_init(&g->timer, gathering_timed, GATHER_S, 0.);
	g->timer.data = g;
	a->gathering = g;
	return g;
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
