#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ev.h>

#include "base/clock.h"
#include "base/str.h"
#include "net/lookup.h"
#include "resolver/op.h"
#include "resolver/probe.h"
#include "resolver/quorum.h"
#include "resolver/reflector.h"
#include "resolver/resolver.h"

#define ASK_NEXT_MS	250 /* when nothing has been heard */
#define REFLECTORS_MOST 32

struct confirm_slot {
	struct confirm *confirm;
	char *text;
	struct reflector reflector;
	struct reflector_question question;
	bool asked;
	struct probe probe;
	int lookup_id; /* 0: none under way */
	size_t said;   /* its reflection, once asked */
};

struct confirm {
	struct op op;
	struct addr candidate;
	struct egress egress;
	unsigned int quorum;
	uint64_t deadline_ns;
	ev_timer timer;
	bool next; /* the timer is for asking the next, not the deadline */
	struct confirm_slot *slots;
	struct quorum_vote *votes; /* of each slot */
	size_t n;
	struct resolver_reflection *reflections; /* in the order of asking */
	size_t n_asked;
	resolver_confirm_fn *done;
	void *user;
};

static void confirm_free(struct op *op)
{
	struct confirm *c = (struct confirm *)op;

	ev_timer_stop(op->resolver->loop, &c->timer);
	for (size_t i = 0; i < c->n; i++) {
		struct confirm_slot *s = &c->slots[i];

		probe_stop(&s->probe);
		if (s->lookup_id)
			lookup_cancel(op->resolver->lookup, s->lookup_id);
		free(s->text);
	}
	free(c->slots);
	free(c->votes);
	free(c->reflections);
	free(c);
}

static void confirm_deliver(struct confirm *c, const struct quorum_result *q)
{
	struct resolver_confirmation out = {
		.seen = q->seen,
		.seen_as = q->seen_as,
		.reflections = c->reflections,
		.n_reflections = c->n_asked,
		.dns_only = q->dns_only,
	};

	op_leave(&c->op);
	c->done(c->user, &out);
	confirm_free(&c->op);
}

static uint32_t confirm_left_ms(const struct confirm *c)
{
	uint64_t now_ns = clock_mono_ns();

	return now_ns < c->deadline_ns ?
		       (uint32_t)((c->deadline_ns - now_ns + 999999) /
				  1000000) : 0;
}

/* ---- one reflector ---- */

static void slot_fail(struct confirm_slot *s, int status, const char *why)
{
	struct confirm *c = s->confirm;
	struct resolver_reflection *r = &c->reflections[s->said];

	r->status = status;
	if (why != r->why)
		(void)snprintf(r->why, sizeof(r->why), "%s", why);
	c->votes[s - c->slots].state = QUORUM_FAILED;
}

static void confirm_go_on(struct confirm *c);

static void slot_answered(void *user, const struct probe_reply *reply)
{
	struct confirm_slot *s = user;
	struct confirm *c = s->confirm;
	struct resolver_reflection *r = &c->reflections[s->said];
	struct quorum_vote *vote = &c->votes[s - c->slots];
	struct reflector_message m = { reply->query, reply->query_len,
				       reply->data, reply->len };
	int status = reply->status;

	r->rtt_us = reply->rtt_us;
	if (status < 0) {
		slot_fail(s, status, strerror(-status));
	} else {
		status = reflector_read(&s->question, &m, &c->candidate,
					&r->addr, r->why);
		if (status < 0) {
			slot_fail(s, status, r->why);
		} else {
			r->status = 0;
			vote->state = QUORUM_SAID;
			vote->addr = r->addr;
		}
	}
	probe_stop(&s->probe);
	confirm_go_on(c);
}

static int slot_probe(struct confirm_slot *s)
{
	struct confirm *c = s->confirm;
	struct resolver *r = c->op.resolver;
	/* A little longer than all of it, whose deadline then ends it. */
	uint32_t left_ms = confirm_left_ms(c) + ASK_NEXT_MS;
	struct probe_question q = {
		.name = s->question.name,
		.type = s->question.type,
		.class = s->question.class,
		.server = s->question.server,
		.port = s->question.port,
		.egress = c->egress,
		.timeout_ms = left_ms < r->timeout_ms ? left_ms :
							r->timeout_ms,
		.tries = r->tries,
	};

	return probe_start(&s->probe, r->loop, &q, slot_answered, s);
}

static void slot_found(void *user, int status, const struct addr *addrs,
		       size_t n, uint32_t ttl_s)
{
	struct confirm_slot *s = user;

	(void)n;
	(void)ttl_s;
	s->lookup_id = 0;
	if (status == 0) {
		s->question.server = addrs[0];
		status = slot_probe(s);
	}
	if (status == 0)
		return;
	slot_fail(s, status, "its server's address is not known");
	confirm_go_on(s->confirm);
}

/* Asks it, or lets it fail. */
static void slot_ask(struct confirm_slot *s)
{
	struct confirm *c = s->confirm;
	struct resolver_reflection *r;
	int rc;

	s->asked = true;
	s->said = c->n_asked++;
	r = &c->reflections[s->said];
	r->reflector = s->text;
	r->status = -EINPROGRESS;
	(void)snprintf(r->why, sizeof(r->why), "no answer yet");
	rc = reflector_parse(s->text, &s->reflector);
	if (rc < 0) {
		slot_fail(s, rc, "this build cannot ask it");
		return;
	}
	rc = reflector_ask(&s->reflector, c->candidate.family, clock_random(),
			   &s->question);
	if (rc < 0) {
		slot_fail(s, rc, "not for this family");
		return;
	}
	if (s->question.server.family != 0) {
		rc = slot_probe(s);
	} else {
		rc = lookup_addrs(c->op.resolver->lookup, s->question.host,
				  c->candidate.family, slot_found, s);
		s->lookup_id = rc > 0 ? rc : 0;
	}
	if (rc < 0)
		slot_fail(s, rc, strerror(-rc));
}

