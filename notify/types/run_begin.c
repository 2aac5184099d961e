#include "config.h"

#include <arpa/nameser.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/lookup.h"
#include "notify/core/zone.h"
#include "notify/types/run.h"
#include "notify/types/run_inside.h"

#define LATE_S 15.
#define FULL_WAYS 8

static void use_remembered(struct run *r)
{
	for (size_t i = 0; i < r->batch->n_below; i++)
		for (size_t k = 0; k < r->batch->below[i]->n_below; k++)
			run_end_use_ids(r, r->batch->below[i]->below[k]);
}

static void run_begin(struct run *r)
{
	struct provider *p = r->provider;

	r->started = true;
	p->active++;
	if (!r->restarted)
		use_remembered(r);
	run_next(r);
}

static bool may_start(const struct run *r)
{
	return !r->started && r->looking <= 0 && r->batch;
}

/*
 * Where nobody answers by one way, requests by another are not held up. One
 * at a time is one at a time: its requests might undo one another's work.
 */
static bool has_room(const struct run *r)
{
	const struct provider *p = r->provider;
	const struct job *j = run_job(r);
	size_t n = 0;

	if (p->type->in_flight == 1 || !j)
		return p->active < p->type->in_flight;
	for (const struct run *o = p->runs; o; o = o->next) {
		const struct job *other = o->started ? run_job(o) : NULL;

		n += other && run_same_way(j, other);
	}
	return n < p->type->in_flight;
}

/* Ways that are full: of thousands that wait not each is counted for. */
struct full_ways {
	const struct job *jobs[FULL_WAYS];
	size_t n;
};

static bool same_set_way(const struct job_set *a, const struct job_set *b)
{
	return a->given == b->given && addr_equal(&a->source, &b->source);
}

static bool is_full(const struct full_ways *f, const struct run *r)
{
	const struct job *j = run_job(r);

	for (size_t i = 0; j && i < f->n; i++)
		if (f->jobs[i]->mark == j->mark &&
		    strcmp(f->jobs[i]->interface, j->interface) == 0 &&
		    same_set_way(&f->jobs[i]->ipv4, &j->ipv4) &&
		    same_set_way(&f->jobs[i]->ipv6, &j->ipv6))
			return true;
	return false;
}

static void note_full(struct full_ways *f, const struct run *r)
{
	const struct job *j = run_job(r);

	if (j && f->n < FULL_WAYS)
		f->jobs[f->n++] = j;
}

/* The first that may go on, or start; NULL: none. */
static struct run *find_ready(const struct provider *p, bool *parked)
{
	struct full_ways full = { .n = 0 };

	for (struct run *r = p->runs; r; r = r->next) {
		*parked = r->parked;
		if (r->parked && (!p->leader || thing_is_settled(r->batch)))
			return r;
		if (!may_start(r) || is_full(&full, r))
			continue;
		if (has_room(r))
			return r;
		note_full(&full, r);
	}
	return NULL;
}

static void run_fail(struct run *r, enum notify_status status,
		     const char *text)
{
	struct provider *p = r->provider;
	struct outcome o;

	outcome_set(&o, status, 0, "%s: %s", p->type->name, text);
	for (size_t i = 0; i < r->n; i++) {
		struct work *w = r->works[i];

		r->works[i] = NULL;
		if (w)
			work_done(w, &o);
	}
	run_free(r);
	provider_kick(p);
}

/*
 * The daemon gives up a process that does not answer in a timeout and half a
 * minute: what takes longer comes again, with what is known by then.
 */
static void run_late(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct run *r = w->data;
	char text[JOB_TEXT_SIZE];

	(void)loop;
	(void)revents;
	(void)snprintf(text, sizeof(text), "%s: not done in time%s",
		       r->provider->type->name,
		       r->started ? "" : ": others of this account went first");
	if (r->looking > 0)
		run_fail(r, NOTIFY_RETRY, "the zone is not known in time");
	else
		run_end_late(r, text);
}

struct run *run_new(struct provider *p, size_t n)
{
	struct run *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->provider = p;
	r->works = calloc(n, sizeof(struct work *));
	if (!r->works) {
		free(r);
		return NULL;
	}
	run_send_init(r);
	ev_timer_init(&r->limit, run_late, 0., 0.);
	r->limit.data = r;
	*p->runs_end = r;
	p->runs_end = &r->next;
	return r;
}

/* Nothing is left to do: the session is given back. */
static void start_logout(struct provider *p)
{
	struct run *r = run_new(p, 1);

	if (!r) {
		engine_leave(p->engine);
		return;
	}
	r->logout = r->started = true;
	p->active++;
	p->session_valid = false;
	p->leader = r;
	r->phase = RUN_LOGOUT;
	r->batch = thing_new(SCOPE_BATCH, NULL);
	if (r->batch)
		run_next(r);
	else
		run_free(r);
}

void run_start_some(struct provider *p)
{
	struct run *r;
	bool parked;

	if (p->logout_due) {
		p->logout_due = false;
		if (p->runs)
			engine_leave(p->engine);
		else
			start_logout(p);
	}
	while ((r = find_ready(p, &parked)))
		if (parked) {
			r->parked = false;
			run_next(r);
		} else {
			run_begin(r);
		}
}

