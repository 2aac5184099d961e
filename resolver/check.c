#include "config.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <ev.h>

#include "base/clock.h"
#include "base/str.h"
#include "net/dns_msg.h"
#include "net/lookup.h"
#include "resolver/op.h"
#include "resolver/probe.h"
#include "resolver/resolver.h"
#include "resolver/said.h"
#include "resolver/zone.h"

#define DNS_PORT 53

struct check_server {
	struct probe probe;
	struct check *check;
	struct resolver_server *out;
};

struct check {
	struct op op;
	char *name;
	int family;
	struct egress egress;
	char **nameservers;
	size_t n_nameservers;
	struct waiter waits; /* for zone and servers */
	int lookup_id;       /* RESOLVER_RECURSIVE; 0: none */
	uint64_t begun_ns;
	struct resolver_server *out;
	struct check_server *servers;
	size_t n, n_left;
	size_t n_unreachable;
	char *zone;
	int status;
	ev_timer soon; /* the answer is known already */
	resolver_check_fn *done;
	void *user;
};

static void out_free(struct resolver_server *s)
{
	free((void *)(uintptr_t)s->name);
	free((void *)(uintptr_t)s->addrs);
	free((void *)(uintptr_t)s->cname);
}

static void check_free(struct op *op)
{
	struct check *c = (struct check *)op;

	waiter_remove(&c->waits);
	if (c->lookup_id)
		lookup_cancel(op->resolver->lookup, c->lookup_id);
	ev_timer_stop(op->resolver->loop, &c->soon);
	for (size_t i = 0; i < c->n; i++) {
		if (c->servers)
			probe_stop(&c->servers[i].probe);
		out_free(&c->out[i]);
	}
	for (size_t i = 0; i < c->n_nameservers; i++)
		free(c->nameservers[i]);
	free(c->nameservers);
	free(c->servers);
	free(c->out);
	free(c->zone);
	free(c->name);
	free(c);
}

static void check_deliver(struct check *c)
{
	struct resolver_answer a = {
		.status = c->status,
		.zone = c->zone,
		.servers = c->out,
		.n_servers = c->status < 0 ? 0 : c->n,
		.n_unreachable = c->n_unreachable,
	};

	op_leave(&c->op);
	c->done(c->user, &a);
	check_free(&c->op);
}

static void check_soon(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)revents;
	check_deliver(w->data);
}

/* The end, told in the next turn of the loop. */
static void check_fail(struct check *c, int status)
{
	c->status = status;
	for (size_t i = 0; c->servers && i < c->n; i++)
		probe_stop(&c->servers[i].probe);
	ev_timer_start(c->op.resolver->loop, &c->soon);
}

/* Copies what one server said. A copy that fails makes it silent. */
static void check_take(struct check *c, struct resolver_server *out,
		       const struct probe_reply *reply, bool need_aa)
{
	struct said_question q = {
		.name = c->name, .family = c->family, .need_aa = need_aa,
		.query = reply->query, .query_len = reply->query_len,
	};
	size_t size;
	struct said s;

	out->rtt_us = reply->rtt_us;
	out->outcome = RESOLVER_SILENT;
	out->error = reply->status;
	if (reply->status < 0)
		return;
	said_read(&q, reply->data, reply->len, &s);
	size = s.n_addrs * sizeof(s.addrs[0]);
	if (s.n_addrs > 0) {
		struct addr *copy = malloc(size);

		if (!copy) {
			out->error = -ENOMEM;
			return;
		}
		memcpy(copy, s.addrs, size);
		out->addrs = copy;
		out->n_addrs = s.n_addrs;
	}
	out->cname = s.outcome == RESOLVER_CNAME ? str_dup(s.cname) : NULL;
	out->outcome = s.outcome;
	out->rcode = s.rcode;
	out->error = s.error;
	out->ra = s.ra;
	out->ttl_s = s.ttl_s;
}

/* ---- the zone's own servers ---- */

static void check_answered(void *user, const struct probe_reply *reply)
{
	struct check_server *s = user;
	struct check *c = s->check;

	check_take(c, s->out, reply, true);
	probe_stop(&s->probe);
	if (--c->n_left == 0)
		check_deliver(c);
}

static int check_copy_servers(struct check *c, const struct server_set *set)
{
	c->out = calloc(set->n, sizeof(*c->out));
	c->servers = calloc(set->n, sizeof(*c->servers));
	if (!c->out || !c->servers)
		return -ENOMEM;
	c->n = set->n;
	c->n_unreachable = set->n_unreachable;
	for (size_t i = 0; i < c->n; i++) {
		c->out[i].name = str_dup(set->items[i].name);
		if (!c->out[i].name)
			return -ENOMEM;
		c->out[i].addr = set->items[i].addr;
		c->out[i].port = set->items[i].port;
		c->servers[i].check = c;
		c->servers[i].out = &c->out[i];
	}
	return 0;
}

