#include "config.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <ev.h>

#include "base/clock.h"
#include "base/keep.h"
#include "net/dns_msg.h"
#include "net/lookup.h"
#include "resolver/probe.h"
#include "resolver/zone.h"
#include "resolver/zone_read.h"

/*
 * One name asked about: through DNS, or at a listed set. Its search goes
 *
 *	through DNS:  SOA of the name, or of those above it -> NS set
 *	listed:       the set's addresses -> SOA from all of them at once
 */
struct zone_name {
	struct zone_name *next;
	struct zones *zones;
	char *name;
	struct server_set *listed; /* NULL: through DNS */
	char *zone;                /* NULL: not known */
	struct server_set *set;    /* NULL: not known */
	uint64_t fresh_until_ns;   /* zone's */
	struct waiter *waiters;

	bool searching;
	const char *asked; /* name, or what is above it: points into it */
	int soa_id;        /* of the lookup; 0: none under way */
	struct waiter waits; /* for the set */
	struct egress egress;
	struct zone_probe *probes;
	size_t n_probes, n_left;
	bool above; /* a listed server wants to be asked for the name above */
};

struct zone_probe {
	struct probe probe;
	struct zone_name *of;
};

#define NAMES_FIRST 16

struct zones {
	struct ev_loop *loop;
	struct zones_options options;
	struct servers *servers;
	struct zone_name **names; /* by hash of the name */
	size_t n_buckets, n_names;
};

static void probes_stop(struct zone_name *n)
{
	for (size_t i = 0; i < n->n_probes; i++)
		probe_stop(&n->probes[i].probe);
	free(n->probes);
	n->probes = NULL;
	n->n_probes = 0;
}

static void search_end(struct zone_name *n, int status)
{
	n->searching = false;
	probes_stop(n);
	if (status < 0 || !n->zone)
		n->fresh_until_ns = servers_fresh_until_ns(0);
	waiter_tell(&n->waiters, status);
}

static void search_set_told(struct waiter *w, int status)
{
	struct zone_name *n = (struct zone_name *)((char *)w -
				offsetof(struct zone_name, waits));

	/* What could not be refreshed still serves. */
	search_end(n, n->set->n > 0 ? 0 : status);
}

static int zone_take(struct zone_name *n, const char *zone, uint32_t ttl_s)
{
	char *copy = keep_text(zone);

	if (!copy)
		return -ENOMEM;
	keep_text_free(n->zone);
	n->zone = copy;
	n->fresh_until_ns = servers_fresh_until_ns(ttl_s);
	return 0;
}

/* ---- through DNS ---- */

/* The zone is known: its servers, which another name may have found. */
static int search_set(struct zone_name *n)
{
	struct zones *z = n->zones;

	n->set = servers_of_zone(z->servers, n->zone);
	if (!n->set)
		return -ENOMEM;
	if (n->set->n == 0)
		return server_set_refresh(z->servers, n->set, &n->waits);
	if (!server_set_is_fresh(n->set))
		(void)server_set_refresh(z->servers, n->set, NULL);
	search_end(n, 0);
	return 0;
}

static void search_soa_done(void *user, int status, const uint8_t *query,
			    size_t query_len, const uint8_t *data, size_t len);

static int search_soa(struct zone_name *n)
{
	int r;

	if (!n->asked || n->asked[0] == '\0')
		return -ENOENT;
	r = lookup_raw(n->zones->options.lookup, n->asked, DNS_SOA,
		       search_soa_done, n);
	if (r < 0)
		return r;
	n->soa_id = r;
	return 0;
}

static void search_soa_done(void *user, int status, const uint8_t *query,
			    size_t query_len, const uint8_t *data, size_t len)
{
	struct zone_message m = { query, query_len, data, len };
	char zone[DNS_NAME_SIZE];
	struct zone_name *n = user;
	uint32_t ttl_s = 0;

	n->soa_id = 0;
	if (status == 0)
		status = zone_read_soa(&m, n->asked, false, zone, &ttl_s);
	if (status == -EAGAIN) {
		n->asked = zone_above(n->asked);
		status = search_soa(n);
	} else if (status == 0) {
		status = zone_take(n, zone, ttl_s);
		if (status == 0)
			status = search_set(n);
	}
	if (status < 0)
		search_end(n, status);
}

