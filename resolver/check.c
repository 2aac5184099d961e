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
#include "resolver/hearing.h"
#include "resolver/resolver.h"
#include "resolver/said.h"
#include "resolver/zone.h"

#define DNS_PORT 53

/*
 * Once one server was heard, how long the others are waited for at most. One
 * that was heard before has this and four times what it took then. One that
 * was silent the last time is asked, but waited for only with patience.
 */
#define GRACE_MS       500
#define GRACE_LEAST_MS 50

struct check_server {
	struct hearing hearing;
	struct check *check;
	struct resolver_server *out;
	struct addr listed; /* as the set has it */
	bool done;
	bool was_silent, doubted;
	uint32_t rtt_us; /* of late */
};

struct check {
	struct op op;
	char *name;
	int family;
	struct egress egress;
	char **nameservers;
	size_t n_nameservers;
	struct waiter waits; /* for zone and servers */
	struct gate_slot slot; /* ... then for its turn */
	int lookup_id;       /* RESOLVER_RECURSIVE; 0: none */
	uint64_t begun_ns;
	uint64_t heard_ns; /* the first server; 0: none yet */
	struct server_set *set;
	struct resolver_server *out;
	struct check_server *servers;
	size_t n;
	bool global, patient;
	struct addr *were_ours;
	size_t n_were_ours;
	struct addr ours4, ours6;
	size_t n_unreachable;
	char *zone;
	int status;
	ev_timer soon; /* the answer is known already, or the grace is over */
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
			hearing_stop(&c->servers[i].hearing);
		out_free(&c->out[i]);
	}
	for (size_t i = 0; i < c->n_nameservers; i++)
		free(c->nameservers[i]);
	free(c->nameservers);
	free(c->servers);
	free(c->were_ours);
	free(c->out);
	free(c->zone);
	free(c->name);
	gate_leave(&c->slot);
	free(c);
}

static bool is_heard(const struct resolver_server *s)
{
	return s->outcome == RESOLVER_ANSWERED || s->outcome == RESOLVER_CNAME;
}

/* Where nobody was heard, it may well have been our own silence. */
static void check_note(const struct check *c)
{
	bool heard = false;

	for (size_t i = 0; i < c->n; i++)
		heard = heard || is_heard(&c->out[i]);
	for (size_t i = 0; c->set && heard && i < c->n; i++) {
		const struct resolver_server *s = &c->out[i];
		struct server_note note = {
			.silent = s->outcome == RESOLVER_SILENT,
			.doubted = is_heard(s) && !s->by_tcp &&
				   s->doubt != RESOLVER_SURE,
			.rtt_us = is_heard(s) ? s->rtt_us : 0,
		};

		server_set_note(c->set, &c->servers[i].listed, s->port, &note);
	}
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

	if (c->status == 0)
		check_note(c);
	op_leave(&c->op);
	c->done(c->user, &a);
	check_free(&c->op);
}

static bool server_is_awaited(const struct check_server *s)
{
	return !s->done && (s->check->patient || !s->was_silent);
}

static void check_arm(struct check *c, uint64_t delay_ms)
{
	ev_timer_stop(c->op.resolver->loop, &c->soon);
	ev_timer_set(&c->soon, (double)delay_ms / 1000., 0.);
	ev_now_update(c->op.resolver->loop);
	ev_timer_start(c->op.resolver->loop, &c->soon);
}

static void check_soon(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct check *c = w->data;

	(void)loop;
	(void)revents;
	/* Nobody is silent whose turn to be asked has not come. */
	for (size_t i = 0; c->status == 0 && c->servers && i < c->n; i++)
		if (server_is_awaited(&c->servers[i]) &&
		    !hearing_has_begun(&c->servers[i].hearing)) {
			check_arm(c, GRACE_LEAST_MS);
			return;
		}
	check_deliver(c);
}

/* The end, told in the next turn of the loop. */
static void check_fail(struct check *c, int status)
{
	c->status = status;
	for (size_t i = 0; c->servers && i < c->n; i++)
		hearing_stop(&c->servers[i].hearing);
	check_arm(c, 0);
}

/* ---- the zone's own servers ---- */

static uint32_t server_grace_ms(const struct check_server *s)
{
	uint64_t ms = GRACE_LEAST_MS + 4ULL * s->rtt_us / 1000;

	return s->rtt_us == 0 || ms > GRACE_MS ? GRACE_MS : (uint32_t)ms;
}

static void check_heard(void *user)
{
	struct check_server *s = user;
	struct check *c = s->check;
	uint64_t now_ns = clock_mono_ns(), past_ms;
	uint32_t grace_ms = 0;
	bool open = false;

	s->done = true;
	if (c->heard_ns == 0 && is_heard(s->out))
		c->heard_ns = now_ns;
	for (size_t i = 0; i < c->n; i++) {
		struct check_server *other = &c->servers[i];

		open = open || !other->done;
		if (server_is_awaited(other) &&
		    server_grace_ms(other) > grace_ms)
			grace_ms = server_grace_ms(other);
	}
	if (!open || (c->heard_ns && grace_ms == 0)) {
		check_deliver(c);
	} else if (c->heard_ns) {
		past_ms = (now_ns - c->heard_ns) / 1000000;
		check_arm(c, grace_ms > past_ms ? grace_ms - past_ms : 0);
	}
}

