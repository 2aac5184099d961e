#include "config.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "resolver/probe.h"

/* 1, 2, 4, 8, 16 ms after the first, then it is a failure. */
#define RETRIES_MOST 5

/*
 * Worth another try: the address that we leave from, or the route of its
 * family, may be a moment away. A server of the other family is not
 * reachable, and that is that.
 */
static bool may_come(const struct probe *p, int error)
{
	const struct addr *source = &p->question.egress.source;

	if (error != -EADDRNOTAVAIL && error != -ENETUNREACH)
		return false;
	return source->family == p->question.server.family &&
	       p->failures < RETRIES_MOST;
}

static void probe_tell(struct probe *p, int status, const uint8_t *data,
		       size_t len)
{
	struct probe_reply reply = {
		.status = status,
		.query = p->query,
		.query_len = p->query_len,
		.data = data,
		.len = len,
		.rtt_us = (uint32_t)((clock_mono_ns() - p->begun_ns) / 1000),
	};

	gate_leave(&p->slot);
	p->done(p->user, &reply);
}

static void probe_failed(struct probe *p, int status)
{
	double delay_s = 0;

	p->status = status;
	if (may_come(p, status)) {
		delay_s = 0.001 * (1u << p->failures);
		p->failures++;
		p->status = 0;
	}
	ev_timer_set(&p->timer, delay_s, 0.);
	ev_now_update(p->loop);
	ev_timer_start(p->loop, &p->timer);
}

static void probe_answered(void *user, int status, const uint8_t *data,
			   size_t len)
{
	struct probe *p = user;

	if (status < 0) {
		ask_free(p->ask);
		p->ask = NULL;
		probe_failed(p, status);
		return;
	}
	probe_tell(p, 0, data, len);
}

static void probe_ask(struct probe *p)
{
	const struct probe_question *q = &p->question;
	struct ask_question ask = {
		.server = q->server,
		.port = q->port,
		.egress = q->egress,
		.query = p->query,
		.query_len = p->query_len,
		.timeout_ms = q->timeout_ms,
		.tries = q->tries,
		.tcp = q->tcp,
	};
	int r;

	if (q->choose)
		egress_for(q->route, &q->server, &q->egress, &ask.egress);
	r = ask_start(p->loop, &ask, probe_answered, p, &p->ask);
	if (r < 0)
		probe_failed(p, r);
}

static void probe_timer(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct probe *p = w->data;

	(void)loop;
	(void)revents;
	if (p->status < 0)
		probe_tell(p, p->status, NULL, 0);
	else
		probe_ask(p);
}

static void probe_go(struct gate_slot *s)
{
	struct probe *p = (struct probe *)s;

	p->begun_ns = clock_mono_ns();
	probe_ask(p);
}

int probe_start(struct probe *p, struct ev_loop *loop,
		const struct probe_question *q, probe_done_fn *done,
		void *user)
{
	uint32_t random = clock_random();
	uint16_t id = (uint16_t)clock_random();
	int r;

	memset(p, 0, sizeof(*p));
	r = dns_query_build(q->name, q->type, q->class, id, false, true,
			    random, p->query);
	if (r < 0)
		return r;
	p->query_len = (size_t)r;
	p->loop = loop;
	p->question = *q;
	p->question.name = NULL;
	p->done = done;
	p->user = user;
	ev_timer_init(&p->timer, probe_timer, 0., 0.);
	p->timer.data = p;
	if (q->gate)
		gate_enter(q->gate, q->egress.ifindex, &p->slot, probe_go);
	else
		probe_go(&p->slot);
	return 0;
}

void probe_stop(struct probe *p)
{
	if (!p->loop)
		return;
	ev_timer_stop(p->loop, &p->timer);
	ask_free(p->ask);
	p->ask = NULL;
	gate_leave(&p->slot);
}
