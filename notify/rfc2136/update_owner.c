#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "net/dns_msg.h"
#include "notify/core/engine.h"
#include "notify/rfc2136/owner.h"
#include "notify/rfc2136/update_ask.h"
#include "notify/rfc2136/update_batch.h"

/* So often the other owners may change something meanwhile. */
#define TRIES_MAX 8

/* Of one family, where they go apart: its marks with it. */
static int plan(struct batch *b, const struct owner_marks *marks,
		int64_t server_s)
{
	struct job j = *batch_job(b);
	int r;

	if (b->only == AF_INET)
		j.ipv6 = (struct job_set){ .given = false };
	else if (b->only == AF_INET6)
		j.ipv4 = (struct job_set){ .given = false };
	r = owner_plan_new(&j, marks, server_s, b->tries >= TRIES_MAX,
			   &b->plan);
	if (r == 0)
		b->plan->change.name = batch_job(b)->name;
	return r;
}

static void batch_marks(void *user, const struct outcome *o,
			const struct update_answer *a)
{
	struct batch *b = user;
	struct owner_marks marks;
	int r = 0;

	if (a)
		r = owner_marks_read(a->query, a->query_len, a->data, a->len,
				     &marks);
	if (a && r == 0 && b->gone) {
		r = owner_plan_repair(batch_job(b), &marks, a->server_s,
				      b->took, b->n_took, &b->plan);
		owner_marks_done(&marks);
	} else if (a && r == 0) {
		r = plan(b, &marks, a->server_s);
		owner_marks_done(&marks);
	}
	update_ask_free(b->question);
	b->question = NULL;
	if (!a)
		batch_target_said(b, o);
	else if (r < 0)
		batch_target_failed(b, r);
	else if (b->gone && !b->plan)
		batch_finish(b, &b->good);
	else
		batch_step(b);
}

void batch_ask_owners(struct batch *b)
{
	const struct update_server *s = batch_server(b);
	char name[DOMAIN_SIZE];
	struct update_question q = {
		.job = batch_job(b), .server = b->addrs[b->addr],
		.port = s->port, .target = batch_target(b), .name = name,
		.type = DNS_TXT, .timeout_ms = batch_share_ms(b),
	};
	int r = owner_mark_name(batch_job(b)->name, name);

	if (r < 0) {
		struct outcome o;

		outcome_set(&o, NOTIFY_REFUSED, 0, "%.200s is too long to be "
			    "shared (with " OWNER_LABEL " before it)",
			    batch_job(b)->name);
		batch_finish(b, &o);
		return;
	}
	r = update_ask_start(b->u, &q, batch_marks, b, &b->question);
	if (r < 0)
		batch_target_failed(b, r);
}

static void took(struct batch *b, const struct job_set *set)
{
	if (set->n_was == 0)
		return;
	memcpy(b->took + b->n_took, set->was,
	       set->n_was * sizeof(*set->was));
	b->n_took += set->n_was;
	b->unsure |= !b->plan->equals;
}

void batch_owners_took(struct batch *b)
{
	const struct job_set *four = &b->plan->ipv4, *six = &b->plan->ipv6;
	struct addr *more = realloc(b->took,
				    (b->n_took + four->n_was + six->n_was + 1) *
					    sizeof(*more));

	if (!more)
		return;
	b->took = more;
	took(b, four);
	took(b, six);
}

bool batch_owners_after(struct batch *b, const struct outcome *o)
{
	if (b->gone || !b->unsure)
		return false;
	b->gone = true;
	b->good = *o;
	b->tries = 0;
	owner_plan_free(b->plan);
	b->plan = NULL;
	rfc2136_message_done(&b->message);
	batch_step(b);
	return true;
}

bool batch_owners_again(struct batch *b)
{
	if (!b->plan || b->tries > TRIES_MAX)
		return false;
	b->tries++;
	owner_plan_free(b->plan);
	b->plan = NULL;
	rfc2136_message_done(&b->message);
	batch_step(b);
	return true;
}
