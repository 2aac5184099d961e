#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "net/ask.h"
#include "net/dns_msg.h"
#include "net/lookup.h"
#include "notify/core/account.h"
#include "notify/core/engine.h"
#include "notify/core/resolve.h"
#include "notify/core/zone.h"
#include "notify/rfc2136/dns_io.h"
#include "notify/rfc2136/owner.h"
#include "notify/rfc2136/reverse.h"
#include "notify/rfc2136/rfc2136.h"
#include "notify/rfc2136/update_ask.h"
#include "notify/rfc2136/update_batch.h"

#define SOA_MS 3000
#define SOA_TRIES 3
/* Before the next server is tried: after two repeats by UDP. */
#define SERVER_MS 4000

const struct job *batch_job(const struct batch *b)
{
	return b->works[0]->job;
}

/* The account's; else the zone's primary is the only one. */
static bool has_servers(const struct batch *b)
{
	return b->u->n_servers > 0 && !batch_job(b)->at_primary;
}

static size_t n_servers(const struct batch *b)
{
	return has_servers(b) ? b->u->n_servers : 1;
}

const struct update_server *batch_server(const struct batch *b)
{
	return has_servers(b) ? &b->u->servers[b->server] : &b->primary;
}

uint32_t batch_left_ms(const struct batch *b, uint32_t most_ms)
{
	uint64_t now = clock_mono_ms();

	if (now >= b->deadline_ms)
		return 0;
	return b->deadline_ms - now < most_ms
		       ? (uint32_t)(b->deadline_ms - now) : most_ms;
}

uint32_t batch_share_ms(const struct batch *b)
{
	size_t more = b->n_addrs > b->addr ? b->n_addrs - b->addr - 1 : 0;
	size_t n = b->servers_left + more;
	uint32_t left_ms = batch_left_ms(b, UINT32_MAX);

	if (n <= 1)
		return left_ms;
	left_ms /= (uint32_t)n;
	return left_ms < SERVER_MS ? left_ms : SERVER_MS;
}

bool batch_is_last_target(const struct batch *b)
{
	return b->addr + 1 >= b->n_addrs && b->servers_left <= 1;
}

const char *batch_target(struct batch *b)
{
	uint16_t port = batch_server(b)->port;
	char addr[ADDR_STRLEN];

	if (b->target[0] || b->addr >= b->n_addrs)
		return b->target;
	(void)addr_print(&b->addrs[b->addr], addr);
	if (port == UPDATE_PORT)
		(void)snprintf(b->target, sizeof(b->target), "%s", addr);
	else
		(void)snprintf(b->target, sizeof(b->target),
			       strchr(addr, ':') ? "[%s]:%u" : "%s:%u", addr,
			       port);
	return b->target;
}

void batch_free(struct batch *b)
{
	struct engine *e = b->u->engine;

	for (struct batch **p = &b->u->batches; *p; p = &(*p)->next)
		if (*p == b) {
			*p = b->next;
			break;
		}
	for (size_t i = 0; i < b->n; i++)
		b->works[i]->batch = NULL;
	ev_timer_stop(e->loop, &b->late);
	dns_io_free(b->io);
	ask_free(b->ask);
	update_ask_free(b->question);
	owner_plan_free(b->plan);
	json_decref(b->values);
	free(b->took);
	if (b->resolving > 0)
		resolve_cancel(e->resolve, b->resolving);
	if (b->looking > 0)
		lookup_cancel(e->lookup, b->looking);
	rfc2136_message_done(&b->message);
	free(b->works);
	free(b);
}

/* Answers all works and frees the batch; it may look at a shared name first. */
void batch_finish(struct batch *b, const struct outcome *o)
{
	struct outcome out = *o;

	if (batch_owners_after(b, o))
		return;
	if (b->only == AF_INET6) { /* the other one went before */
		if (b->first.status > o->status)
			out = b->first;
		else if (b->first.status == o->status &&
			 o->status == NOTIFY_REFUSED)
			out = b->whole; /* it is not the family's matter */
		out.ipv4 = b->first.status;
		out.ipv6 = o->status;
	}
	out.sent_ns = b->sent_ns;
	if (o->status != NOTIFY_DONE && !batch_job(b)->n_records)
		update_zones_forget(b->u);
	while (b->n > 0) {
		struct work *w = b->works[--b->n];

		w->batch = NULL;
		if (w->job->ptr)
			update_ptr_follow(b->u, b, w->job, &out);
		work_done(w, &out);
	}
	batch_free(b);
}

void batch_finish_error(struct batch *b, const char *what, int error)
{
	struct outcome o;

	outcome_set(&o, NOTIFY_RETRY, 0, "%s: %s", what, engine_error(error));
	batch_finish(b, &o);
}