/* ---- at listed servers ---- */

static int probes_start(struct zone_name *n);

/* None of them told the zone: the check itself does not need it. */
static void probes_end(struct zone_name *n)
{
	probes_stop(n);
	if (n->above) {
		n->asked = zone_above(n->asked);
		if (n->asked && n->asked[0] != '\0' && probes_start(n) == 0)
			return;
	}
	search_end(n, 0);
}

static void probe_answered(void *user, const struct probe_reply *reply)
{
	struct zone_probe *p = user;
	struct zone_name *n = p->of;
	struct zone_message m = { reply->query, reply->query_len, reply->data,
				  reply->len };
	char zone[DNS_NAME_SIZE];
	uint32_t ttl_s = 0;
	int r = reply->status;

	n->n_left--;
	if (r == 0)
		r = zone_read_soa(&m, n->asked, true, zone, &ttl_s);
	if (r == -EAGAIN)
		n->above = true;
	if (r == 0 && zone_take(n, zone, ttl_s) == 0) {
		search_end(n, 0);
		return;
	}
	if (n->n_left == 0)
		probes_end(n);
}

/* Asks all of the set at once; the first good answer does. */
static int probes_start(struct zone_name *n)
{
	const struct zones_options *o = &n->zones->options;
	struct probe_question q = {
		.name = n->asked, .type = DNS_SOA, .class = DNS_IN,
		.egress = n->egress, .choose = true, .route = o->route,
		.gate = o->gate, .timeout_ms = o->timeout_ms,
		.tries = o->tries,
	};

	n->above = false;
	n->n_left = 0;
	n->probes = calloc(n->set->n, sizeof(*n->probes));
	if (!n->probes)
		return -ENOMEM;
	n->n_probes = n->set->n;
	for (size_t i = 0; i < n->n_probes; i++) {
		n->probes[i].of = n;
		q.server = n->set->items[i].addr;
		q.port = n->set->items[i].port;
		if (probe_start(&n->probes[i].probe, n->zones->loop, &q,
				probe_answered, &n->probes[i]) == 0)
			n->n_left++;
	}
	return n->n_left > 0 ? 0 : -EINVAL;
}

static void search_listed_told(struct waiter *w, int status)
{
	struct zone_name *n = (struct zone_name *)((char *)w -
				offsetof(struct zone_name, waits));

	if (status == 0) {
		n->set = n->listed;
		status = probes_start(n);
	}
	if (status < 0)
		search_end(n, status);
}

static int search_listed(struct zone_name *n)
{
	n->waits.told = search_listed_told;
	if (!server_set_is_fresh(n->listed))
		return server_set_refresh(n->zones->servers, n->listed,
					  &n->waits);
	n->set = n->listed;
	return probes_start(n);
}

/* ---- */

static int search_begin(struct zone_name *n, const struct egress *egress)
{
	int r;

	n->asked = n->name;
	n->egress = *egress;
	if (n->listed) {
		r = search_listed(n);
	} else {
		n->waits.told = search_set_told;
		r = search_soa(n);
	}
	n->searching = r == 0;
	return r;
}

/* ---- names ---- */

/* FNV-1a, 32 bits; of names that differ in case only it is the same. */
static uint32_t name_hash(const char *name)
{
	uint32_t sum = 0x811c9dc5U;

	for (; *name; name++) {
		unsigned char c = (unsigned char)*name;

		if (c >= 'A' && c <= 'Z')
			c = (unsigned char)(c - 'A' + 'a');
		sum = (sum ^ c) * 0x01000193U;
	}
	return sum;
}

/* The bucket of a name; NULL: there is none yet. */
static struct zone_name **names_at(const struct zones *z, const char *name)
{
	return z->n_buckets ? &z->names[name_hash(name) % z->n_buckets] : NULL;
}

