#include "config.h"

#include <string.h>

#include "notify/types/run.h"
#include "notify/types/run_inside.h"

/*
 * One finds out for all: begins the session, asks for a zone's id, lists its
 * records. That is waited for so long where one might go by another way.
 */
#define PATIENCE_S 0.5

bool run_same_way(const struct job *a, const struct job *b)
{
	return strcmp(a->interface, b->interface) == 0 && a->mark == b->mark &&
	       (!a->ipv4.given || !b->ipv4.given ||
		addr_equal(&a->ipv4.source, &b->ipv4.source)) &&
	       (!a->ipv6.given || !b->ipv6.given ||
		addr_equal(&a->ipv6.source, &b->ipv6.source));
}

static bool goes_alike(const struct run *a, const struct run *b)
{
	const struct job *x = run_job(a), *y = run_job(b);

	return !x || !y || run_same_way(x, y);
}

static void be_patient(struct provider *p)
{
	ev_timer_stop(p->engine->loop, &p->patience);
	ev_now_update(p->engine->loop);
	ev_timer_set(&p->patience, PATIENCE_S, 0.);
	ev_timer_start(p->engine->loop, &p->patience);
}

bool run_lead(struct run *r)
{
	struct provider *p = r->provider;

	if (p->leader && p->leader != r) {
		r->parked = true;
		return false;
	}
	if (!p->leader)
		be_patient(p);
	p->leader = r;
	r->overtaken = false;
	return true;
}

void run_release(struct run *r, bool failed)
{
	struct provider *p = r->provider;
	const struct thing *family = NULL;

	if (p->leader != r)
		return;
	run_list_end(r, false);
	p->leader = NULL;
	if (failed && r->batch->n_below > 0 && r->batch->below[0]->n_below > 0)
		family = r->batch->below[0]->below[0];
	for (struct run *o = p->runs; o; o = o->next) {
		if (!o->parked || (r->unreached && !goes_alike(r, o)))
			continue;
		if (family && (r->phase == RUN_SESSION || o->zone == r->zone))
			run_settle_alike(o, family);
	}
	/* From the loop: each may end, and change the list. */
	provider_kick(p);
}

/* By its way nobody has tried it yet. */
static bool may_overtake(const struct run *o)
{
	const struct provider *p = o->provider;

	if (!o->parked)
		return false;
	for (const struct run *r = p->runs; r; r = r->next)
		if ((r == p->leader || r->overtaken) && goes_alike(r, o))
			return false;
	return true;
}

/*
 * The leader's way may be dead. What it has under way goes on, and counts
 * where it is answered first.
 */
void run_overtake(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct provider *p = w->data;
	struct run *leader = p->leader, *o = p->runs;

	(void)loop;
	(void)revents;
	if (!leader || leader->logout)
		return;
	while (o && !may_overtake(o))
		o = o->next;
	if (!o) {
		be_patient(p);
		return;
	}
	run_list_end(leader, false);
	leader->overtaken = true;
	p->leader = NULL;
	o->parked = false;
	run_next(o);
	if (!p->leader)
		provider_kick(p);
}
