#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "notify/core/resolve.h"

#define HOSTS_MAX 1024
#define TTL_LEAST_S 10
#define TTL_MOST_S 3600

struct host {
	struct host *next;
	char *name;
	struct addr addrs[RESOLVE_ADDRS_MAX];
	size_t n;
	uint64_t until_ms;
};

struct question {
	struct question *next;
	struct resolve *owner;
	int id;
	char *host;
	lookup_addrs_fn *done;
	void *user;
};

struct resolve {
	struct lookup *lookup;
	struct host *hosts;
	size_t n_hosts;
	struct question *questions;
};

int resolve_new(struct lookup *lookup, struct resolve **ret)
{
	struct resolve *r = calloc(1, sizeof(*r));

	if (!r)
		return -ENOMEM;
	r->lookup = lookup;
	*ret = r;
	return 0;
}

static void question_free(struct question *q)
{
	free(q->host);
	free(q);
}

void resolve_free(struct resolve *r)
{
	if (!r)
		return;
	while (r->questions) {
		struct question *q = r->questions;

		r->questions = q->next;
		lookup_cancel(r->lookup, q->id);
		question_free(q);
	}
	while (r->hosts) {
		struct host *h = r->hosts;

		r->hosts = h->next;
		free(h->name);
		free(h);
	}
	free(r);
}

static struct host *find(struct resolve *r, const char *name)
{
	for (struct host *h = r->hosts; h; h = h->next)
		if (str_case_compare(h->name, name) == 0)
			return h;
	return NULL;
}

static size_t copy(const struct addr *addrs, size_t n,
		   struct addr out[RESOLVE_ADDRS_MAX])
{
	if (n > RESOLVE_ADDRS_MAX)
		n = RESOLVE_ADDRS_MAX;
	if (n > 0)
		memcpy(out, addrs, n * sizeof(*addrs));
	return n;
}

size_t resolve_now(struct resolve *r, const struct job *job, const char *host,
		   struct addr out[RESOLVE_ADDRS_MAX])
{
	const struct host *h;

	if (addr_parse(host, &out[0]) == 0)
		return 1;
	for (size_t i = 0; job && i < job->n_hints; i++)
		if (job->hints[i].n > 0 &&
		    str_case_compare(job->hints[i].host, host) == 0)
			return copy(job->hints[i].addrs, job->hints[i].n, out);
	h = find(r, host);
	if (!h || h->until_ms <= clock_mono_ms())
		return 0;
	return copy(h->addrs, h->n, out);
}

/* Memory that is short costs a question, nothing else. */
static void keep(struct resolve *r, const char *name, const struct addr *addrs,
		 size_t n, uint32_t ttl_s)
{
	struct host *h = find(r, name);

	if (!h) {
		if (r->n_hosts >= HOSTS_MAX)
			return;
		h = calloc(1, sizeof(*h));
		if (!h)
			return;
		h->name = str_dup(name);
		if (!h->name) {
			free(h);
			return;
		}
		h->next = r->hosts;
		r->hosts = h;
		r->n_hosts++;
	}
	if (ttl_s < TTL_LEAST_S)
		ttl_s = TTL_LEAST_S;
	if (ttl_s > TTL_MOST_S)
		ttl_s = TTL_MOST_S;
	h->n = copy(addrs, n, h->addrs);
	h->until_ms = clock_mono_ms() + ttl_s * 1000ULL;
}

static struct question *take(struct resolve *r, int id)
{
	for (struct question **p = &r->questions; *p; p = &(*p)->next)
		if ((*p)->id == id) {
			struct question *q = *p;

			*p = q->next;
			return q;
		}
	return NULL;
}

static void resolve_answered(void *user, int status, const struct addr *addrs,
			     size_t n, uint32_t ttl_s)
{
	struct question *q = user;
	struct resolve *r = q->owner;
	const struct host *old = find(r, q->host);

	(void)take(r, q->id);
	if (status == 0) {
		keep(r, q->host, addrs, n, ttl_s);
	} else if (status != -ENOENT && old && old->n > 0) {
		status = 0;
		addrs = old->addrs;
		n = old->n;
		ttl_s = TTL_LEAST_S;
	}
	q->done(q->user, status, addrs, n, ttl_s);
	question_free(q);
}

int resolve_ask(struct resolve *r, const char *host, lookup_addrs_fn *done,
		void *user)
{
	struct question *q = calloc(1, sizeof(*q));
	int id = -ENOMEM;

	if (!q)
		return -ENOMEM;
	*q = (struct question){ .owner = r, .done = done, .user = user,
				.host = str_dup(host) };
	if (q->host)
		id = lookup_addrs(r->lookup, host, AF_UNSPEC, resolve_answered,
				  q);
	if (id < 0) {
		question_free(q);
		return id;
	}
	q->id = id;
	q->next = r->questions;
	r->questions = q;
	return id;
}

static void resolve_prepared(void *user, int status, const struct addr *addrs,
			     size_t n, uint32_t ttl_s)
{
	(void)user;
	(void)status;
	(void)addrs;
	(void)n;
	(void)ttl_s;
}

void resolve_prepare(struct resolve *r, const char *host)
{
	(void)resolve_ask(r, host, resolve_prepared, NULL);
}

void resolve_cancel(struct resolve *r, int id)
{
	struct question *q = take(r, id);

	if (!q)
		return;
	lookup_cancel(r->lookup, id);
	question_free(q);
}
