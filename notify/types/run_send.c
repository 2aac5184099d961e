#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "notify/types/run.h"
#include "notify/types/run_inside.h"

#define SETTLE_MS 100
#define SETTLE_FIRST_S 0.002
/* A limit that is over sooner than this is waited for. */
#define LIMIT_WAIT_MS 5000
#define TROUBLE_S 900

static void give_up(struct run *r, enum notify_status status, uint32_t after_s,
		    const char *text)
{
	char line[JOB_TEXT_SIZE];

	(void)snprintf(line, sizeof(line), "%s: %s", r->provider->type->name,
		       text);
	run_settle(r, run_scope(r), status, after_s, line);
	run_next_thing(r);
}

static void fail(struct run *r, int error)
{
	char text[JOB_TEXT_SIZE];

	(void)snprintf(text, sizeof(text), "%s: %s", r->call.host.host,
		       engine_error(error));
	r->unreached = true;
	give_up(r, NOTIFY_RETRY, 0, text);
}

void run_send_stop(struct run *r)
{
	http_exchange_free(r->exchange);
	r->exchange = NULL;
	ev_timer_stop(r->provider->engine->loop, &r->again);
	if (r->resolving > 0)
		resolve_cancel(r->provider->engine->resolve, r->resolving);
	r->resolving = 0;
	if (r->calling)
		call_done(&r->call);
	r->calling = false;
}

static void arm(struct run *r, double after_s)
{
	struct ev_loop *loop = r->provider->engine->loop;

	ev_timer_stop(loop, &r->again);
	ev_now_update(loop);
	ev_timer_set(&r->again, after_s, 0.);
	ev_timer_start(loop, &r->again);
}

/*
 * The kernel announces an address, and its route, before they can be used:
 * what fails at once, with nothing sent, is tried again for a moment.
 */
static bool try_again(struct run *r, const struct http_answer *a)
{
	if (a->error == 0 || a->sent_ns != 0 ||
	    clock_mono_ms() - r->first_ms >= SETTLE_MS)
		return false;
	http_exchange_free(r->exchange);
	r->exchange = NULL;
	arm(r, r->again_s);
	r->again_s *= 2;
	return true;
}

static void run_http_done(void *user, const struct http_answer *a)
{
	struct run *r = user;

	if (try_again(r, a))
		return;
	if (a->sent_ns != 0 && r->sent_ns == 0)
		r->sent_ns = a->sent_ns;
	run_answered(r, a);
}

/* Those of a family go first, and only they where they must. */
static size_t choose(const struct run *r, struct addr *addrs, size_t n)
{
	const struct job *j = run_job(r);
	bool must = r->c.step->via == VIA_FAMILY && r->c.thing->family;
	int family = AF_UNSPEC;
	size_t kept = 0;

	if (must)
		family = r->c.thing->family;
	else if (j && j->ipv4.source.family && !j->ipv6.source.family)
		family = AF_INET;
	else if (j && j->ipv6.source.family && !j->ipv4.source.family)
		family = AF_INET6;
	else if (j && j->ipv4.source.family && j->ipv6.source.family && n > 0)
		family = addrs[0].family;
	for (size_t i = 0; i < n; i++)
		if (family == AF_UNSPEC || addrs[i].family == family) {
			struct addr a = addrs[i];

			addrs[i] = addrs[kept];
			addrs[kept++] = a;
		}
	return kept > 0 || must ? kept : n;
}

/* "Name: value" of each, NULL-ended; or NULL. */
static char **header_lines(const struct call *q)
{
	char **lines = calloc(q->headers.n + 1, sizeof(*lines));

	for (size_t i = 0; lines && i < q->headers.n; i++) {
		const struct call_pair *h = &q->headers.items[i];

		/* libcurl sends an empty one only in this form. */
		lines[i] = str_dupf(h->value[0] ? "%s: %s" : "%s;%s", h->name,
				    h->value);
	}
	return lines;
}

static void lines_free(char **lines)
{
	for (size_t i = 0; lines && lines[i]; i++)
		str_wipe_free(lines[i]);
	free(lines);
}

static void dry_run(struct run *r)
{
	struct provider *p = r->provider;
	struct buf b = BUF_INIT(1024 * 1024);
	char *shown, *first;

	buf_addf(&b, "%s %s\n", r->call.method, r->call.url);
	for (size_t i = 0; i < r->call.headers.n; i++)
		buf_addf(&b, "%s: %s\n", r->call.headers.items[i].name,
			 r->call.headers.items[i].value);
	if (r->call.body)
		buf_add(&b, r->call.body, r->call.len);
	shown = b.failed ? NULL : provider_scrub(p, b.data, b.len);
	buf_wipe(&b);
	if (shown)
		engine_trace("request (dry run)", shown);
	first = shown ? str_dupf("dry run: not sent: %.*s",
				 (int)strcspn(shown, "\n"), shown) : NULL;
	free(shown);
	run_settle(r, run_scope(r), NOTIFY_DONE, 0,
		   first ? first : "dry run: not sent");
	free(first);
	run_next_thing(r);
}

