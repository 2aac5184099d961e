#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <ev.h>

#include "base/clock.h"
#include "notify/account.h"
#include "notify/dyndns2.h"
#include "notify/dyndns2_request.h"
#include "notify/engine.h"
#include "notify/resolve.h"

#define SETTLE_MS 100
#define SETTLE_FIRST_S 0.002

/* One request on its way. */
struct request {
	struct request *next;
	struct dyndns2 *owner;
	struct work *works[DYNDNS2_HOSTS_MAX];
	size_t n;
	size_t in_url; /* hosts asked for: works that are cancelled count */
	size_t place[DYNDNS2_HOSTS_MAX]; /* of each work, in the URL */
	bool loopback;
	struct addr addrs[RESOLVE_ADDRS_MAX];
	size_t n_addrs;
	uint64_t start_ms;
	double again_s; /* the next pause */
	ev_timer again;
	int resolving;
	struct http_exchange *exchange;
};

static void request_free(struct request *q)
{
	struct request **p = &q->owner->requests;

	while (*p && *p != q)
		p = &(*p)->next;
	if (*p)
		*p = q->next;
	for (size_t i = 0; i < q->n; i++)
		q->works[i]->batch = NULL;
	http_exchange_free(q->exchange);
	ev_timer_stop(q->owner->engine->loop, &q->again);
	if (q->resolving > 0)
		resolve_cancel(q->owner->engine->resolve, q->resolving);
	free(q);
}

/* Each work by its place in the URL; frees the request. */
static void answer(struct request *q, const struct outcome *o)
{
	while (q->n > 0) {
		struct work *w = q->works[--q->n];

		w->batch = NULL;
		work_done(w, &o[q->place[q->n]]);
	}
	request_free(q);
}

static void answer_all(struct request *q, const struct outcome *o)
{
	struct outcome all[DYNDNS2_HOSTS_MAX];

	for (size_t i = 0; i < q->in_url; i++)
		all[i] = *o;
	answer(q, all);
}

static void fail(struct request *q, int error)
{
	struct outcome o;

	outcome_set(&o, NOTIFY_RETRY, 0, "%s: %s", q->owner->dialled.host,
		    engine_error(error));
	answer_all(q, &o);
}

/*
 * The kernel announces an address, and its route, before they can be used:
 * what fails at once, with nothing sent, is tried again for a moment.
 */
static bool try_again(struct request *q, const struct http_answer *a)
{
	struct ev_loop *loop = q->owner->engine->loop;

	if (a->error == 0 || a->sent_ns != 0 ||
	    clock_mono_ms() - q->start_ms >= SETTLE_MS)
		return false;
	http_exchange_free(q->exchange);
	q->exchange = NULL;
	ev_now_update(loop);
	ev_timer_set(&q->again, q->again_s, 0.);
	ev_timer_start(loop, &q->again);
	q->again_s *= 2;
	return true;
}

static void dyndns2_answered(void *user, const struct http_answer *a)
{
	struct request *q = user;
	struct outcome o[DYNDNS2_HOSTS_MAX];
	struct dyndns2_answer d = {
		.http_status = a->status, .body = a->body, .len = a->len,
		.retry_after_s = a->retry_after_s,
		.location = a->location[0] ? a->location : NULL,
		.loopback_asked = q->loopback,
	};

	if (try_again(q, a))
		return;
	if (a->error < 0) {
		outcome_set(&o[0], NOTIFY_RETRY, 0, "%s: %s",
			    q->owner->dialled.host, a->text);
		for (size_t i = 1; i < q->in_url; i++)
			o[i] = o[0];
	} else {
		dyndns2_judge(&d, q->in_url, o);
	}
	for (size_t i = 0; i < q->in_url; i++)
		o[i].sent_ns = a->sent_ns;
	answer(q, o);
}

static char *url_of(struct request *q)
{
	const char *names[DYNDNS2_HOSTS_MAX];
	const char *parameter = account_get(q->owner->account,
					    "ipv6-parameter");
	struct dyndns2_request r = {
		.endpoint = q->owner->endpoint,
		.ipv6_parameter = parameter ? parameter : "myip",
		.names = names,
		.n_names = q->n,
		.ipv4 = &q->works[0]->job->ipv4,
		.ipv6 = &q->works[0]->job->ipv6,
	};

	for (size_t i = 0; i < q->n; i++) {
		names[i] = q->works[i]->job->name;
		q->place[i] = i;
	}
	q->in_url = q->n;
	return dyndns2_url(&r);
}

static void dry_run(struct request *q, const char *url)
{
	struct outcome o;

	engine_trace("request (dry run)", url);
	outcome_set(&o, NOTIFY_DONE, 0, "dry run: not sent: GET %s", url);
	answer_all(q, &o);
}

