#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "net/lookup.h"
#include "notify/types/run.h"
#include "notify/types/run_inside.h"

const struct ptype_step *run_step(const struct run *r)
{
	return &r->provider->type->steps[r->step];
}

const struct job *run_job(const struct run *r)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->works[i])
			return r->works[i]->job;
	return NULL;
}

struct thing *run_scope(struct run *r)
{
	return r->c.thing->scope <= SCOPE_BATCH ? r->batch : r->c.thing;
}

struct settling {
	enum notify_status status;
	uint32_t retry_after_s;
	bool stop, unclassified;
	const char *text;
};

static void settle_family(void *user, struct thing *t)
{
	const struct settling *s = user;

	t->settled = t->answered = true;
	t->result = s->status;
	t->stop = s->stop;
	t->unclassified = s->unclassified;
	t->retry_after_s = s->retry_after_s;
	(void)snprintf(t->text, sizeof(t->text), "%s", s->text);
}

void run_settle(struct run *r, struct thing *t, enum notify_status status,
		uint32_t retry_after_s, const char *text)
{
	struct settling s = { .status = status, .text = text,
			      .retry_after_s = retry_after_s };

	(void)r;
	thing_each_family(t, settle_family, &s);
}

void run_settle_stop(struct run *r, struct thing *t, const char *text)
{
	struct settling s = { .status = NOTIFY_REFUSED, .stop = true,
			      .text = text };

	(void)r;
	thing_each_family(t, settle_family, &s);
}

void run_settle_later(struct run *r, struct thing *t,
		      const struct rule_verdict *v, const char *text)
{
	struct settling s = { .status = NOTIFY_RETRY, .text = text,
			      .unclassified = v->unknown,
			      .retry_after_s = v->wait_s };

	(void)r;
	thing_each_family(t, settle_family, &s);
}

void run_settle_alike(struct run *r, const struct thing *family)
{
	struct settling s = { .status = family->result,
			      .stop = family->stop,
			      .unclassified = family->unclassified,
			      .retry_after_s = family->retry_after_s,
			      .text = family->text };

	thing_each_family(r->batch, settle_family, &s);
}

/* ---- the way through the steps ---- */

static void unlink_run(struct run *r)
{
	struct provider *p = r->provider;
	struct run **at = &p->runs;

	while (*at && *at != r)
		at = &(*at)->next;
	if (*at)
		*at = r->next;
	if (p->runs_end == &r->next)
		p->runs_end = at;
}

void run_free(struct run *r)
{
	struct provider *p = r->provider;

	unlink_run(r);
	run_send_stop(r);
	ev_timer_stop(p->engine->loop, &r->limit);
	if (r->looking > 0)
		lookup_cancel(p->engine->lookup, r->looking);
	if (r->started)
		p->active--;
	if (p->leader == r) {
		run_list_end(r, false);
		p->leader = NULL;
	}
	if (r->logout)
		engine_leave(p->engine);
	for (size_t i = 0; i < r->n; i++)
		if (r->works[i])
			r->works[i]->batch = NULL;
	free(r->works);
	free(r->things);
	thing_free(r->batch);
	free(r);
}

static void run_finish(struct run *r)
{
	struct provider *p = r->provider;
	bool logout = r->logout;

	/* Whoever leads at its end has found out for the others, too. */
	run_release(r, r->phase != RUN_LOGOUT && !r->tries);
	run_end_keep_ids(r);
	run_end_answer(r);
	run_free(r);
	if (logout)
		(void)json_object_clear(p->session->vars);
	else if (!p->runs && p->type->has_logout && p->session_valid)
		engine_stay(p->engine), p->logout_due = true;
	provider_kick(p);
}

void run_end_late(struct run *r, const char *text)
{
	r->unreached = true;
	run_settle(r, r->batch, NOTIFY_RETRY, 0, text);
	run_finish(r);
}

static bool is_of_phase(const struct run *r, const struct ptype_step *s)
{
	switch (s->scope) {
	case SCOPE_SESSION:
		return r->phase == RUN_SESSION;
	case SCOPE_ZONE:
		return r->phase == RUN_ZONE;
	case SCOPE_LOGOUT:
		return r->phase == RUN_LOGOUT;
	case SCOPE_BATCH:
	case SCOPE_NAME:
	case SCOPE_FAMILY:
	case SCOPE_ADDRESS:
	case SCOPE_UPDATE:
	case SCOPE_CREATE:
	case SCOPE_DELETE:
	case SCOPE_MERGED:
	case SCOPE_N:
	default:
		return r->phase == RUN_NAMES && (!r->look || s->reads);
	}
}

static bool phase_is_done(struct run *r)
{
	if (r->phase == RUN_SESSION)
		return provider_session_is_valid(r->provider);
	return r->phase == RUN_ZONE && r->zone->valid;
}