/* Where the server is asked: at our present address, if it is we. */
static struct addr check_where(const struct check *c, const struct addr *listed)
{
	const struct addr *ours = listed->family == AF_INET6 ? &c->ours6
							     : &c->ours4;

	for (size_t i = 0; ours->family != 0 && i < c->n_were_ours; i++)
		if (addr_equal(&c->were_ours[i], listed))
			return *ours;
	return *listed;
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
		c->out[i].addr = check_where(c, &set->items[i].addr);
		c->out[i].port = set->items[i].port;
		/* Until it is heard. */
		c->out[i].outcome = RESOLVER_SILENT;
		c->out[i].error = -ETIMEDOUT;
		c->servers[i].check = c;
		c->servers[i].out = &c->out[i];
		c->servers[i].listed = set->items[i].addr;
		c->servers[i].was_silent = set->items[i].silent;
		c->servers[i].doubted = set->items[i].doubted;
		c->servers[i].rtt_us = set->items[i].rtt_us;
	}
	return 0;
}

/* Asks every server at once. */
static int check_burst(struct check *c, struct server_set *set,
		       const char *zone)
{
	struct resolver *r = c->op.resolver;
	struct hearing_question q = {
		.probe = {
			.name = c->name,
			.type = c->family == AF_INET6 ? DNS_AAAA : DNS_A,
			.class = DNS_IN,
			.egress = c->egress,
			.choose = true,
			.route = r->route,
			.gate = &r->gate,
			.timeout_ms = r->timeout_ms,
			.tries = r->tries,
		},
		.family = c->family,
		.global = c->global,
	};
	int rc = check_copy_servers(c, set);

	if (rc == 0 && zone) {
		c->zone = str_dup(zone);
		rc = c->zone ? 0 : -ENOMEM;
	}
	if (rc < 0)
		return rc;
	c->set = set;
	q.zone = c->zone;
	for (size_t i = 0; i < c->n; i++) {
		q.probe.server = c->out[i].addr;
		q.probe.port = c->out[i].port;
		q.doubted = c->servers[i].doubted;
		rc = hearing_start(&c->servers[i].hearing, r->loop, &q,
				   &c->out[i], check_heard, &c->servers[i]);
		if (rc < 0)
			return rc;
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

static void check_go(struct gate_slot *slot)
{
	struct check *c = (struct check *)((char *)slot -
				offsetof(struct check, slot));
	struct zones_question q = check_zones_question(c);
	const char *zone = NULL;
	struct server_set *set = zones_known(c->op.resolver->zones, &q, &zone);
	int status = set ? check_burst(c, set, zone) : -EHOSTUNREACH;

	if (status < 0)
		check_fail(c, status);
}

static void check_enter(struct check *c)
{
	gate_enter(&c->op.resolver->checks, c->egress.ifindex, &c->slot,
		   check_go);
}

static void check_found(struct waiter *w, int status)
{
	struct check *c = (struct check *)((char *)w -
				offsetof(struct check, waits));

	if (status == 0)
		check_enter(c);
	else
		check_fail(c, status);
}

static int check_authoritative(struct check *c)
{
	struct zones_question q = check_zones_question(c);
	struct zones *zones = c->op.resolver->zones;
	const char *zone = NULL;

	if (zones_known(zones, &q, &zone)) {
		check_enter(c);
		return 0;
	}
	c->waits.told = check_found;
	return zones_find(zones, &q, &c->waits);
}

/* ---- the configured resolver ---- */

static void check_resolved(void *user, int status, const uint8_t *query,
			   size_t query_len, const uint8_t *data, size_t len)
{
	struct check *c = user;
	struct resolver_server *out = &c->out[0];
	struct said_question q = {
		.name = c->name, .family = c->family,
		.query = query, .query_len = query_len,
	};
	const char *zone = zones_zone(c->op.resolver->zones, c->name);
	struct said s;

	c->lookup_id = 0;
	out->rtt_us = (uint32_t)((clock_mono_ns() - c->begun_ns) / 1000);
	out->outcome = RESOLVER_SILENT;
	out->error = status;
	if (status == 0) {
		said_read(&q, data, len, &s);
		said_copy(&s, out);
	}
	if (zone)
		c->zone = str_dup(zone);
	check_deliver(c);
}

/* One server that stands for all that the resolver is. */
static int check_recursive(struct check *c)
{
	struct resolver *r = c->op.resolver;
	struct zones_question zq = { .name = c->name };
	const char *zone;
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
	/* Whoever updates needs the zone; the next answer will tell it. */
	if (!zones_known(r->zones, &zq, &zone))
		(void)zones_find(r->zones, &zq, NULL);
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
	c->global = q->global;
	c->patient = q->patient;
	c->ours4 = q->ours4;
	c->ours6 = q->ours6;
	if (q->n_were_ours > 0) {
		size_t size = q->n_were_ours * sizeof(*q->were_ours);

		c->were_ours = malloc(size);
		if (!c->were_ours)
			return -ENOMEM;
		memcpy(c->were_ours, q->were_ours, size);
		c->n_were_ours = q->n_were_ours;
	}
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
