#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "notify/core/engine.h"
#include "notify/rfc2136/dns_io.h"
#include "notify/rfc2136/owner.h"
#include "notify/rfc2136/rfc2136.h"
#include "notify/rfc2136/update_batch.h"

/* One name spoils it for all: two halves, each on its own. */
static void split(struct batch *b)
{
	struct work **works = b->works;
	struct update *u = b->u;
	size_t n = b->n, half = n / 2;
	unsigned int budget = b->budget - 2;
	char zone[DOMAIN_SIZE];

	memcpy(zone, b->zone, sizeof(zone));
	b->works = NULL;
	b->n = 0;
	batch_free(b);
	batch_start(u, works, half, zone, budget / 2);
	batch_start(u, works + half, n - half, zone, budget / 2);
	free(works);
}

static void trace_reply(struct batch *b, const uint8_t *data, size_t len)
{
	char heading[128], *text;

	if (!b->u->engine->trace)
		return;
	text = rfc2136_print(data, len);
	(void)snprintf(heading, sizeof(heading), "reply from %s (%zu bytes)",
		       batch_target(b), len);
	engine_trace(heading, text ? text : "not a DNS message");
	free(text);
}

/* Is it one family only that is not there, or may not be changed? */
static bool has_two(const struct batch *b)
{
	const struct job *j = batch_job(b);

	return b->n == 1 && b->only == 0 && j->ipv4.given && j->ipv6.given;
}

/* The next family, each by itself. */
static bool send_apart(struct batch *b, const struct outcome *o)
{
	if (b->only == AF_INET) {
		b->first = *o;
		b->only = AF_INET6;
	} else if (has_two(b) && o->status == NOTIFY_REFUSED) {
		b->whole = *o;
		b->only = AF_INET;
	} else {
		return false;
	}
	b->has_doubt = false;
	rfc2136_message_done(&b->message);
	owner_plan_free(b->plan);
	b->plan = NULL;
	batch_step(b);
	return true;
}

/* Would parts of it be sent, if a name or family may be what spoils it? */
static bool can_part(const struct batch *b)
{
	return batch_is_last_target(b) &&
	       ((b->n > 1 && b->budget >= 2) || has_two(b));
}

/* The target will not do; the other family may yet go. */
static void said(struct batch *b, const struct outcome *o)
{
	if (b->gone || b->only != AF_INET || !batch_is_last_target(b) ||
	    !send_apart(b, o))
		batch_target_said(b, o);
}

static void judged(struct batch *b, enum rfc2136_verdict v,
		   const struct outcome *o)
{
	bool last = batch_is_last_target(b);

	if (v == RFC2136_AGAIN && batch_owners_again(b))
		return;
	if (b->gone) {
		batch_finish(b, &b->good);
		return;
	}
	if (o->status == NOTIFY_DONE && b->plan)
		batch_owners_took(b);
	if ((v == RFC2136_ELSEWHERE || v == RFC2136_DENIED) && !last)
		batch_target_said(b, o);
	else if ((v == RFC2136_SPLIT || v == RFC2136_DENIED ||
		  v == RFC2136_DOUBTFUL_DENIED) && b->n > 1 && b->budget >= 2)
		split(b);
	else if ((v == RFC2136_ABSENT || v == RFC2136_DENIED ||
		  v == RFC2136_DOUBTFUL_DENIED || b->only == AF_INET) &&
		 send_apart(b, o))
		return;
	else if (v == RFC2136_ELSEWHERE || v == RFC2136_DENIED)
		batch_target_said(b, o);
	else
		batch_finish(b, o);
}

/* What a refusal is about, for people. */
static const char *said_name(const struct batch *b, char *out, size_t size)
{
	const char *name = batch_job(b)->name;

	if (!b->plan && !b->only)
		return name;
	(void)snprintf(out, size, "%s%s%s%s%s", b->only == AF_INET ? "A of "
		       : b->only ? "AAAA of " : "", name,
		       b->plan ? " (and TXT of " : "",
		       b->plan ? b->plan->mark_name : "", b->plan ? ")" : "");
	return out;
}

