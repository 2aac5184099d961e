#include "config.h"

#include "notify/types/reading.h"
#include "notify/types/run.h"
#include "notify/types/run_inside.h"

void run_forget_records(void *user, struct thing *family)
{
	(void)user;
	json_decref(family->records);
	family->records = NULL;
	family->cached = false;
}

/* A list of the zone is read once for all who wait for it. */
bool run_list_is(const struct run *r)
{
	const struct ptype_step *s = run_step(r);

	return r->phase == RUN_NAMES && s && s->records.given &&
	       s->scope == SCOPE_BATCH;
}

/* Of several names, as the leader's; and nothing has been read for it yet. */
static bool may_listen(const struct run *leader, const struct run *r)
{
	return r != leader && r->zone == leader->zone && r->batch && r->n > 1 &&
	       !r->look && !r->logout && (!r->started || r->parked);
}

void run_list_begin(struct run *r)
{
	for (struct run *o = r->provider->runs; o; o = o->next) {
		o->listens = may_listen(r, o);
		if (o->listens)
			thing_each_family(o->batch, run_forget_records, NULL);
	}
}

static void remember_records(void *user, struct thing *family)
{
	(void)user;
	family->cached = family->records != NULL;
}

/* whole: they have been read for the others, too. */
void run_list_end(struct run *r, bool whole)
{
	for (struct run *o = r->provider->runs; o; o = o->next) {
		if (o->listens)
			thing_each_family(o->batch, whole ? remember_records
							  : run_forget_records,
					  NULL);
		o->listens = false;
	}
}

int run_list_take(struct run *r, const struct rule_answer *a)
{
	int e = 0;

	if (!run_list_is(r) || r->provider->leader != r)
		return 0;
	for (struct run *o = r->provider->runs; o && e == 0; o = o->next) {
		struct context c = r->c;

		if (!o->listens)
			continue;
		c.thing = o->batch;
		e = reading_records(&c, a);
	}
	return e;
}

void run_list_taken(struct run *r)
{
	if (!run_list_is(r) || r->provider->leader != r)
		return;
	run_list_end(r, true);
	run_release(r, false);
}
