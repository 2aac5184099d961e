/*
 * run - jobs that go together, on their way through the steps of a type.
 */
#ifndef NOTIFY_RUN_H
#define NOTIFY_RUN_H

#include <ev.h>

#include "notify/core/resolve.h"
#include "notify/types/call.h"
#include "notify/types/provider.h"
#include "notify/types/rule.h"

enum run_phase { RUN_SESSION, RUN_ZONE, RUN_NAMES, RUN_LOGOUT };

struct run {
	struct run *next;
	struct provider *provider;
	struct work **works; /* of each name; NULL: cancelled */
	size_t n, left;
	bool started, parked; /* parked: another one leads */
	bool look, logout, restarted, alone;
	bool overtaken; /* it led, and another leads meanwhile */
	bool tries;     /* ... whether so much is taken in one request */
	bool unreached; /* by its way: of others nothing is known */
	bool listens; /* the leader reads the zone for it as well */
	struct provider_zone *zone; /* NULL: to be found out */
	char zone_name[DOMAIN_SIZE];
	int looking; /* an SOA question under way */
	struct thing *batch;

	unsigned int generation; /* of the session that it goes by */
	enum run_phase phase;
	size_t step;
	struct thing **things; /* of the step; NULL: not yet made */
	size_t n_things, at;

	/* The request. */
	struct context c;
	struct call call;
	bool calling;
	uint64_t poll_until_ms, begun_ms, first_ms;
	struct addr addrs[RESOLVE_ADDRS_MAX];
	size_t n_addrs;
	int resolving;
	double again_s;
	ev_timer again;
	struct http_exchange *exchange;
	uint64_t sent_ns;
	ev_timer limit; /* of all of it */
};

/* The acts of the type. */
void run_submit(struct account *a, struct work *const *works, size_t n);
void run_cancel(struct work *w);
/* As many as the account may have under way. */
void run_start_some(struct provider *p);
void run_drop_all(struct provider *p);
/* The leader takes long: one that goes by another way leads. */
void run_overtake(struct ev_loop *loop, ev_timer *w, int revents);

/* ---- between the files ---- */

/* The present step; NULL: none. */
const struct ptype_step *run_step(const struct run *r);
/* Goes on with whatever is next; the run may be gone after it. */
void run_next(struct run *r);
/* The present thing is through. */
void run_next_thing(struct run *r);
/* From the beginning, with what was remembered forgotten. */
void run_restart(struct run *r);
/* Every family at or below is answered so. */
void run_settle(struct run *r, struct thing *t, enum notify_status status,
		uint32_t retry_after_s, const char *text);
void run_settle_stop(struct run *r, struct thing *t, const char *text);
void run_settle_later(struct run *r, struct thing *t,
		      const struct rule_verdict *v, const char *text);
/* The outermost of what the present thing stands for. */
struct thing *run_scope(struct run *r);
/* A job that is not cancelled. */
const struct job *run_job(const struct run *r);

/* run_send.c: the present step for the present thing. */
void run_send(struct run *r);
void run_send_stop(struct run *r);
/* Sends again after ms. */
void run_send_later(struct run *r, uint64_t ms);

/* run_answer.c: may free the run. */
void run_answered(struct run *r, const struct http_answer *a);
/* Records are all there: what is to be done? */
void run_plan(struct run *r, struct thing *t);

#endif
