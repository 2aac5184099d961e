#include "config.h"

#include "daemon/record/offer.h"
#include "monitor/monitor.h"

static void offer_fill_set(struct notify_set *set, struct entry *e)
{
	e->left_from = entry_egress(e)->source;
	set->given = true;
	set->addrs = e->wanted.items;
	set->n = e->wanted.n;
	if (e->config->owner) {
		set->was = e->accepted.items;
		set->n_was = e->accepted.n;
	}
	set->source = e->left_from;
	if (e->withdrawing) {
		set->was = e->was.items;
		set->n_was = e->was.n;
	}
}

/* The addresses that may still have our name as their reverse name. */
static size_t offer_ptr_was(const struct entry *e, struct addr *out)
{
	const struct addr_set *s;

	if (!e || !e->config->ptr)
		return 0;
	s = e->withdrawing ? &e->was : &e->accepted;
	for (size_t i = 0; i < s->n; i++)
		out[i] = s->items[i];
	return s->n;
}

static void offer_start(struct notify_job *job, const struct entry *e)
{
	const struct egress *egress = entry_egress(e);
	const struct monitor_link *link =
		monitor_link(e->world->monitor, egress->ifindex);

	job->name = e->config->name;
	job->zone = e->answer ? e->answer->zone : NULL;
	job->ttl_s = e->config->ttl_s;
	job->interface = link ? link->name : NULL;
	job->mark = egress->mark;
	job->ptr = e->config->ptr;
}

void offer_fill(struct notify_job *job, struct entry *ipv4,
		struct entry *ipv6, struct addr was[OFFER_WAS_MAX])
{
	struct entry *first = ipv4 ? ipv4 : ipv6;

	offer_start(job, first);
	job->owner = first->config->owner;
	job->owner_expire_s =
		(uint32_t)(first->config->owner_expire_ms / 1000);
	job->no_create = !first->config->create;
	job->ptr_was = was;
	job->n_ptr_was = offer_ptr_was(ipv4, was);
	job->n_ptr_was += offer_ptr_was(ipv6, was + job->n_ptr_was);
	if (ipv4)
		offer_fill_set(&job->ipv4, ipv4);
	if (ipv6)
		offer_fill_set(&job->ipv6, ipv6);
}

void offer_fill_ptr(struct notify_job *job, struct entry *e)
{
	struct notify_set *set =
		e->family == AF_INET ? &job->ipv4 : &job->ipv6;

	offer_start(job, e);
	set->given = true;
	set->addrs = e->published.items;
	set->n = e->published.n;
	set->source = entry_egress(e)->source;
	job->ptr_only = true;
}