static enum dns_io_take batch_reply(void *user, int status,
				    const uint8_t *data, size_t len)
{
	struct batch *b = user;
	char name[2 * DOMAIN_SIZE + 32];
	struct rfc2136_sent sent = {
		.message = &b->message,
		.key = b->u->has_key ? &b->u->key : NULL,
		.zone = b->zone,
		.equals = b->plan && b->plan->equals,
		.no_create = batch_job(b)->no_create,
		.name = said_name(b, name, sizeof(name)),
		.server = batch_target(b),
	};
	enum rfc2136_verdict v;
	struct outcome o;

	if (b->sent_ns == 0)
		b->sent_ns = dns_io_sent_ns(b->io);
	if (status < 0) {
		dns_io_free(b->io);
		b->io = NULL;
		if (b->has_doubt)
			said(b, &b->doubt);
		else
			batch_target_failed(b, status);
		return DNS_IO_TAKEN;
	}
	trace_reply(b, data, len);
	v = rfc2136_judge(&sent, data, len, clock_wall_s(), &o);
	if (v == RFC2136_JUDGED && o.status == NOTIFY_DONE &&
	    !batch_job(b)->at_primary)
		update_server_is_good(b->u, b->server);
	if (v == RFC2136_NOT_OURS)
		return DNS_IO_WAIT;
	if (v == RFC2136_TRUNCATED)
		return DNS_IO_USE_TCP;
	/* To go apart needs no proof: what comes of it does. */
	if (v == RFC2136_DOUBTFUL ||
	    (v == RFC2136_DOUBTFUL_DENIED && !can_part(b))) {
		if (!b->has_doubt || o.status != NOTIFY_REFUSED)
			b->doubt = o; /* the one that is not for good */
		b->has_doubt = true;
		return DNS_IO_HURRY;
	}
	dns_io_free(b->io);
	b->io = NULL;
	judged(b, v, &o);
	return DNS_IO_TAKEN;
}

static int build(struct batch *b)
{
	static const struct job_set none;
	struct rfc2136_change one, *changes = &one;
	int r;

	if (b->n > 1)
		changes = calloc(b->n, sizeof(*changes));
	if (!changes)
		return -ENOMEM;
	for (size_t i = 0; i < b->n; i++) {
		const struct job *j = b->works[i]->job;

		changes[i] = (struct rfc2136_change){
			.name = j->name, .ipv4 = &j->ipv4, .ipv6 = &j->ipv6,
			.ttl_s = j->ttl_s, .no_create = j->no_create,
			.records = j->records, .n_records = j->n_records,
		};
	}
	if (b->plan)
		one = b->plan->change;
	else if (b->only == AF_INET)
		one.ipv6 = &none;
	else if (b->only == AF_INET6)
		one.ipv4 = &none;
	r = rfc2136_build(b->zone, changes, b->n,
			  b->u->has_key ? &b->u->key : NULL,
			  (uint16_t)clock_random(), clock_wall_s(),
			  &b->message);
	if (changes != &one)
		free(changes);
	return r;
}

static void trace_request(struct batch *b)
{
	char *text = rfc2136_print(b->message.wire, b->message.len);
	char heading[128];

	(void)snprintf(heading, sizeof(heading), "%s to %s (%zu bytes, %s)",
		       b->u->engine->dry_run ? "update (dry run)" : "update",
		       batch_target(b), b->message.len,
		       b->u->has_key ? "signed" : "unsigned");
	engine_trace(heading, text ? text : "");
	free(text);
}

static void dry_run(struct batch *b)
{
	char first[ADDR_STRLEN] = "nothing", rest[16] = "";
	struct outcome o;
	const struct job *j = batch_job(b);

	if (j->ipv4.n + j->ipv6.n > 0)
		(void)addr_print(j->ipv4.n ? j->ipv4.addrs : j->ipv6.addrs,
				 first);
	if (j->ipv4.n + j->ipv6.n > 1)
		(void)snprintf(rest, sizeof(rest), " …");
	trace_request(b);
	outcome_set(&o, NOTIFY_DONE, 0, "dry run: an update of zone %s to %s "
		    "was not sent (%s = %s%s)", *b->zone ? b->zone : ".",
		    batch_target(b), j->name, first, rest);
	batch_finish(b, &o);
}

/* Zone and target are known: nothing but the message lies before the wire. */
void batch_send(struct batch *b)
{
	struct engine *e = b->u->engine;
	struct dns_io_request q = {
		.server = b->addrs[b->addr],
		.port = batch_server(b)->port,
		.timeout_ms = batch_share_ms(b),
	};
	int r;

	engine_egress_by_name(e, batch_job(b), &q.server, &q.egress);
	memcpy(b->u->device, q.egress.device, sizeof(b->u->device));
	q.spare = &b->u->spare;
	r = build(b);
	if (r < 0) {
		batch_finish_error(b, "the update cannot be made", r);
		return;
	}
	if (e->dry_run) {
		dry_run(b);
		return;
	}
	q.wire = b->message.wire;
	q.len = b->message.len;
	r = dns_io_start(e->loop, &q, batch_reply, b, &b->io);
	if (r < 0)
		batch_finish_error(b, batch_target(b), r);
	else if (e->trace)
		trace_request(b);
}
