#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "notify/core/account.h"
#include "notify/core/engine.h"
#include "notify/core/resolve.h"
#include "notify/desk/fetch.h"
#include "notify/desk/fetch_judge.h"
#include "notify/http/http.h"

/* One job under way; work->batch. */
struct fetch {
	struct fetch *next;
	struct fetch **head; /* the account's */
	struct engine *engine;
	struct work *work;
	struct http_url url;
	char *text; /* the URL as it is asked for */
	int asking; /* the host's address; 0: not */
	struct http_exchange *exchange;
	uint64_t deadline_ms;
};

/* The account's state. */
struct fetches {
	struct engine *engine;
	struct fetch *first;
};

static void fetch_free(struct fetch *f)
{
	struct fetch **p = f->head;

	while (*p && *p != f)
		p = &(*p)->next;
	if (*p)
		*p = f->next;
	if (f->asking > 0)
		resolve_cancel(f->engine->resolve, f->asking);
	http_exchange_free(f->exchange);
	free(f->text);
	free(f);
}

static void fetch_finish(struct fetch *f, enum notify_status status,
			 const char *text)
{
	struct work *w = f->work;
	struct outcome o;

	fetch_free(f);
	outcome_set(&o, status, 0, "%s", text);
	work_done(w, &o);
}

static void fetch_answered(void *user, const struct http_answer *a)
{
	struct fetch *f = user;
	const struct job_fetch *job = &f->work->job->fetch;
	const struct fetch_answer answer = {
		.status = a->status, .body = a->body, .len = a->len,
		.pointer = job->pointer, .family = job->family,
	};
	char why[FETCH_WHY_SIZE], text[ADDR_STRLEN];
	struct addr addr;

	if (a->error < 0)
		fetch_finish(f, NOTIFY_RETRY, a->text);
	else if (fetch_judge(&answer, &addr, why) < 0)
		fetch_finish(f, NOTIFY_RETRY, why);
	else
		fetch_finish(f, NOTIFY_DONE, addr_print(&addr, text));
}

static uint32_t fetch_left_ms(const struct fetch *f)
{
	uint64_t now_ms = clock_mono_ms();

	return f->deadline_ms > now_ms ? (uint32_t)(f->deadline_ms - now_ms)
				       : 1;
}

/* 0, or -errno. */
static int fetch_send(struct fetch *f, const struct addr *addrs, size_t n)
{
	const struct job *j = f->work->job;
	struct addr fit[RESOLVE_ADDRS_MAX];
	struct http_request q = {
		.url = f->text,
		.ca_file = j->fetch.ca_file,
		.addrs = fit,
		.timeout_ms = fetch_left_ms(f),
		/* A kept connection would show where it once left from. */
		.fresh = true,
		.trace = f->engine->trace,
	};
	int r;

	for (size_t i = 0; i < n && q.n_addrs < RESOLVE_ADDRS_MAX; i++)
		if (addrs[i].family == j->fetch.family)
			fit[q.n_addrs++] = addrs[i];
	if (q.n_addrs == 0)
		return -ENOENT;
	/* As it is: it is the way out that is to be seen. */
	r = engine_egress_exact(f->engine, j, &fit[0], &q.egress);
	if (r < 0)
		return r;
	return http_start(f->engine->http, &q, fetch_answered, f,
			  &f->exchange);
}

static void fetch_found(void *user, int status, const struct addr *addrs,
			size_t n, uint32_t ttl_s)
{
	struct fetch *f = user;

	(void)ttl_s;
	f->asking = 0;
	if (status == 0)
		status = fetch_send(f, addrs, n);
	if (status < 0)
		fetch_finish(f, NOTIFY_RETRY, engine_error(status));
}

static int fetch_begin(struct fetch *f)
{
	const struct job_fetch *job = &f->work->job->fetch;
	struct addr addrs[RESOLVE_ADDRS_MAX];
	size_t n;

	if (http_url_parse(job->url, "/", &f->url, &f->text) < 0 ||
	    !f->url.tls)
		return -EPROTONOSUPPORT;
	n = resolve_now(f->engine->resolve, f->work->job, f->url.host, addrs);
	if (n > 0)
		return fetch_send(f, addrs, n);
	f->asking = resolve_ask(f->engine->resolve, f->url.host, fetch_found,
				f);
	return f->asking < 0 ? f->asking : 0;
}

static void fetch_submit(struct account *a, struct work *const *works,
			 size_t n)
{
	struct fetches *all = a->state;

	for (size_t i = 0; i < n; i++) {
		struct fetch *f = calloc(1, sizeof(*f));
		struct outcome o;
		int r;

		if (!f) {
			outcome_set(&o, NOTIFY_RETRY, 0, "out of memory");
			work_done(works[i], &o);
			continue;
		}
		f->engine = all->engine;
		f->work = works[i];
		f->work->batch = f;
		f->deadline_ms = clock_mono_ms() +
				 works[i]->job->fetch.timeout_ms;
		f->head = &all->first;
		f->next = all->first;
		all->first = f;
		r = fetch_begin(f);
		if (r < 0)
			fetch_finish(f, NOTIFY_RETRY, engine_error(r));
	}
}

static void fetch_cancel(struct work *w)
{
	fetch_free(w->batch);
}

static int fetch_open(struct engine *e, struct account *a)
{
	struct fetches *all = calloc(1, sizeof(*all));
	int r = all ? http_need(e->loop, &e->http) : -ENOMEM;

	if (r < 0) {
		free(all);
		return r;
	}
	all->engine = e;
	a->state = all;
	return 0;
}

static void fetch_close(struct account *a)
{
	struct fetches *all = a->state;

	while (all->first)
		fetch_free(all->first);
	free(all);
	a->state = NULL;
}

const struct type type_fetch = {
	.name = "fetch",
	.title = "HTTPS reflectors",
	.http = true,
	.ipv4 = true,
	.ipv6 = true,
	.open = fetch_open,
	.close = fetch_close,
	.submit = fetch_submit,
	.cancel = fetch_cancel,
};
