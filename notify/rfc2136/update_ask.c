#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "notify/core/engine.h"
#include "notify/rfc2136/dns_io.h"
#include "notify/rfc2136/rfc2136.h"
#include "notify/rfc2136/update_ask.h"

struct update_ask {
	struct update *u;
	struct dns_io *io;
	struct rfc2136_message message;
	char name[DOMAIN_SIZE];
	char target[ADDR_STRLEN + 8];
	struct outcome last; /* if nothing better comes */
	bool has_last;
	update_ask_fn *done;
	void *user;
};

static void trace(const struct update_ask *a, const char *what,
		  const uint8_t *data, size_t len)
{
	char heading[128], *text;

	if (!a->u->engine->trace)
		return;
	text = rfc2136_print(data, len);
	(void)snprintf(heading, sizeof(heading), "%s %s (%zu bytes)", what,
		       a->target, len);
	engine_trace(heading, text ? text : "not a DNS message");
	free(text);
}

static void fail(struct update_ask *a, int error)
{
	struct outcome o = a->last;

	if (!a->has_last)
		outcome_set(&o, NOTIFY_RETRY, 0, "%s: %s", a->target,
			    engine_error(error));
	a->done(a->user, &o, NULL);
}

static enum dns_io_take update_ask_reply(void *user, int status,
					 const uint8_t *data, size_t len)
{
	struct update_ask *a = user;
	struct update_answer answer = {
		.query = a->message.wire, .query_len = a->message.len,
		.data = data, .len = len,
	};
	struct rfc2136_sent sent = {
		.message = &a->message,
		.key = a->u->has_key ? &a->u->key : NULL,
		.zone = "", .name = a->name, .server = a->target,
		.question = true, .server_s = &answer.server_s,
	};
	enum rfc2136_verdict v;
	struct outcome o;

	if (status < 0) {
		fail(a, status);
		return DNS_IO_TAKEN;
	}
	trace(a, "answer from", data, len);
	v = rfc2136_judge(&sent, data, len, clock_wall_s(), &o);
	if (v == RFC2136_NOT_OURS)
		return DNS_IO_WAIT;
	if (v == RFC2136_TRUNCATED)
		return DNS_IO_USE_TCP;
	if (v == RFC2136_DOUBTFUL || v == RFC2136_DOUBTFUL_DENIED) {
		a->last = o;
		a->has_last = true;
		return DNS_IO_HURRY;
	}
	a->done(a->user, &o, o.status == NOTIFY_DONE ? &answer : NULL);
	return DNS_IO_TAKEN;
}

int update_ask_start(struct update *u, const struct update_question *q,
		     update_ask_fn *done, void *user, struct update_ask **ret)
{
	struct update_ask *a = calloc(1, sizeof(*a));
	struct dns_io_request io = { .server = q->server, .port = q->port,
				     .timeout_ms = q->timeout_ms };
	int r;

	if (!a)
		return -ENOMEM;
	a->u = u;
	a->done = done;
	a->user = user;
	(void)snprintf(a->name, sizeof(a->name), "%s", q->name);
	(void)snprintf(a->target, sizeof(a->target), "%s", q->target);
	r = engine_egress(u->engine, q->job, &io.server, &io.egress);
	if (r == 0)
		r = rfc2136_ask(q->name, q->type, u->has_key ? &u->key : NULL,
				(uint16_t)clock_random(), clock_wall_s(),
				&a->message);
	io.wire = a->message.wire;
	io.len = a->message.len;
	if (r == 0)
		r = dns_io_start(u->engine->loop, &io, update_ask_reply, a,
				 &a->io);
	if (r < 0) {
		update_ask_free(a);
		return r;
	}
	trace(a, "question to", io.wire, io.len);
	*ret = a;
	return 0;
}

void update_ask_free(struct update_ask *a)
{
	if (!a)
		return;
	dns_io_free(a->io);
	rfc2136_message_done(&a->message);
	free(a);
}