/* The zone is known: the names and all that is to be said of them. */
static int run_set_zone(struct run *r, const char *zone)
{
	const struct ptype *t = r->provider->type;
	int e = 0;

	r->zone = provider_zone(r->provider, zone ? zone : "");
	r->batch = thing_new(SCOPE_BATCH, NULL);
	if (!r->zone || !r->batch)
		return -ENOMEM;
	r->batch->up = r->zone->thing;
	for (size_t i = 0; i < r->n && e == 0; i++)
		e = thing_add_name(r->batch, t, r->works[i]->job,
				   t->zone == ZONE_NO ? NULL : zone);
	return e < 0 ? e : thing_fill_batch(r->batch, t);
}

static void run_zone_found(void *user, int status, const uint8_t *query,
			   size_t query_len, const uint8_t *data, size_t len)
{
	struct run *r = user;
	struct zone z;
	int e = status;

	r->looking = 0;
	if (e == 0)
		e = zone_from_answer(r->works[0]->job->name, query, query_len,
				     data, len, &z);
	if (e == 0)
		e = run_set_zone(r, z.name);
	if (e < 0)
		run_fail(r, NOTIFY_RETRY,
			 "the zone of the name is not known, and DNS does not "
			 "tell; set zone in its provider section");
	else
		provider_kick(r->provider);
}

/* The zone of a job, NULL: to be asked for. */
static const char *zone_of(const struct provider *p, const struct job *j)
{
	const char *zone = account_get(p->account, "zone");

	if (p->type->zone == ZONE_FIXED)
		return p->type->fixed_zone;
	if (p->type->zone == ZONE_NO)
		return "";
	if (zone)
		return zone;
	return j->zone_given ? j->zone : NULL;
}

static bool same_set(const struct job_set *a, const struct job_set *b)
{
	if (a->given != b->given || a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (!addr_equal(&a->addrs[i], &b->addrs[i]))
			return false;
	return addr_equal(&a->source, &b->source);
}

/* May both go in one run? */
static bool go_together(const struct provider *p, const struct job *a,
			const struct job *b)
{
	const char *x = zone_of(p, a), *y = zone_of(p, b);

	if (a->kind != b->kind || !x || !y || strcmp(x, y) != 0)
		return false;
	if (strcmp(a->name, b->name) == 0 || !run_same_way(a, b))
		return false;
	return p->type->batch_by != BATCH_ADDRESSES ||
	       (same_set(&a->ipv4, &b->ipv4) && same_set(&a->ipv6, &b->ipv6));
}

/* What can be said without asking anybody; NULL: nothing is wrong. */
static const char *objection(const struct provider *p, const struct job *j)
{
	const char *zone = zone_of(p, j);
	bool withdraws = (j->ipv4.given && j->ipv4.n == 0) ||
			 (j->ipv6.given && j->ipv6.n == 0);

	if (j->kind == JOB_LOOK && !p->type->type.can_look)
		return "cannot be read";
	if (j->kind == JOB_UPDATE && withdraws && !p->type->can_withdraw)
		return "cannot take an address away";
	if (zone && p->type->zone != ZONE_NO &&
	    !domain_is_within(j->name, zone))
		return "the name is not in the zone";
	return NULL;
}

struct run *run_of_works(struct provider *p, struct work *const *works,
			 size_t n, double limit_s)
{
	const struct job *j = works[0]->job;
	struct run *r = run_new(p, n);
	const char *zone = zone_of(p, j);
	int e = 0;

	if (!r) {
		struct outcome o;

		outcome_set(&o, NOTIFY_RETRY, 0, "out of memory");
		for (size_t i = 0; i < n; i++)
			work_done(works[i], &o);
		return NULL;
	}
	r->look = j->kind == JOB_LOOK;
	for (r->n = 0; r->n < n; r->n++) {
		r->works[r->n] = works[r->n];
		works[r->n]->batch = r;
	}
	r->left = n;
	ev_now_update(p->engine->loop);
	ev_timer_set(&r->limit, limit_s, 0.);
	ev_timer_start(p->engine->loop, &r->limit);
	if (zone)
		e = run_set_zone(r, zone);
	else
		e = r->looking = lookup_raw(p->engine->lookup, j->name,
					    ns_t_soa, run_zone_found, r);
	if (e < 0)
		run_fail(r, NOTIFY_RETRY, engine_error(e));
	return e < 0 ? NULL : r;
}

void run_submit(struct account *a, struct work *const *works, size_t n)
{
	struct provider *p = a->state;
	size_t i = 0;

	while (i < n) {
		const char *no = objection(p, works[i]->job);
		size_t k = i + 1;
		struct outcome o;

		if (no) {
			outcome_set(&o, NOTIFY_REFUSED, 0, "%s: %s",
				    p->type->name, no);
			work_done(works[i++], &o);
			continue;
		}
		while (k < n && k - i < p->type->batch &&
		       go_together(p, works[i]->job, works[k]->job) &&
		       !objection(p, works[k]->job))
			k++;
		(void)run_of_works(p, works + i, k - i,
				   a->timeout_ms / 1000. + LATE_S);
		i = k;
	}
	run_start_some(p);
}

void run_cancel(struct work *w)
{
	struct run *r = w->batch;
	struct provider *p = r->provider;

	w->batch = NULL;
	for (size_t i = 0; i < r->n; i++) {
		if (r->works[i] != w)
			continue;
		r->works[i] = NULL;
		r->left--;
		if (r->batch)
			run_settle(r, r->batch->below[i], NOTIFY_CANCELLED, 0,
				   "cancelled");
	}
	if (r->left > 0)
		return;
	run_release(r, false);
	run_free(r);
	provider_kick(p);
}

void run_drop_all(struct provider *p)
{
	p->leader = NULL;
	while (p->runs)
		run_free(p->runs);
}