/* Those of the family whose source the job names; all where it names none. */
static size_t choose(const struct job *j, struct addr *addrs, size_t n)
{
	int family = j->ipv4.source.family ? AF_INET
		     : j->ipv6.source.family ? AF_INET6 : AF_UNSPEC;
	size_t kept = 0;

	if (j->ipv4.source.family && j->ipv6.source.family)
		family = addrs[0].family;
	for (size_t i = 0; i < n; i++)
		if (family == AF_UNSPEC || addrs[i].family == family) {
			struct addr a = addrs[i];

			addrs[i] = addrs[kept];
			addrs[kept++] = a;
		}
	return kept > 0 ? kept : n;
}

static void send_request(struct request *q)
{
	struct account *a = q->owner->account;
	struct engine *e = q->owner->engine;
	const struct job *j = q->works[0]->job;
	struct http_request r = {
		.username = account_get(a, "username"),
		.password = account_get(a, "password"),
		.ca_file = account_get(a, "ca-file"),
		.proxy = account_get(a, "proxy"),
		.addrs = q->addrs,
		.n_addrs = choose(j, q->addrs, q->n_addrs),
		.timeout_ms = a->timeout_ms,
		.trace = e->trace,
	};
	char *url = url_of(q);
	int error = url ? 0 : -ENOMEM;

	if (error == 0)
		error = engine_egress(e, j, &q->addrs[0], &r.egress);
	if (error == 0 && e->dry_run) {
		dry_run(q, url);
		free(url);
		return;
	}
	r.url = url;
	if (error == 0)
		error = http_start(e->http, &r, dyndns2_answered, q,
				   &q->exchange);
	free(url);
	if (error < 0)
		fail(q, error);
}

static void dyndns2_resolved(void *user, int status, const struct addr *addrs,
			     size_t n, uint32_t ttl_s)
{
	struct request *q = user;

	(void)ttl_s;
	q->resolving = 0;
	if (status < 0) {
		q->in_url = q->n;
		fail(q, status);
		return;
	}
	if (n > RESOLVE_ADDRS_MAX)
		n = RESOLVE_ADDRS_MAX;
	memcpy(q->addrs, addrs, n * sizeof(*addrs));
	q->n_addrs = n;
	q->start_ms = clock_mono_ms();
	send_request(q);
}

static void dyndns2_again(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)revents;
	send_request(w->data);
}

static void start(struct request *q)
{
	struct engine *e = q->owner->engine;

	ev_timer_init(&q->again, dyndns2_again, 0., 0.);
	q->again.data = q;
	q->again_s = SETTLE_FIRST_S;
	q->start_ms = clock_mono_ms();
	q->n_addrs = resolve_now(e->resolve, q->works[0]->job,
				 q->owner->dialled.host, q->addrs);
	if (q->n_addrs > 0) {
		send_request(q);
		return;
	}
	q->resolving = resolve_ask(e->resolve, q->owner->dialled.host,
				   dyndns2_resolved, q);
	if (q->resolving < 0) {
		q->in_url = q->n;
		fail(q, q->resolving);
	}
}

/* The protocol has no way to leave a name without address. */
static bool withdraws(const struct job *j)
{
	return (j->ipv4.given && j->ipv4.n == 0) ||
	       (j->ipv6.given && j->ipv6.n == 0);
}

static bool asks_loopback(const struct job *j)
{
	static const struct addr lo = { .family = AF_INET,
					.bytes = { 127, 0, 0, 1 } };

	for (size_t i = 0; i < j->ipv4.n; i++)
		if (addr_equal(&j->ipv4.addrs[i], &lo))
			return true;
	return false;
}

void dyndns2_submit(struct account *a, struct work *const *works, size_t n)
{
	struct dyndns2 *d = a->state;

	for (size_t i = 0; i < n; i++) {
		const struct job *j = works[i]->job;
		struct request *q;
		struct outcome o;

		if (withdraws(j)) {
			outcome_set(&o, NOTIFY_REFUSED, 0,
				    "dyndns2 cannot take an address away");
			work_done(works[i], &o);
			continue;
		}
		q = calloc(1, sizeof(*q));
		if (!q) {
			outcome_set(&o, NOTIFY_RETRY, 0, "out of memory");
			work_done(works[i], &o);
			continue;
		}
		q->owner = d;
		q->loopback = asks_loopback(j);
		q->next = d->requests;
		d->requests = q;
		/* Neighbours with the same addresses share the request. */
		do {
			works[i]->batch = q;
			q->works[q->n++] = works[i];
		} while (q->n < DYNDNS2_HOSTS_MAX && i + 1 < n &&
			 dyndns2_same(j, works[i + 1]->job) && ++i);
		start(q);
	}
}

void dyndns2_cancel(struct work *w)
{
	struct request *q = w->batch;

	for (size_t i = 0; i < q->n; i++)
		if (q->works[i] == w) {
			q->n--;
			q->works[i] = q->works[q->n];
			q->place[i] = q->place[q->n];
			break;
		}
	w->batch = NULL;
	if (q->n == 0)
		request_free(q);
}

void dyndns2_drop(struct dyndns2 *d)
{
	while (d->requests)
		request_free(d->requests);
}