/* The target will not do, for the reason in b->last. */
void batch_next_target(struct batch *b)
{
	b->addr++;
	if (b->addr >= b->n_addrs) {
		b->server = (b->server + 1) % n_servers(b);
		b->servers_left--;
		b->n_addrs = b->addr = 0;
	}
	rfc2136_message_done(&b->message);
	owner_plan_free(b->plan);
	b->plan = NULL;
	b->looks = 0;
	b->ptr_asked = b->has_doubt = b->soa_by_tcp = false;
	batch_step(b);
}

/*
 * Of several servers the first one's word counts, but none is final as long
 * as one of them may come to another: a secondary's refusal says nothing
 * while the primary is away.
 */
void batch_target_said(struct batch *b, const struct outcome *o)
{
	if (b->gone) { /* the job itself is done */
		batch_finish(b, &b->good);
		return;
	}
	if (!b->has_last || (b->last.status == NOTIFY_REFUSED &&
			     o->status != NOTIFY_REFUSED))
		b->last = *o;
	b->has_last = true;
	batch_next_target(b);
}

void batch_target_failed(struct batch *b, int error)
{
	struct outcome o;

	if (has_servers(b) || batch_job(b)->n_records)
		outcome_set(&o, NOTIFY_RETRY, 0, "%s: %s", batch_target(b),
			    engine_error(error));
	else
		outcome_set(&o, NOTIFY_RETRY, 0, "%s: %s (by the SOA record "
			    "%.100s is the zone's primary; if that is hidden, "
			    "server must name one)", batch_target(b),
			    engine_error(error), b->primary.host);
	batch_target_said(b, &o);
}

/* Names are asked for by others, who take all the time that they have. */
static void limit(struct batch *b,
		  void (*late)(struct ev_loop *, ev_timer *, int))
{
	ev_timer_init(&b->late, late, batch_share_ms(b) / 1000., 0.);
	b->late.data = b;
	ev_timer_start(b->u->engine->loop, &b->late);
}

/* ---- the zone ---- */

static void found_zone(struct batch *b, const struct zone *z)
{
	if (batch_job(b)->n_records && !reverse_zone_is_local(z->name)) {
		struct outcome o;

		outcome_set(&o, NOTIFY_REFUSED, 0, "its zone %s is a "
			    "registry's", *z->name ? z->name : ".");
		batch_finish(b, &o);
		return;
	}
	if (!b->zone_known) {
		memcpy(b->zone, z->name, sizeof(b->zone));
		if (!batch_job(b)->n_records)
			update_zone_keep(b->u, batch_job(b)->name, b->zone);
	}
	b->zone_known = true;
	if (!has_servers(b)) {
		memcpy(b->primary.host, z->primary, sizeof(b->primary.host));
		b->primary.port = UPDATE_PORT;
		b->primary_known = true;
	}
	batch_step(b);
}

static void ask_resolver(struct batch *b);

static void batch_looked(void *user, int status, const uint8_t *query,
			 size_t query_len, const uint8_t *data, size_t len)
{
	struct batch *b = user;
	const char *parent = domain_parent(b->soa_name);
	struct zone z;

	b->looking = 0;
	ev_timer_stop(b->u->engine->loop, &b->late);
	if (status == 0)
		status = zone_from_answer(b->soa_name, query, query_len, data,
					  len, &z);
	if (status == 0) {
		found_zone(b, &z);
	} else if (status == -ENOENT && parent && *parent) {
		/* A CNAME may hide the name's own zone. */
		memmove(b->soa_name, parent, strlen(parent) + 1);
		ask_resolver(b);
	} else {
		char what[DOMAIN_SIZE + 32];

		(void)snprintf(what, sizeof(what), "the zone of %s not found",
			       batch_job(b)->name);
		batch_finish_error(b, what, status);
	}
}

static void batch_looks_late(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct batch *b = w->data;

	(void)loop;
	(void)revents;
	lookup_cancel(b->u->engine->lookup, b->looking);
	batch_looked(b, -ETIMEDOUT, NULL, 0, NULL, 0);
}

static void ask_resolver(struct batch *b)
{
	b->looking = lookup_raw(b->u->engine->lookup, b->soa_name, DNS_SOA,
				batch_looked, b);
	if (b->looking < 0)
		batch_finish_error(b, "the zone cannot be asked for", b->looking);
	else
		limit(b, batch_looks_late);
}

static void batch_asked(void *user, int status, const uint8_t *data,
			size_t len)
{
	struct batch *b = user;
	struct zone z;

	if (status == 0)
		status = zone_from_answer(batch_job(b)->name, b->query,
					  b->query_len, data, len, &z);
	ask_free(b->ask);
	b->ask = NULL;
	if (status == 0) {
		found_zone(b, &z);
	} else if (status == -ENOENT || status == -EACCES ||
		   status == -EBADMSG) {
		ask_resolver(b); /* it answers, but not this */
	} else if (status == -ETIMEDOUT && !b->soa_by_tcp) {
		b->soa_by_tcp = true;
		batch_step(b);
	} else {
		batch_target_failed(b, status);
	}
}

