#include "config.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "net/dns_msg.h"
#include "notify/core/engine.h"
#include "notify/rfc2136/reverse.h"
#include "notify/rfc2136/rfc2136.h"
#include "notify/rfc2136/update.h"
#include "notify/rfc2136/update_batch.h"

/* A job of reverse names alone: answered with the last of them. */
struct ptr_group {
	struct work *work; /* NULL: cancelled */
	size_t left;
	struct outcome worst;
};

/*
 * One reverse name on its way. After the name itself was accepted nobody
 * waits for it, and nothing of it hurts the name.
 */
struct update_ptr {
	struct update_ptr *next;
	struct update *u;
	struct ptr_group *group; /* NULL: nobody waits */
	struct work work;
	struct job job;
	struct rfc2136_record records[2];
	uint8_t data[REVERSE_DATA_MAX];
	char to[DOMAIN_SIZE];
};

static void group_leave(struct ptr_group *g)
{
	if (!g || --g->left > 0)
		return;
	if (g->work) {
		g->work->batch = NULL;
		work_done(g->work, &g->worst);
	}
	free(g);
}

static void ptr_free(struct update_ptr *p)
{
	struct update_ptr **at = &p->u->ptrs;

	while (*at != p)
		at = &(*at)->next;
	*at = p->next;
	group_leave(p->group);
	free(p);
}

static void ptr_start(struct update_ptr *p)
{
	struct work *one = &p->work;

	update_submit(p->u, &one, 1);
}

/* The worst counts: a retry is better than a refusal. */
static void group_add(struct update_ptr *p, const struct outcome *o)
{
	struct ptr_group *g = p->group;

	if (o->status > g->worst.status || g->worst.text[0] == '\0')
		outcome_set(&g->worst, o->status, o->retry_after_s,
			    "%.80s: %s", p->job.name, o->text);
}

static void update_ptr_done(struct work *w, const struct outcome *o,
			    json_t *values)
{
	struct update_ptr *p = (struct update_ptr *)
		((char *)w - offsetof(struct update_ptr, work));
	struct engine *e = p->u->engine;
	bool good = o->status == NOTIFY_DONE || o->status == NOTIFY_UNCHANGED;

	json_decref(values); /* there are none: nobody looks */
	/* The account's servers need not have the reverse zone. */
	if (!good && !p->job.at_primary && p->u->n_servers > 0) {
		p->job.at_primary = true;
		ptr_start(p);
		return;
	}
	if (p->group)
		group_add(p, o);
	else if (!good)
		log_info("%s: the reverse name is not set: %s", p->job.name,
			 o->text);
	ptr_free(p);
	engine_leave(e);
}

/* Its PTR record to name comes, in place of all others; or goes. */
static void set(struct update *u, const struct job *from,
		const struct addr *a, bool comes, struct ptr_group *group)
{
	struct update_ptr *p = calloc(1, sizeof(*p));
	int len = p ? reverse_data(from->name, p->data) : -ENOMEM;

	if (len < 0) {
		free(p);
		return;
	}
	p->u = u;
	p->group = group;
	if (group) {
		group->left++;
		(void)snprintf(p->to, sizeof(p->to), "%s", from->name);
		p->job.ptr_to = p->to;
	}
	p->work.job = &p->job;
	p->work.account = u->account;
	p->work.done = update_ptr_done;
	p->job.ttl_s = from->ttl_s;
	p->job.ipv4.source = from->ipv4.source;
	p->job.ipv6.source = from->ipv6.source;
	p->job.mark = from->mark;
	memcpy(p->job.interface, from->interface, sizeof(from->interface));
	reverse_name(a, p->job.name);
	p->records[0] = (struct rfc2136_record){
		.act = RFC2136_CLEAR, .name = p->job.name, .type = DNS_PTR,
	};
	p->records[comes] = (struct rfc2136_record){
		.act = comes ? RFC2136_ADD : RFC2136_DELETE,
		.name = p->job.name, .type = DNS_PTR, .data = p->data,
		.len = (uint16_t)len,
	};
	p->job.records = p->records;
	p->job.n_records = comes ? 2 : 1;
	p->next = u->ptrs;
	u->ptrs = p;
	engine_stay(u->engine);
	if (!group)
		ptr_start(p);
}

static bool holds(const struct addr *addrs, size_t n, const struct addr *a)
{
	for (size_t i = 0; i < n; i++)
		if (addr_equal(&addrs[i], a))
			return true;
	return false;
}

/* Of a shared name another owner may have the address by now. */
static bool is_gone(const struct batch *b, const struct job *j,
		    const struct addr *a)
{
	return !j->owner[0] || holds(b->took, b->n_took, a);
}

static void set_family(struct update *u, const struct batch *b,
		       const struct job *j, const struct job_set *now,
		       int family)
{
	if (!now->given)
		return;
	for (size_t i = 0; i < now->n; i++)
		set(u, j, &now->addrs[i], true, NULL);
	for (size_t i = 0; i < j->n_ptr_was; i++)
		if (j->ptr_was[i].family == family &&
		    !holds(now->addrs, now->n, &j->ptr_was[i]) &&
		    is_gone(b, j, &j->ptr_was[i]))
			set(u, j, &j->ptr_was[i], false, NULL);
}

void update_ptr_follow(struct update *u, const struct batch *b,
		       const struct job *j, const struct outcome *o)
{
	if (!j->ptr || u->engine->dry_run)
		return;
	if (o->ipv4 == NOTIFY_DONE)
		set_family(u, b, j, &j->ipv4, AF_INET);
	if (o->ipv6 == NOTIFY_DONE)
		set_family(u, b, j, &j->ipv6, AF_INET6);
}

void update_ptr_check(struct update *u, struct work *w)
{
	struct ptr_group *g = calloc(1, sizeof(*g));
	const struct job *j = w->job;
	struct outcome o;

	if (g) {
		for (size_t i = 0; i < j->ipv4.n; i++)
			set(u, j, &j->ipv4.addrs[i], true, g);
		for (size_t i = 0; i < j->ipv6.n; i++)
			set(u, j, &j->ipv6.addrs[i], true, g);
	}
	if (!g || g->left == 0) {
		free(g);
		outcome_set(&o, j->ipv4.n + j->ipv6.n ? NOTIFY_RETRY
						      : NOTIFY_UNCHANGED, 0,
			    "no reverse name is looked at");
		work_done(w, &o);
		return;
	}
	g->work = w;
	w->batch = g;
	/* They were made together; any of them may end at once. */
	g->left++;
	for (struct update_ptr *p = u->ptrs, *next; p; p = next) {
		next = p->next;
		if (p->group == g)
			ptr_start(p);
	}
	group_leave(g);
}

void update_ptr_cancel(struct work *w)
{
	struct ptr_group *g = w->batch;

	w->batch = NULL;
	g->work = NULL;
}

void update_ptrs_drop(struct update *u)
{
	while (u->ptrs) {
		if (u->ptrs->group)
			u->ptrs->group->work = NULL;
		ptr_free(u->ptrs);
	}
}