static void session_is_there(struct provider *p)
{
	json_t *v = json_object_get(p->session->vars, "expires");
	uint32_t s = 0;

	p->session_valid = true;
	p->generation++;
	p->session_until_ms = 0;
	if (json_is_integer(v) && json_integer_value(v) > 0)
		s = (uint32_t)json_integer_value(v);
	else if (json_is_string(v))
		(void)str_to_u32(json_string_value(v), UINT32_MAX, &s);
	/* A tenth earlier: it has to last for what follows. */
	if (s > 0)
		p->session_until_ms = clock_mono_ms() + s * 900ULL;
	provider_hide(p, p->session);
}

/* false: there is none after it. */
static bool next_phase(struct run *r)
{
	struct provider *p = r->provider;

	r->step = 0;
	switch (r->phase) {
	case RUN_SESSION:
		if (p->leader == r ||
		    (r->overtaken && !provider_session_is_valid(p)))
			session_is_there(p);
		r->overtaken = false;
		r->phase = RUN_ZONE;
		return true;
	case RUN_ZONE:
		if (p->leader == r || r->overtaken)
			r->zone->valid = true;
		r->overtaken = false;
		run_release(r, false);
		r->generation = p->generation;
		r->phase = RUN_NAMES;
		return true;
	case RUN_NAMES:
	case RUN_LOGOUT:
	default:
		return false;
	}
}

/* What the step is run for; all records of them may be remembered. */
static int make_things(struct run *r)
{
	const struct ptype_step *s = run_step(r);

	r->at = 0;
	if (r->phase == RUN_NAMES)
		return thing_collect(r->batch, s->scope, &r->things,
				     &r->n_things);
	r->things = calloc(1, sizeof(struct thing *));
	if (!r->things)
		return -ENOMEM;
	r->things[0] = r->phase == RUN_ZONE ? r->zone->thing
					    : r->provider->session;
	r->n_things = 1;
	return 0;
}

static void find_uncached(void *user, struct thing *family)
{
	*(bool *)user |= !family->cached;
}

/* The step reads records, and all of them are remembered. */
static bool is_remembered(struct run *r, struct thing *t)
{
	bool uncached = false;

	if (!run_step(r)->records.given || r->look)
		return false;
	thing_each_family(t, find_uncached, &uncached);
	return !uncached;
}

/* At a thing of the step: sends for it, unless there is no need. */
static bool begin_thing(struct run *r)
{
	struct thing *t = r->things[r->at];
	const struct ptype_step *s = run_step(r);

	r->c = (struct context){ .type = r->provider->type, .step = s,
				 .account = r->provider->account,
				 .thing = t, .page = 1 };
	r->poll_until_ms = 0;
	if (r->phase == RUN_NAMES && thing_is_settled(t))
		return false;
	if (!context_holds(&r->c, &s->when))
		return false;
	if (is_remembered(r, t)) {
		run_plan(r, t);
		return false;
	}
	if (run_list_is(r)) {
		if (!run_lead(r))
			return true;
		run_list_begin(r);
	}
	if (run_size_holds(r))
		return true;
	if (s->records.given)
		thing_each_family(t, run_forget_records, NULL);
	run_send(r);
	return true;
}

static void drop_things(struct run *r)
{
	free(r->things);
	r->things = NULL;
	r->n_things = r->at = 0;
}

void run_next_thing(struct run *r)
{
	r->at++;
	run_next(r);
}

void run_next(struct run *r)
{
	const struct ptype *p = r->provider->type;

	for (;;) {
		if (r->phase != RUN_LOGOUT && thing_is_settled(r->batch))
			break;
		if (r->things && r->at < r->n_things) {
			if (begin_thing(r))
				return;
			r->at++;
			continue;
		}
		if (r->things) {
			drop_things(r);
			r->step++;
		} else if (r->step >= p->n_steps || phase_is_done(r)) {
			if (!next_phase(r))
				break;
		} else if (!is_of_phase(r, run_step(r))) {
			r->step++;
		} else {
			if ((r->phase == RUN_SESSION ||
			     r->phase == RUN_ZONE) && !run_lead(r))
				return;
			if (make_things(r) < 0) {
				run_settle(r, r->batch, NOTIFY_RETRY, 0,
					   "out of memory");
				break;
			}
		}
	}
	run_finish(r);
}

void run_restart(struct run *r)
{
	drop_things(r);
	r->restarted = true;
	r->overtaken = r->tries = false;
	r->step = 0;
	run_release(r, false);
	for (size_t i = 0; i < r->batch->n_below; i++)
		for (size_t k = 0; k < r->batch->below[i]->n_below; k++) {
			struct thing *f = r->batch->below[i]->below[k];

			if (!f->settled)
				f->answered = false;
			run_forget_records(NULL, f);
		}
	r->phase = RUN_SESSION;
	run_next(r);
}
