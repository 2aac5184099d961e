#include "config.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "base/clock.h"
#include "net/lookup.h"
#include "resolver/op.h"
#include "resolver/reflector.h"
#include "resolver/resolver.h"
#include "resolver/zone.h"

#define DNS_PORT   53
#define TIMEOUT_MS 2000 /* where the options say nothing */
#define TRIES	   3

/* Questions to name servers that are under way at once. */
#define ASKED_MOST 64
/* Names at once: one that asks takes some KiB for each of its servers. */
#define CHECKS_MOST 64

int op_enter(struct resolver *r, struct op *op, op_free_fn *op_free)
{
	r->last_id = r->last_id == INT_MAX ? 1 : r->last_id + 1;
	op->id = r->last_id;
	op->resolver = r;
	op->free = op_free;
	op->next = r->ops;
	r->ops = op;
	return op->id;
}

void op_leave(struct op *op)
{
	struct op **at = &op->resolver->ops;

	while (*at && *at != op)
		at = &(*at)->next;
	if (*at)
		*at = op->next;
}

void resolver_cancel(struct resolver *r, int id)
{
	struct op *op = r ? r->ops : NULL;

	while (op && op->id != id)
		op = op->next;
	if (!op)
		return;
	op_leave(op);
	op->free(op);
}

int resolver_reflector_check(const char *text)
{
	struct reflector r;

	return reflector_parse(text, &r);
}

void resolver_rest(struct resolver *r, const char *key, unsigned int failures,
		   int64_t until_s)
{
	rest_restore(&r->rest, key, failures, until_s, clock_wall_s());
}

int resolver_new(struct ev_loop *loop, const struct resolver_options *o,
		 struct resolver **ret)
{
	struct lookup_options lo = {
		.servers = o->servers,
		.n_servers = o->n_servers,
		.timeout_ms = o->timeout_ms ? o->timeout_ms : TIMEOUT_MS,
		.tries = o->tries ? o->tries : TRIES,
		.changed = o->changed,
		.user = o->user,
	};
	struct zones_options zo = {
		.route = o->route,
		.timeout_ms = lo.timeout_ms,
		.tries = lo.tries,
		.port = DNS_PORT,
	};
	struct resolver *r = calloc(1, sizeof(*r));
	int rc;

	if (!r)
		return -ENOMEM;
	gate_init(&r->gate, ASKED_MOST);
	gate_init(&r->checks, CHECKS_MOST);
	zo.gate = &r->gate;
	r->loop = loop;
	r->route = o->route;
	r->timeout_ms = lo.timeout_ms;
	r->tries = lo.tries;
	r->fetcher = o->fetcher;
	r->rests = o->rests;
	r->rests_user = o->user;
	rc = lookup_new(loop, &lo, &r->lookup);
	if (rc == 0) {
		zo.lookup = r->lookup;
		rc = zones_new(loop, &zo, &r->zones);
	}
	if (rc < 0) {
		resolver_free(r);
		return rc;
	}
	*ret = r;
	return 0;
}

void resolver_free(struct resolver *r)
{
	if (!r)
		return;
	r->gate.most = 0; /* nobody's turn comes any more */
	r->checks.most = 0;
	while (r->ops)
		resolver_cancel(r, r->ops->id);
	zones_free(r->zones);
	lookup_free(r->lookup);
	gate_done(&r->gate);
	gate_done(&r->checks);
	rest_done(&r->rest);
	free(r);
}