/* ---- all of them ---- */

/* The next to ask: of an operator not asked yet, where there is one. */
static struct confirm_slot *confirm_next(struct confirm *c)
{
	struct confirm_slot *other = NULL;

	for (size_t i = 0; i < c->n; i++) {
		bool known = false;

		if (c->slots[i].asked)
			continue;
		for (size_t j = 0; j < c->n; j++)
			if (c->slots[j].asked && c->votes[j].operator ==
							 c->votes[i].operator)
				known = true;
		if (!known)
			return &c->slots[i];
		if (!other)
			other = &c->slots[i];
	}
	return other;
}

/* How many that were asked may still say the candidate, or have. */
static unsigned int confirm_hopes(const struct confirm *c)
{
	unsigned int hopes = 0;

	for (size_t i = 0; i < c->n; i++) {
		const struct quorum_vote *v = &c->votes[i];

		if (!c->slots[i].asked || v->state == QUORUM_FAILED)
			continue;
		if (v->state == QUORUM_OPEN ||
		    addr_equal(&v->addr, &c->candidate))
			hopes++;
	}
	return hopes;
}

/* As many under way as the quorum lacks; each failure asks the next. */
static void confirm_ask(struct confirm *c)
{
	struct confirm_slot *s;

	while (confirm_hopes(c) < c->quorum && (s = confirm_next(c)) != NULL)
		slot_ask(s);
}

static void confirm_arm(struct confirm *c)
{
	uint32_t delay_ms = confirm_left_ms(c);

	c->next = delay_ms > ASK_NEXT_MS && confirm_next(c);
	if (c->next)
		delay_ms = ASK_NEXT_MS;
	ev_timer_stop(c->op.resolver->loop, &c->timer);
	ev_timer_set(&c->timer, delay_ms / 1000., 0.);
	ev_timer_start(c->op.resolver->loop, &c->timer);
}

/* Something was heard: decided, or on to the next. */
static void confirm_go_on(struct confirm *c)
{
	struct quorum_result q;

	confirm_ask(c);
	q = quorum_judge(&c->candidate, c->votes, c->n, c->quorum);
	if (q.decided)
		confirm_deliver(c, &q);
}

static void confirm_time_over(struct confirm *c)
{
	struct quorum_result q;

	for (size_t i = 0; i < c->n; i++)
		if (c->slots[i].asked && c->votes[i].state == QUORUM_OPEN)
			slot_fail(&c->slots[i], -ETIMEDOUT, "timed out");
	for (size_t i = 0; i < c->n; i++)
		if (c->votes[i].state == QUORUM_OPEN)
			c->votes[i].state = QUORUM_FAILED;
	q = quorum_judge(&c->candidate, c->votes, c->n, c->quorum);
	confirm_deliver(c, &q);
}

static void confirm_timer(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct confirm *c = w->data;
	struct confirm_slot *s;

	(void)loop;
	(void)revents;
	if (confirm_left_ms(c) == 0) {
		confirm_time_over(c);
		return;
	}
	s = c->next ? confirm_next(c) : NULL;
	if (s)
		slot_ask(s);
	confirm_arm(c);
	confirm_go_on(c);
}

/* Equal operators get equal numbers. */
static void confirm_number(struct confirm *c, size_t i)
{
	struct reflector *a = &c->slots[i].reflector, *b;

	c->votes[i].operator = (unsigned int)i;
	c->votes[i].plain_dns = true;
	if (reflector_parse(c->slots[i].text, a) < 0)
		return;
	for (size_t j = 0; j < i; j++) {
		b = &c->slots[j].reflector;
		if (strcmp(reflector_operator(a), reflector_operator(b)) != 0)
			continue;
		c->votes[i].operator = c->votes[j].operator;
		return;
	}
}

static int confirm_init(struct confirm *c, const struct resolver_confirm *q)
{
	size_t n = q->n_reflectors < REFLECTORS_MOST ? q->n_reflectors :
						       REFLECTORS_MOST;

	c->candidate = q->candidate;
	c->egress = q->egress;
	c->quorum = q->quorum > 0 ? q->quorum : 1;
	c->deadline_ns = clock_mono_ns() + (uint64_t)q->timeout_ms * 1000000;
	c->slots = calloc(n + 1, sizeof(*c->slots));
	c->votes = calloc(n + 1, sizeof(*c->votes));
	c->reflections = calloc(n + 1, sizeof(*c->reflections));
	if (!c->slots || !c->votes || !c->reflections)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		c->slots[i].text = str_dup(q->reflectors[i]);
		if (!c->slots[i].text)
			return -ENOMEM;
		c->slots[i].confirm = c;
		c->n++;
		confirm_number(c, i);
	}
	return 0;
}

int resolver_confirm(struct resolver *r, const struct resolver_confirm *q,
		     resolver_confirm_fn *done, void *user)
{
	struct confirm *c;
	int id, rc;

	if (addr_len(q->candidate.family) == 0)
		return -EAFNOSUPPORT;
	c = calloc(1, sizeof(*c));
	if (!c)
		return -ENOMEM;
	c->done = done;
	c->user = user;
	ev_timer_init(&c->timer, confirm_timer, 0., 0.);
	c->timer.data = c;
	id = op_enter(r, &c->op, confirm_free);
	rc = confirm_init(c, q);
	if (rc < 0) {
		op_leave(&c->op);
		confirm_free(&c->op);
		return rc;
	}
	confirm_ask(c);
	if (confirm_hopes(c) == 0)
		c->deadline_ns = 0; /* nobody to wait for: told at once */
	confirm_arm(c);
	return id;
}