static void ask_target(struct batch *b)
{
	const char *name = batch_job(b)->name;
	uint32_t half_ms = batch_share_ms(b) / 2;
	struct ask_question q = {
		.server = b->addrs[b->addr], .port = batch_server(b)->port,
		.query = b->query, .tries = SOA_TRIES, .tcp = b->soa_by_tcp,
		.timeout_ms = half_ms < SOA_MS ? half_ms : SOA_MS,
	};
	int r = dns_query_build(name, DNS_SOA, DNS_IN,
				(uint16_t)clock_random(), false, false, 0,
				b->query);

	if (r > 0) {
		b->query_len = q.query_len = (size_t)r;
		r = engine_egress(b->u->engine, batch_job(b), &q.server,
				  &q.egress);
	}
	if (r == 0)
		r = ask_start(b->u->engine->loop, &q, batch_asked, b, &b->ask);
	if (r < 0)
		batch_target_failed(b, r);
}

/* ---- the server ---- */

static void batch_resolved(void *user, int status, const struct addr *addrs,
			   size_t n, uint32_t ttl_s)
{
	struct batch *b = user;

	(void)ttl_s;
	b->resolving = 0;
	ev_timer_stop(b->u->engine->loop, &b->late);
	if (status < 0) {
		(void)snprintf(b->target, sizeof(b->target), "%.40s",
			       batch_server(b)->host);
		batch_target_failed(b, status);
		return;
	}
	b->n_addrs = n < RESOLVE_ADDRS_MAX ? n : RESOLVE_ADDRS_MAX;
	memcpy(b->addrs, addrs, b->n_addrs * sizeof(*addrs));
	batch_step(b);
}

static void batch_resolves_late(struct ev_loop *loop, ev_timer *w,
				int revents)
{
	struct batch *b = w->data;

	(void)loop;
	(void)revents;
	resolve_cancel(b->u->engine->resolve, b->resolving);
	batch_resolved(b, -ETIMEDOUT, NULL, 0, 0);
}

/* True where the target's address is known; else a question is under way. */
static bool have_target(struct batch *b)
{
	const struct update_server *s = batch_server(b);
	struct engine *e = b->u->engine;

	if (b->n_addrs == 0)
		b->n_addrs = resolve_now(e->resolve, batch_job(b), s->host,
					 b->addrs);
	if (b->n_addrs == 0) {
		b->resolving = resolve_ask(e->resolve, s->host, batch_resolved,
					   b);
		if (b->resolving < 0)
			batch_finish_error(b, s->host, b->resolving);
		else
			limit(b, batch_resolves_late);
		return false;
	}
	b->target[0] = '\0';
	return true;
}

void batch_step(struct batch *b)
{
	if (!has_servers(b) && !b->primary_known) {
		memcpy(b->soa_name, b->zone_known && *b->zone
					    ? b->zone : batch_job(b)->name,
		       sizeof(b->soa_name));
		ask_resolver(b);
	} else if (b->servers_left == 0 || batch_left_ms(b, 1) == 0) {
		if (!b->has_last)
			outcome_set(&b->last, NOTIFY_RETRY, 0,
				    "no answer in time");
		batch_finish(b, b->gone ? &b->good : &b->last);
	} else if (!have_target(b)) {
		return;
	} else if (!b->zone_known) {
		ask_target(b);
	} else if (batch_job(b)->kind == JOB_LOOK) {
		batch_look(b);
	} else if (batch_job(b)->ptr_to && !b->ptr_asked) {
		batch_ask_ptr(b);
	} else if (batch_job(b)->owner[0] && !b->plan) {
		batch_ask_owners(b);
	} else {
		batch_send(b);
	}
}

static void start_failed(struct work *const *works, size_t n)
{
	struct outcome o;

	outcome_set(&o, NOTIFY_RETRY, 0, "out of memory");
	for (size_t i = 0; i < n; i++)
		work_done(works[i], &o);
}

void batch_start(struct update *u, struct work *const *works, size_t n,
		 const char *zone, unsigned int budget)
{
	struct batch *b = calloc(1, sizeof(*b));

	if (b)
		b->works = calloc(n, sizeof(struct work *));
	if (!b || !b->works) {
		free(b);
		start_failed(works, n);
		return;
	}
	memcpy(b->works, works, n * sizeof(struct work *));
	b->n = n;
	b->u = u;
	b->budget = budget;
	b->deadline_ms = clock_mono_ms() + u->account->timeout_ms;
	b->server = has_servers(b) ? update_first_server(u) : 0;
	b->servers_left = n_servers(b);
	if (zone) {
		(void)snprintf(b->zone, sizeof(b->zone), "%s", zone);
		b->zone_known = true;
	}
	for (size_t i = 0; i < n; i++)
		works[i]->batch = b;
	b->next = u->batches;
	u->batches = b;
	batch_step(b);
}

void batch_forget(struct batch *b, struct work *w)
{
	for (size_t i = 0; i < b->n; i++)
		if (b->works[i] == w) {
			b->works[i] = b->works[--b->n];
			break;
		}
	w->batch = NULL;
	if (b->n == 0)
		batch_free(b);
}
