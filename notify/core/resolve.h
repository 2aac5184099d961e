/*
 * resolve - addresses of the hosts that updates go to: what the job knows,
 * what was found before, and then net/lookup.
 */
#ifndef NOTIFY_RESOLVE_H
#define NOTIFY_RESOLVE_H

#include "net/lookup.h"
#include "notify/core/job.h"

/* Most addresses kept of one host. */
#define RESOLVE_ADDRS_MAX 8

struct resolve;

/* 0 or -ENOMEM. lookup is borrowed. */
int resolve_new(struct lookup *lookup, struct resolve **ret);
/* No callback follows. */
void resolve_free(struct resolve *r);

/*
 * What is known at once: an address literal, a hint of the job (may be
 * NULL), or what was found not too long ago. Returns how many.
 */
size_t resolve_now(struct resolve *r, const struct job *job, const char *host,
		   struct addr out[RESOLVE_ADDRS_MAX]);

/*
 * Contract of lookup_addrs(). Where nobody can say now, what was found
 * before is the answer, however old.
 */
int resolve_ask(struct resolve *r, const char *host, lookup_addrs_fn *done,
		void *user);
/* Ahead of need: resolve_now() will know it, if anybody does. */
void resolve_prepare(struct resolve *r, const char *host);
void resolve_cancel(struct resolve *r, int id);

#endif