/* Room for one more. */
static int names_grow(struct zones *z)
{
	struct zones grown = { .n_buckets = z->n_buckets ? 2 * z->n_buckets
							 : NAMES_FIRST };

	if (z->n_names < z->n_buckets)
		return 0;
	grown.names = calloc(grown.n_buckets, sizeof(struct zone_name *));
	if (!grown.names)
		return -ENOMEM;
	for (size_t i = 0; i < z->n_buckets; i++)
		while (z->names[i]) {
			struct zone_name *n = z->names[i];
			struct zone_name **at = names_at(&grown, n->name);

			z->names[i] = n->next;
			n->next = *at;
			*at = n;
		}
	free(z->names);
	z->names = grown.names;
	z->n_buckets = grown.n_buckets;
	return 0;
}

/* Same name, same servers asked. */
static struct zone_name *name_of(struct zones *z,
				 const struct zones_question *q)
{
	struct zone_name **at = names_at(z, q->name), *n;
	struct server_set *listed = NULL;

	if (q->n_nameservers > 0) {
		listed = servers_listed(z->servers, q->nameservers,
					q->n_nameservers);
		if (!listed)
			return NULL;
	}
	for (n = at ? *at : NULL; n; n = n->next)
		if (n->listed == listed && dns_name_equal(n->name, q->name))
			return n;
	if (names_grow(z) < 0)
		return NULL;
	n = keep_alloc(sizeof(*n));
	if (!n)
		return NULL;
	n->name = keep_text(q->name);
	if (!n->name) {
		keep_free(n, sizeof(*n));
		return NULL;
	}
	n->zones = z;
	n->listed = listed;
	at = names_at(z, n->name);
	n->next = *at;
	*at = n;
	z->n_names++;
	return n;
}

struct server_set *zones_known(struct zones *z, const struct zones_question *q,
			       const char **ret_zone)
{
	struct zone_name *n = name_of(z, q);

	if (!n || !n->set || n->set->n == 0)
		return NULL;
	if (!n->searching && clock_mono_ns() >= n->fresh_until_ns)
		(void)search_begin(n, &q->egress); /* the old ones do */
	else if (!server_set_is_fresh(n->set))
		(void)server_set_refresh(z->servers, n->set, NULL);
	*ret_zone = n->zone;
	return n->set;
}

int zones_find(struct zones *z, const struct zones_question *q,
	       struct waiter *w)
{
	struct zone_name *n = name_of(z, q);
	int r;

	if (!n)
		return -ENOMEM;
	if (!n->searching) {
		r = search_begin(n, &q->egress);
		if (r < 0)
			return r;
	}
	if (w)
		waiter_add(&n->waiters, w);
	return 0;
}

const char *zones_zone(const struct zones *z, const char *name)
{
	struct zone_name *const *at = names_at(z, name);

	for (const struct zone_name *n = at ? *at : NULL; n; n = n->next)
		if (n->zone && dns_name_equal(n->name, name))
			return n->zone;
	return NULL;
}

int zones_new(struct ev_loop *loop, const struct zones_options *o,
	      struct zones **ret)
{
	struct zones *z = calloc(1, sizeof(*z));
	int r;

	if (!z)
		return -ENOMEM;
	z->loop = loop;
	z->options = *o;
	r = servers_new(loop, o->lookup, o->port, &z->servers);
	if (r < 0) {
		free(z);
		return r;
	}
	*ret = z;
	return 0;
}

static void name_free(struct zone_name *n)
{
	waiter_remove(&n->waits);
	if (n->soa_id)
		lookup_cancel(n->zones->options.lookup, n->soa_id);
	probes_stop(n);
	keep_text_free(n->zone);
	keep_text_free(n->name);
	keep_free(n, sizeof(*n));
}

void zones_free(struct zones *z)
{
	if (!z)
		return;
	for (size_t i = 0; i < z->n_buckets; i++)
		while (z->names[i]) {
			struct zone_name *n = z->names[i];

			z->names[i] = n->next;
			name_free(n);
		}
	free(z->names);
	servers_free(z->servers);
	free(z);
}
