#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ev.h>

#include "base/addr_class.h"
#include "base/clock.h"
#include "base/str.h"
#include "resolver/confirm_inside.h"
#include "resolver/order.h"

/*
 * When nothing has been heard the next is asked; and a router that has not
 * answered until then does not speak with us.
 */
#define ASK_NEXT_MS 250

static void slot_stop(struct confirm_slot *s)
{
	if (s->inquiry)
		inquiry_stop(s->inquiry);
}

static void confirm_free(struct op *op)
{
	struct confirm *c = (struct confirm *)op;

	ev_timer_stop(op->resolver->loop, &c->timer);
	for (size_t i = 0; c->slots && i < c->n; i++) {
		slot_stop(&c->slots[i]);
		free(c->slots[i].inquiry);
		free(c->slots[i].text);
	}
	free(c->slots);
	free(c->votes);
	free(c->asked);
	free(c->reflections);
	free(c->ca_file);
	free(c);
}

static uint32_t confirm_left_ms(const struct confirm *c)
{
	uint64_t now_ns = clock_mono_ns();

	return now_ns < c->deadline_ns ?
		       (uint32_t)((c->deadline_ns - now_ns + 999999) /
				  1000000) : 0;
}

/* ---- what is remembered of each ---- */

static void slot_remember(struct confirm_slot *s, bool failed)
{
	struct resolver *r = s->confirm->op.resolver;
	char *key = confirm_slot_key(s);
	const struct rest_entry *e;

	if (!key)
		return;
	if (failed) {
		e = rest_failed(&r->rest, key, clock_wall_s(),
				clock_random());
		if (e && r->rests)
			r->rests(r->rests_user, key, e->failures, e->until_s);
	} else if (rest_forget(&r->rest, key) && r->rests) {
		r->rests(r->rests_user, key, 0, 0);
	}
	free(key);
}

/* Where nobody answers it is our own line that has failed. */
static void confirm_remember(struct confirm *c, const struct quorum_result *q)
{
	const struct addr *right = q->seen == RESOLVER_SEEN ?
					   &c->question.candidate :
					   &q->seen_as;

	if (q->seen != RESOLVER_SEEN && q->seen != RESOLVER_SEEN_AS)
		return;
	for (size_t i = 0; i < c->n; i++) {
		const struct quorum_vote *v = &c->votes[i];

		if (v->state == QUORUM_SAID)
			slot_remember(&c->slots[i],
				      !addr_equal(&v->addr, right));
		else if (c->slots[i].blame)
			slot_remember(&c->slots[i], true);
	}
}

static void confirm_deliver(struct confirm *c, const struct quorum_result *q)
{
	struct resolver_confirmation out = {
		.seen = q->seen,
		.seen_as = q->seen_as,
		.reflections = c->reflections,
		.n_reflections = c->n_asked,
		.dns_only = q->dns_only,
		.router_shut_in = c->router_shut_in,
	};

	op_leave(&c->op);
	confirm_remember(c, q);
	c->done(c->user, &out);
	confirm_free(&c->op);
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
	slot_stop(s);
}

static void slot_take(struct confirm_slot *s, const struct inquiry_reply *reply)
{
	struct confirm *c = s->confirm;
	struct resolver_reflection *r = &c->reflections[s->said];
	struct quorum_vote *vote = &c->votes[s - c->slots];

	r->rtt_us = reply->rtt_us;
	if (reply->status < 0) {
		/* A router that has no address to tell has not failed. */
		s->blame = !reply->no_public;
		c->router_shut_in = c->router_shut_in || reply->no_public;
		slot_fail(s, reply->status, reply->why);
		return;
	}
	r->status = 0;
	r->addr = reply->addr;
	vote->state = QUORUM_SAID;
	vote->addr = reply->addr;
	slot_stop(s);
}

/* Decided by those who were asked, if nobody else is? */
static struct quorum_result judge_asked(const struct confirm *c)
{
	struct quorum_vote votes[RESOLVER_REFLECTORS_MOST];

	for (size_t i = 0; i < c->n; i++) {
		votes[i] = c->votes[i];
		if (!c->asked[i])
			votes[i].state = QUORUM_FAILED;
	}
	return quorum_judge(&c->question.candidate, votes, c->n, &c->need);
}

/*
 * Is one that is not plain DNS to be asked next? Another address than the
 * candidate takes one, and none is on its way.
 */
static bool confirm_lacks_kind(const struct confirm *c)
{
	bool other_said = c->shut_in;

	for (size_t i = 0; i < c->n; i++) {
		const struct quorum_vote *v = &c->votes[i];

		if (!c->asked[i] || v->state == QUORUM_FAILED)
			continue;
		if (!v->plain_dns)
			return false;
		if (v->state == QUORUM_SAID &&
		    !addr_equal(&v->addr, &c->question.candidate))
			other_said = true;
	}
	return other_said;
}

/* Asks it, or lets it fail. */
static void slot_ask(struct confirm_slot *s)
{
	struct confirm *c = s->confirm;
	struct resolver_reflection *r;
	struct inquiry_question q = {
		.text = s->text,
		.reflector = &s->reflector,
		.candidate = c->question.candidate,
		.gateway = c->question.gateway,
		.egress = c->question.egress,
		.ca_file = c->ca_file,
		/* A little longer than all of it, whose deadline ends it. */
		.timeout_ms = confirm_left_ms(c) + ASK_NEXT_MS,
	};
	int rc;

	c->asked[s - c->slots] = true;
	s->said = c->n_asked++;
	r = &c->reflections[s->said];
	r->reflector = s->text;
	r->status = -EINPROGRESS;
	(void)snprintf(r->why, sizeof(r->why), "no answer yet");
	if (s->error < 0) {
		slot_fail(s, s->error, "this is no reflector");
		return;
	}
	s->inquiry = malloc(sizeof(*s->inquiry));
	if (!s->inquiry) {
		slot_fail(s, -ENOMEM, "no memory");
		return;
	}
	rc = inquiry_start(s->inquiry, c->op.resolver, &q, c->answered, s,
			   r->why);
	if (rc < 0)
		slot_fail(s, rc, r->why);
}

