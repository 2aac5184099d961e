#include "config.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "net/dns_msg.h"
#include "notify/account.h"
#include "notify/engine.h"
#include "notify/reverse.h"
#include "notify/rfc2136.h"
#include "notify/update.h"
#include "notify/update_batch.h"

/*
 * One reverse name on its way, after the name itself was accepted: nobody
 * waits for it, and nothing of it hurts the name.
 */
struct update_ptr {
	struct update_ptr *next;
	struct update *u;
	struct work work;
	struct job job;
	struct rfc2136_record records[2];
	uint8_t data[REVERSE_DATA_MAX];
};

static void ptr_free(struct update_ptr *p)
{
	struct update_ptr **at = &p->u->ptrs;

	while (*at != p)
		at = &(*at)->next;
	*at = p->next;
	free(p);
}

static void ptr_start(struct update_ptr *p)
{
	struct work *one = &p->work;

	update_submit(p->u, &one, 1);
}

/* Once: it will most likely stay as it is, and the name itself is right. */
static void say(struct update *u, const struct job *j, const char *why)
{
	if (u->ptr_told)
		log_debug("%s: the reverse name is not set: %s", j->name, why);
	else
		log_warning("provider \"%s\": the reverse name %s is not set: "
			    "%s", u->account->name, j->name, why);
	u->ptr_told = true;
}

static void update_ptr_done(struct work *w, const struct outcome *o)
{
	struct update_ptr *p = (struct update_ptr *)
		((char *)w - offsetof(struct update_ptr, work));
	struct engine *e = p->u->engine;

	/* The account's servers need not have the reverse zone. */
	if (o->status != NOTIFY_DONE && !p->job.at_primary &&
	    p->u->n_servers > 0) {
		p->job.at_primary = true;
		ptr_start(p);
		return;
	}
	if (o->status != NOTIFY_DONE)
		say(p->u, &p->job, o->text);
	ptr_free(p);
	engine_leave(e);
}

/* Its PTR record to name comes, in place of all others; or goes. */
static void set(struct update *u, const struct job *from,
		const struct addr *a, bool comes)
{
	struct update_ptr *p = calloc(1, sizeof(*p));
	int len = p ? reverse_data(from->name, p->data) : -ENOMEM;

	if (len < 0) {
		free(p);
		return;
	}
	p->u = u;
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
	ptr_start(p);
}

static bool holds(const struct addr *addrs, size_t n, const struct addr *a)
{
	for (size_t i = 0; i < n; i++)
		if (addr_equal(&addrs[i], a))
			return true;
	return false;
}

static void set_family(struct update *u, const struct job *j,
		       const struct job_set *now, int family)
{
	if (!now->given)
		return;
	for (size_t i = 0; i < now->n; i++)
		set(u, j, &now->addrs[i], true);
	for (size_t i = 0; i < j->n_ptr_was; i++)
		if (j->ptr_was[i].family == family &&
		    !holds(now->addrs, now->n, &j->ptr_was[i]))
			set(u, j, &j->ptr_was[i], false);
}

void update_ptr_follow(struct update *u, const struct job *j,
		       const struct outcome *o)
{
	if (!j->ptr || u->engine->dry_run)
		return;
	if (o->ipv4 == NOTIFY_DONE)
		set_family(u, j, &j->ipv4, AF_INET);
	if (o->ipv6 == NOTIFY_DONE)
		set_family(u, j, &j->ipv6, AF_INET6);
}

void update_ptrs_drop(struct update *u)
{
	while (u->ptrs)
		ptr_free(u->ptrs);
}
