#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "net/route.h"
#include "notify/core/account.h"
#include "notify/core/engine.h"
#include "notify/core/resolve.h"
#include "notify/rfc2136/rfc2136.h"
#include "notify/rfc2136/update.h"
#include "notify/rfc2136/update_batch.h"

/* Works that may be sent apart because one of them spoils a message. */
#define APART_BUDGET 40
#define ZONES_MAX 4096
/* So long the first server is not waited for, after it failed. */
#define GOOD_MS 60000

struct update_zone {
	struct update_zone *next;
	char *name, *zone;
};

const char *update_zone_known(const struct update *u, const char *name)
{
	for (const struct update_zone *z = u->zones; z; z = z->next)
		if (strcmp(z->name, name) == 0)
			return z->zone;
	return NULL;
}

static void zone_free(struct update_zone *z)
{
	free(z->name);
	free(z->zone);
	free(z);
}

void update_zone_keep(struct update *u, const char *name, const char *zone)
{
	struct update_zone *z;
	size_t n = 0;

	for (z = u->zones; z; z = z->next)
		n++;
	if (n >= ZONES_MAX || update_zone_known(u, name))
		return;
	z = calloc(1, sizeof(*z));
	if (!z)
		return;
	z->name = str_dup(name);
	z->zone = str_dup(zone);
	if (!z->name || !z->zone) {
		zone_free(z);
		return;
	}
	z->next = u->zones;
	u->zones = z;
}

void update_zones_forget(struct update *u)
{
	while (u->zones) {
		struct update_zone *z = u->zones;

		u->zones = z->next;
		zone_free(z);
	}
}

size_t update_first_server(const struct update *u)
{
	/* The first one needs no look at the clock. */
	return u->good_server && clock_mono_ms() < u->good_until_ms
		       ? u->good_server : 0;
}

void update_server_is_good(struct update *u, size_t server)
{
	if (server && server != update_first_server(u))
		u->good_until_ms = clock_mono_ms() + GOOD_MS;
	if (server || u->good_server)
		u->good_server = server;
}

static const char *zone_of(const struct update *u, const struct job *j)
{
	if (j->n_records)
		return NULL; /* a reverse name: never in the account's zone */
	if (j->zone_given)
		return j->zone;
	return u->zone ? u->zone : update_zone_known(u, j->name);
}

static bool has_room(struct rfc2136_size *size, const struct job *j)
{
	struct rfc2136_change c = { .name = j->name, .ipv4 = &j->ipv4,
				    .ipv6 = &j->ipv6 };

	return rfc2136_size_add(size, &c);
}

/* May both leave in one message, from the same place? */
static bool fits(const struct update *u, const struct job *a,
		 const struct job *b)
{
	const char *za = zone_of(u, a), *zb = zone_of(u, b);

	/* A shared name and one that must be there need a message each. */
	if (a->kind == JOB_LOOK || b->kind == JOB_LOOK || a->ptr_only ||
	    b->ptr_only)
		return false;
	if (a->owner[0] || b->owner[0] || a->no_create || b->no_create)
		return false;
	return za && zb && strcmp(za, zb) == 0 &&
	       addr_equal(&a->ipv4.source, &b->ipv4.source) &&
	       addr_equal(&a->ipv6.source, &b->ipv6.source) &&
	       strcmp(a->interface, b->interface) == 0 && a->mark == b->mark;
}

static void start(struct update *u, struct work *const *works, size_t n,
		  const char *zone)
{
	if (works[0]->job->ptr_only)
		update_ptr_check(u, works[0]);
	else
		batch_start(u, works, n, zone, APART_BUDGET);
}

/*
 * Takes the first work and all that fit with it out of left, into a batch.
 * Returns how many are left.
 */
static size_t submit_some(struct update *u, struct work **left, size_t n,
			  struct work **group)
{
	const struct job *first = left[0]->job;
	const char *zone = zone_of(u, first);
	struct rfc2136_size size;
	size_t grouped = 0, kept = 0;

	rfc2136_size_start(&size, zone ? zone : "");
	for (size_t i = 0; i < n; i++) {
		bool room = (i == 0 || fits(u, first, left[i]->job)) &&
			    has_room(&size, left[i]->job);

		if (i == 0 || room)
			group[grouped++] = left[i];
		else
			left[kept++] = left[i];
	}
	start(u, group, grouped, zone);
	return kept;
}

void update_submit(struct update *u, struct work *const *works, size_t n)
{
	struct work **left, **group;

	if (n == 1) { /* the way of most updates: nothing to sort */
		start(u, works, 1, zone_of(u, works[0]->job));
		return;
	}
	left = calloc(n, sizeof(struct work *));
	group = calloc(n, sizeof(struct work *));
	if (left && group) {
		memcpy(left, works, n * sizeof(struct work *));
		while (n > 0)
			n = submit_some(u, left, n, group);
	} else {
		struct outcome o;

		outcome_set(&o, NOTIFY_RETRY, 0, "out of memory");
		for (size_t i = 0; i < n; i++)
			work_done(works[i], &o);
	}
	free(left);
	free(group);
}

void update_cancel(struct work *w)
{
	if (w->job->ptr_only)
		update_ptr_cancel(w);
	else
		batch_forget(w->batch, w);
}

void update_prepare(struct update *u)
{
	struct addr addrs[RESOLVE_ADDRS_MAX];
	bool by_default;

	if (u->n_servers > 0 &&
	    resolve_now(u->engine->resolve, NULL, u->servers[0].host, addrs) >
		    0)
		dns_io_spare_make(&u->spare, addrs[0].family, u->device);
	for (size_t i = 0; i < u->n_servers; i++)
		if (resolve_now(u->engine->resolve, NULL, u->servers[i].host,
				addrs) == 0)
			resolve_prepare(u->engine->resolve,
					u->servers[i].host);
		else /* a rehearsal: what was not used for long is cold */
			(void)route_is_default(u->engine->route, &addrs[0], 0,
					       &by_default);
	rfc2136_warm(u->has_key ? &u->key : NULL);
}

void update_done(struct update *u)
{
	while (u->batches)
		batch_free(u->batches);
	update_ptrs_drop(u);
	dns_io_spare_done(&u->spare);
	update_zones_forget(u);
	tsig_key_done(&u->key);
}