/* Of all that the request may take; the lookup of its host was a part. */
static uint32_t time_left_ms(const struct run *r)
{
	uint64_t gone_ms = clock_mono_ms() - r->begun_ms;
	uint32_t most_ms = r->provider->account->timeout_ms;

	return gone_ms < most_ms ? most_ms - (uint32_t)gone_ms : 1;
}

static void start_exchange(struct run *r)
{
	struct provider *p = r->provider;
	struct account *a = p->account;
	char **lines = header_lines(&r->call);
	struct http_request q = {
		.method = r->call.method, .url = r->call.url,
		.headers = (const char *const *)lines,
		.body = r->call.body, .len = r->call.len,
		.aws = r->call.aws,
		.username = r->call.username, .password = r->call.password,
		.ca_file = account_get(a, "ca-file"),
		.proxy = account_get(a, "proxy"),
		.addrs = r->addrs,
		.n_addrs = choose(r, r->addrs, r->n_addrs),
		.body_max = 1024 * (size_t)r->c.step->answer_kib,
		.timeout_ms = time_left_ms(r),
		.trace = p->engine->trace,
		.scrub = provider_scrub, .scrub_user = p,
	};
	const struct job *j = run_job(r);
	int e = lines ? 0 : -ENOMEM;

	if (e == 0 && q.n_addrs == 0)
		e = -ENETUNREACH;
	if (e == 0 && j)
		e = engine_egress(p->engine, j, &r->addrs[0], &q.egress);
	if (e == 0)
		e = http_start(p->engine->http, &q, run_http_done, r,
			       &r->exchange);
	lines_free(lines);
	if (e < 0)
		fail(r, e);
}

static void run_resolved(void *user, int status, const struct addr *addrs,
			 size_t n, uint32_t ttl_s)
{
	struct run *r = user;

	(void)ttl_s;
	r->resolving = 0;
	ev_timer_stop(r->provider->engine->loop, &r->again);
	if (status < 0) {
		fail(r, status);
		return;
	}
	if (n > RESOLVE_ADDRS_MAX)
		n = RESOLVE_ADDRS_MAX;
	memcpy(r->addrs, addrs, n * sizeof(*addrs));
	r->n_addrs = n;
	r->first_ms = clock_mono_ms();
	start_exchange(r);
}

/* Its host, or the proxy's. */
static int dialled(const struct run *r, struct http_url *ret)
{
	const char *proxy = account_get(r->provider->account, "proxy");
	char *full = NULL;
	int e = 0;

	if (proxy)
		e = http_url_parse(proxy, "/", ret, &full);
	else
		*ret = r->call.host;
	free(full);
	return e;
}

static void run_resolve(struct run *r)
{
	struct engine *e = r->provider->engine;
	struct http_url u;
	int error = dialled(r, &u);

	r->again_s = SETTLE_FIRST_S;
	r->first_ms = r->begun_ms = clock_mono_ms();
	if (error < 0) {
		fail(r, error);
		return;
	}
	r->n_addrs = resolve_now(e->resolve, run_job(r), u.host, r->addrs);
	if (r->n_addrs > 0) {
		start_exchange(r);
		return;
	}
	r->resolving = resolve_ask(e->resolve, u.host, run_resolved, r);
	if (r->resolving < 0)
		fail(r, r->resolving);
	else
		arm(r, r->provider->account->timeout_ms / 1000.);
}

/* false: not now. */
static bool has_leave(struct run *r)
{
	uint64_t wait_ms = provider_wait_ms(r->provider);

	if (wait_ms == 0)
		return true;
	if (wait_ms <= LIMIT_WAIT_MS)
		run_send_later(r, wait_ms);
	else
		give_up(r, NOTIFY_SLOW, (uint32_t)(wait_ms / 1000) + 1,
			"the provider's limit of requests is reached");
	return false;
}

void run_send(struct run *r)
{
	struct engine *e = r->provider->engine;
	bool asks = r->c.step->reads || r->c.step->scope == SCOPE_SESSION ||
		    r->c.step->scope == SCOPE_LOGOUT;
	char why[200] = "";
	int error;

	run_send_stop(r);
	if (!(e->dry_run && !asks) && !has_leave(r))
		return;
	r->c.now_s = clock_wall_s();
	(void)snprintf(r->c.nonce, sizeof(r->c.nonce), "%08x%08x%08x%08x",
		       clock_random(), clock_random(), clock_random(),
		       clock_random());
	error = call_build(&r->c, &r->call, why, sizeof(why));
	if (error < 0) {
		give_up(r, NOTIFY_RETRY, TROUBLE_S,
			error == -ENOMEM ? "out of memory" : why);
		return;
	}
	r->calling = true;
	if (e->dry_run && !asks)
		dry_run(r);
	else
		run_resolve(r);
}

static void run_again(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct run *r = w->data;

	(void)loop;
	(void)revents;
	if (r->resolving > 0) {
		resolve_cancel(r->provider->engine->resolve, r->resolving);
		r->resolving = 0;
		fail(r, -ETIMEDOUT);
	} else if (r->calling) {
		start_exchange(r);
	} else {
		run_send(r);
	}
}

void run_send_later(struct run *r, uint64_t ms)
{
	run_send_stop(r);
	arm(r, (double)ms / 1000.);
}

void run_send_init(struct run *r)
{
	ev_timer_init(&r->again, run_again, 0., 0.);
	r->again.data = r;
}
