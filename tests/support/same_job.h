/* Do two jobs say the same? For jobs that job_scan() can make. */
#ifndef TESTS_SUPPORT_SAME_JOB_H
#define TESTS_SUPPORT_SAME_JOB_H

#include <string.h>

#include "notify/core/job.h"

static inline bool same_set(const struct job_set *a, const struct job_set *b)
{
	bool same = a->given == b->given && a->n == b->n &&
		    a->was_given == b->was_given && a->n_was == b->n_was &&
		    addr_equal(&a->source, &b->source);

	for (size_t i = 0; same && i < a->n; i++)
		same = addr_equal(&a->addrs[i], &b->addrs[i]);
	return same;
}

static inline bool same_job(const struct job *a, const struct job *b)
{
	return a->kind == b->kind && a->id == b->id &&
	       strcmp(a->account, b->account) == 0 &&
	       strcmp(a->name, b->name) == 0 && strcmp(a->zone, b->zone) == 0 &&
	       a->zone_given == b->zone_given && same_set(&a->ipv4, &b->ipv4) &&
	       same_set(&a->ipv6, &b->ipv6) && a->ttl_s == b->ttl_s &&
	       strcmp(a->interface, b->interface) == 0 && a->mark == b->mark &&
	       strcmp(a->owner, b->owner) == 0 &&
	       a->owner_expire_s == b->owner_expire_s && a->ptr == b->ptr &&
	       a->no_create == b->no_create && a->n_hints == b->n_hints &&
	       a->more == b->more && !a->fetch.url == !b->fetch.url &&
	       a->n_accounts == b->n_accounts;
}

#endif
