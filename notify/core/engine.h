/*
 * engine - what a provider type works with inside evddns-notify.
 */
#ifndef NOTIFY_ENGINE_H
#define NOTIFY_ENGINE_H

#include <stdbool.h>

#include <jansson.h>

#include "base/addr.h"
#include "net/egress.h"
#include "notify/core/job.h"

struct account;
struct desk;
struct ev_loop;
struct http;
struct lookup;
struct resolve;
struct route;

struct engine {
	struct ev_loop *loop;
	struct lookup *lookup;
	struct resolve *resolve;
	struct route *route;
	struct http *http;
	int ioctl_fd; /* a socket to ask about interfaces; -1: none */
	bool trace;   /* requests and answers go to standard error */
	bool dry_run; /* requests are made, but not sent */
	unsigned int busy; /* reasons to stay though no job is left */
	void (*idle)(void *user); /* called when there is none any more */
	void *idle_user;
	/* A request of the account's limits is taken; NULL: nobody counts. */
	void (*spent)(void *user, const struct account *a);
	void *spent_user;
};

void engine_stay(struct engine *e);
void engine_leave(struct engine *e);

/* A job on its way. */
struct work {
	struct job *job;
	struct account *account;
	struct desk *desk;
	struct work *next, *before; /* the desk's */
	void *batch;       /* the type's; NULL: not with it */
	/* The desk's, or a type's own for what it does besides. */
	void (*done)(struct work *w, const struct outcome *o, json_t *values);
};

/* Answers the job and frees the work. */
void work_done(struct work *w, const struct outcome *o);
/* The same for a look: values is an object, taken over. */
void work_done_look(struct work *w, const struct outcome *o, json_t *values);

/*
 * How a job's traffic to dst leaves: its source of that family, interface
 * and mark, as far as egress_for() lets them count; by the mark alone where
 * its source is of the other family. 0, or -ENODEV where the interface is not
 * there.
 */
int engine_egress(const struct engine *e, const struct job *j,
		  const struct addr *dst, struct egress *ret);
/* Exactly as the job says, whatever the route. */
int engine_egress_exact(const struct engine *e, const struct job *j,
			const struct addr *dst, struct egress *ret);

/* The same in fewer calls: -ENODEV comes from egress_apply() then. */
void engine_egress_by_name(const struct engine *e, const struct job *j,
			   const struct addr *dst, struct egress *ret);

/* For people: one line that says why nothing went on the wire. */
const char *engine_error(int error);

/* A block of text on standard error, below a heading. */
void engine_trace(const char *heading, const char *text);

#endif