/* Asks every server at once. */
static int check_burst(struct check *c, const struct server_set *set,
		       const char *zone)
{
	struct resolver *r = c->op.resolver;
	struct probe_question q = {
		.name = c->name,
		.type = c->family == AF_INET6 ? DNS_AAAA : DNS_A,
		.class = DNS_IN,
		.egress = c->egress,
		.choose = true,
		.route = r->route,
		.gate = &r->gate,
		.timeout_ms = r->timeout_ms,
		.tries = r->tries,
	};
	int rc = check_copy_servers(c, set);

	if (rc == 0 && zone) {
		c->zone = str_dup(zone);
		rc = c->zone ? 0 : -ENOMEM;
	}
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < c->n; i++) {
		q.server = c->out[i].addr;
		q.port = c->out[i].port;
		rc = probe_start(&c->servers[i].probe, r->loop, &q,
				 check_answered, &c->servers[i]);
		if (rc < 0)
			return rc;
		c->n_left++;
	}
	return 0;
}

static struct zones_question check_zones_question(const struct check *c)
{
	struct zones_question q = {
		.name = c->name,
		.nameservers = (const char *const *)c->nameservers,
		.n_nameservers = c->n_nameservers,
		.egress = c->egress,
	};

	return q;
}

static void check_found(struct waiter *w, int status)
{
	struct check *c = (struct check *)((char *)w -
				offsetof(struct check, waits));
	struct zones_question q = check_zones_question(c);
	const struct server_set *set = NULL;
	const char *zone = NULL;

	if (status == 0) {
		set = zones_known(c->op.resolver->zones, &q, &zone);
		status = set ? check_burst(c, set, zone) : -EHOSTUNREACH;
	}
	if (status < 0)
		check_fail(c, status);
}

static int check_authoritative(struct check *c)
{
	struct zones_question q = check_zones_question(c);
	struct zones *zones = c->op.resolver->zones;
	const struct server_set *set;
	const char *zone = NULL;

	set = zones_known(zones, &q, &zone);
	if (set)
		return check_burst(c, set, zone);
	c->waits.told = check_found;
	return zones_find(zones, &q, &c->waits);
}

/* ---- the configured resolver ---- */

static void check_resolved(void *user, int status, const uint8_t *query,
			   size_t query_len, const uint8_t *data, size_t len)
{
	struct check *c = user;
	struct probe_reply reply = {
		status, query, query_len, data, len,
		(uint32_t)((clock_mono_ns() - c->begun_ns) / 1000),
	};
	const char *zone = zones_zone(c->op.resolver->zones, c->name);

	c->lookup_id = 0;
	check_take(c, &c->out[0], &reply, false);
	if (zone)
		c->zone = str_dup(zone);
	check_deliver(c);
}

/* One server that stands for all that the resolver is. */
static int check_recursive(struct check *c)
{
	struct resolver *r = c->op.resolver;
	int id;

	c->out = calloc(1, sizeof(*c->out));
	if (!c->out)
		return -ENOMEM;
	c->n = 1;
	c->out[0].port = DNS_PORT;
	c->out[0].name = str_dup("resolver");
	if (!c->out[0].name)
		return -ENOMEM;
	id = lookup_raw(r->lookup, c->name,
			c->family == AF_INET6 ? DNS_AAAA : DNS_A,
			check_resolved, c);
	if (id < 0)
		return id;
	c->lookup_id = id;
	resolver_prepare(r, c->name); /* whoever updates needs the zone */
	return 0;
}

/* ---- */

static int check_init(struct check *c, const struct resolver_question *q)
{
	c->family = q->family;
	c->egress = q->egress;
	c->name = str_dup(q->name);
	if (!c->name)
		return -ENOMEM;
	if (q->n_nameservers == 0)
		return 0;
	c->nameservers = calloc(q->n_nameservers, sizeof(*c->nameservers));
	if (!c->nameservers)
		return -ENOMEM;
	for (size_t i = 0; i < q->n_nameservers; i++) {
		c->nameservers[i] = str_dup(q->nameservers[i]);
		if (!c->nameservers[i])
			return -ENOMEM;
		c->n_nameservers++;
	}
	return 0;
}

int resolver_check(struct resolver *r, const struct resolver_question *q,
		   resolver_check_fn *done, void *user)
{
	struct check *c;
	int id, rc;

	if (addr_len(q->family) == 0)
		return -EAFNOSUPPORT;
	c = calloc(1, sizeof(*c));
	if (!c)
		return -ENOMEM;
	c->done = done;
	c->user = user;
	c->begun_ns = clock_mono_ns();
	ev_timer_init(&c->soon, check_soon, 0., 0.);
	c->soon.data = c;
	id = op_enter(r, &c->op, check_free);
	rc = check_init(c, q);
	if (rc == 0 && q->mode == RESOLVER_RECURSIVE)
		rc = check_recursive(c);
	else if (rc == 0)
		rc = check_authoritative(c);
	if (rc == 0)
		return id;
	op_leave(&c->op);
	check_free(&c->op);
	return rc;
}