/* ---- all of them ---- */

/* As many under way as may decide it; each failure asks the next. */
static void confirm_ask(struct confirm *c)
{
	for (;;) {
		bool lacks_kind = confirm_lacks_kind(c);
		size_t next = order_next(c->votes, c->asked, c->n, lacks_kind);
		struct quorum_result q = judge_asked(c);

		if (next == c->n || q.seen == RESOLVER_SEEN ||
		    q.seen == RESOLVER_SEEN_AS)
			return;
		if (!q.decided && !(lacks_kind && !c->votes[next].plain_dns))
			return;
		slot_ask(&c->slots[next]);
	}
}

/*
 * A router that is still thinking may say that another NAT follows: worth a
 * moment where it was asked at all.
 */
static bool confirm_awaits_router(const struct confirm *c)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->asked[i] && c->votes[i].state == QUORUM_OPEN &&
		    reflector_is_router(&c->slots[i].reflector))
			return true;
	return false;
}

/* Something was heard: decided, or on to the next. */
static void confirm_go_on(struct confirm *c)
{
	struct quorum_result q;

	confirm_ask(c);
	q = quorum_judge(&c->question.candidate, c->votes, c->n, &c->need);
	if (q.decided && !confirm_awaits_router(c))
		confirm_deliver(c, &q);
}

static void slot_answered(void *user, const struct inquiry_reply *reply)
{
	struct confirm_slot *s = user;
	struct confirm *c = s->confirm;

	slot_take(s, reply);
	confirm_go_on(c);
}

static void confirm_arm(struct confirm *c)
{
	uint32_t delay_ms = confirm_left_ms(c);

	c->timer_ends = !(delay_ms > ASK_NEXT_MS &&
			  (c->n_asked < c->n || confirm_awaits_router(c)));
	if (!c->timer_ends)
		delay_ms = ASK_NEXT_MS;
	ev_timer_stop(c->op.resolver->loop, &c->timer);
	ev_timer_set(&c->timer, delay_ms / 1000., 0.);
	/* Who was held up in this turn of the loop has not waited yet. */
	ev_now_update(c->op.resolver->loop);
	ev_timer_start(c->op.resolver->loop, &c->timer);
}

/* Those who have not answered by now, or only the router. */
static void confirm_give_up(struct confirm *c, bool router_only)
{
	for (size_t i = 0; i < c->n; i++) {
		struct confirm_slot *s = &c->slots[i];

		if (!c->asked[i] || c->votes[i].state != QUORUM_OPEN ||
		    (router_only && !reflector_is_router(&s->reflector)))
			continue;
		s->blame = true;
		slot_fail(s, -ETIMEDOUT, "timed out");
	}
}

static void confirm_time_over(struct confirm *c)
{
	struct quorum_result q;

	confirm_give_up(c, false);
	for (size_t i = 0; i < c->n; i++)
		if (c->votes[i].state == QUORUM_OPEN)
			c->votes[i].state = QUORUM_FAILED;
	q = quorum_judge(&c->question.candidate, c->votes, c->n, &c->need);
	confirm_deliver(c, &q);
}

static void confirm_timer(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct confirm *c = w->data;
	struct quorum_result q;
	size_t next;

	(void)loop;
	(void)revents;
	/* A loop's clock lags: its timers may end a little early. */
	if (c->timer_ends || confirm_left_ms(c) == 0) {
		confirm_time_over(c);
		return;
	}
	confirm_give_up(c, true);
	q = quorum_judge(&c->question.candidate, c->votes, c->n, &c->need);
	next = order_next(c->votes, c->asked, c->n, confirm_lacks_kind(c));
	if (!q.decided && next < c->n)
		slot_ask(&c->slots[next]);
	confirm_arm(c);
	confirm_go_on(c);
}

static int confirm_init(struct confirm *c, const struct resolver_confirm *q)
{
	size_t n = q->n_reflectors < RESOLVER_REFLECTORS_MOST ?
			   q->n_reflectors : RESOLVER_REFLECTORS_MOST;
	enum addr_class class = addr_class(&q->candidate, NULL);

	c->question = *q;
	c->shut_in = class == ADDR_PRIVATE || class == ADDR_SHARED;
	c->need = (struct quorum_need){ q->quorum, q->quorum_as };
	c->deadline_ns = clock_mono_ns() + (uint64_t)q->timeout_ms * 1000000;
	c->slots = calloc(n + 1, sizeof(*c->slots));
	c->votes = calloc(n + 1, sizeof(*c->votes));
	c->asked = calloc(n + 1, sizeof(*c->asked));
	c->reflections = calloc(n + 1, sizeof(*c->reflections));
	if (!c->slots || !c->votes || !c->asked || !c->reflections)
		return -ENOMEM;
	c->question.ca_file = NULL;
	if (q->ca_file) {
		c->ca_file = str_dup(q->ca_file);
		if (!c->ca_file)
			return -ENOMEM;
	}
	return confirm_take_list(c, q, n);
}

static bool confirm_is_open(const struct confirm *c)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->asked[i] && c->votes[i].state == QUORUM_OPEN)
			return true;
	return false;
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
	c->answered = slot_answered;
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
	if (!confirm_is_open(c))
		c->deadline_ns = 0; /* nobody to wait for: told at once */
	confirm_arm(c);
	return id;
}
