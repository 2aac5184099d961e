#include "config.h"

#include <stdlib.h>

#include "notify/types/run.h"
#include "notify/types/run_inside.h"

/*
 * A batch is a number of names, and each may have two families. Some plans
 * of a provider take more changes in a request than others: the first that
 * holds more than the type's batch shows whether that is so here, and the
 * others go by it.
 */

static size_t count_changes(const struct thing *t)
{
	size_t n = t->scope == SCOPE_UPDATE || t->scope == SCOPE_CREATE ||
		   t->scope == SCOPE_DELETE;

	for (size_t i = 0; i < t->n_below; i++)
		n += count_changes(t->below[i]);
	return n;
}

static bool is_large(const struct run *r)
{
	const struct ptype_step *s = run_step(r);

	return r->phase == RUN_NAMES && s->scope == SCOPE_BATCH && !s->reads &&
	       r->n > 1 && count_changes(r->batch) > r->provider->type->batch;
}

bool run_size_holds(struct run *r)
{
	struct provider *p = r->provider;

	if (p->takes_more || !is_large(r))
		return false;
	if (p->takes_fewer) {
		run_split(r);
		return true;
	}
	r->tries = run_lead(r);
	return !r->tries;
}

void run_size_taken(struct run *r)
{
	if (!r->tries)
		return;
	r->tries = false;
	r->provider->takes_more = true;
	run_release(r, false);
}

/* It was read, and nothing was changed since: that holds for both halves. */
static void hand_over(const struct run *from, struct run *to)
{
	for (size_t i = 0; to && to->batch && i < to->batch->n_below; i++) {
		struct thing *name = to->batch->below[i];
		const struct thing *old = NULL;

		for (size_t k = 0; k < from->batch->n_below && !old; k++)
			if (from->batch->below[k]->job == name->job)
				old = from->batch->below[k];
		for (size_t k = 0; old && k < name->n_below; k++) {
			struct thing *f = name->below[k];

			run_forget_records(NULL, f);
			f->records = json_incref(old->below[k]->records);
			f->cached = f->records != NULL;
		}
	}
}

void run_split(struct run *r)
{
	struct provider *p = r->provider;
	double left_s = ev_timer_remaining(p->engine->loop, &r->limit);
	size_t n = 0;

	p->takes_fewer |= r->tries;
	run_release(r, false);
	for (size_t i = 0; i < r->n; i++) {
		struct work *w = r->works[i];

		r->works[i] = NULL;
		if (!w)
			continue;
		w->batch = NULL;
		r->works[n++] = w;
	}
	r->n = 0; /* they are others' now */
	if (n > 1)
		hand_over(r, run_of_works(p, r->works, n / 2, left_s));
	if (n > 0)
		hand_over(r, run_of_works(p, r->works + n / 2, n - n / 2,
					  left_s));
	run_free(r);
	provider_kick(p);
}
