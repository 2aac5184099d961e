#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "notify/core/resolve.h"
#include "notify/http/http.h"
#include "notify/types/endpoint.h"
#include "notify/types/provider.h"
#include "notify/types/run.h"
#include "notify/types/value.h"

/* ---- what is remembered ---- */

struct provider_zone *provider_zone(struct provider *p, const char *name)
{
	struct provider_zone *z = p->zones;
	char *dotted;
	int r;

	while (z && strcmp(z->name, name) != 0)
		z = z->next;
	if (z)
		return z;
	z = calloc(1, sizeof(*z));
	if (!z)
		return NULL;
	z->name = str_dup(name);
	z->thing = thing_new(SCOPE_ZONE, NULL);
	dotted = str_dupf("%s.", name);
	r = z->name && z->thing && dotted ? 0 : -ENOMEM;
	if (r == 0 && p->type->zone != ZONE_NO) {
		r = thing_set_text(z->thing, "zone", name);
		if (r == 0)
			r = thing_set_text(z->thing, "zone-dot", dotted);
	}
	free(dotted);
	if (r < 0) {
		thing_free(z->thing);
		free(z->name);
		free(z);
		return NULL;
	}
	z->thing->up = p->session;
	z->next = p->zones;
	p->zones = z;
	return z;
}

void provider_zone_forget(struct provider_zone *z)
{
	json_t *name = json_incref(json_object_get(z->thing->vars, "zone"));
	json_t *dotted = json_incref(json_object_get(z->thing->vars,
						     "zone-dot"));

	z->valid = false;
	(void)json_object_clear(z->thing->vars);
	if (name)
		(void)thing_set(z->thing, "zone", name);
	if (dotted)
		(void)thing_set(z->thing, "zone-dot", dotted);
}

void provider_session_forget(struct provider *p)
{
	p->session_valid = false;
	(void)json_object_clear(p->session->vars);
}

bool provider_session_is_valid(const struct provider *p)
{
	return p->session_valid && (p->session_until_ms == 0 ||
				    clock_mono_ms() < p->session_until_ms);
}

static char *ids_key(const char *name, const char *type)
{
	return str_dupf("%s %s", name, type);
}

json_t *provider_ids(const struct provider *p, const char *name,
		     const char *type)
{
	char *key = ids_key(name, type);
	json_t *v = key ? json_object_get(p->ids, key) : NULL;

	free(key);
	return v;
}

void provider_ids_set(struct provider *p, const char *name, const char *type,
		      json_t *records)
{
	char *key = ids_key(name, type);

	if (key && records)
		(void)json_object_set(p->ids, key, records);
	else if (key)
		(void)json_object_del(p->ids, key);
	json_decref(records);
	free(key);
}

/* Another process counted before, or counts beside. */
static void take_recalled(struct provider *p, uint64_t now_ms)
{
	struct account *a = p->account;

	for (size_t i = 0; a->recalled && i < p->type->n_limits; i++)
		limit_lower(&p->limits[i], a->full_ms[i], now_ms);
	a->recalled = false;
}

uint64_t provider_wait_ms(struct provider *p)
{
	uint64_t now_ms = clock_mono_ms(), wait_ms = 0;
	struct engine *e = p->engine;

	take_recalled(p, now_ms);
	for (size_t i = 0; i < p->type->n_limits; i++) {
		uint64_t w = limit_wait_ms(&p->limits[i], now_ms);

		if (w > wait_ms)
			wait_ms = w;
	}
	for (size_t i = 0; i < p->type->n_limits && wait_ms == 0; i++)
		limit_take(&p->limits[i], now_ms);
	/* Before it leaves: who is killed right then has told it. */
	if (wait_ms == 0 && p->type->n_limits > 0 && e->spent)
		e->spent(e->spent_user, p->account);
	return wait_ms;
}

void provider_hide(struct provider *p, const struct thing *t)
{
	const char *key;
	json_t *v;

	json_object_foreach(t->vars, key, v)
		if (json_is_string(v) && json_string_length(v) >= 4)
			(void)scrub_add(&p->scrub, json_string_value(v));
}

char *provider_scrub(void *user, const char *text, size_t len)
{
	const struct provider *p = user;

	return scrub_text(&p->scrub, text, len);
}

/* ---- turns ---- */

static void provider_kicked(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct provider *p = w->data;

	(void)loop;
	(void)revents;
	run_start_some(p);
}

void provider_kick(struct provider *p)
{
	ev_timer_stop(p->engine->loop, &p->kick);
	ev_timer_set(&p->kick, 0., 0.);
	ev_timer_start(p->engine->loop, &p->kick);
}

/* ---- the acts ---- */

static const struct ptype *ptype_of(const struct account *a)
{
	return (const struct ptype *)(const void *)a->type;
}

static int hide_secrets(struct provider *p)
{
	for (size_t i = 0; i < p->type->n_settings; i++) {
		const struct ptype_setting *s = &p->type->more[i];
		const char *text = account_get(p->account, s->name);

		if (s->secret && text && scrub_add(&p->scrub, text) < 0)
			return -ENOMEM;
	}
	return 0;
}

static void provider_close(struct account *a)
{
	struct provider *p = a->state;

	if (!p)
		return;
	run_drop_all(p);
	ev_timer_stop(p->engine->loop, &p->kick);
	ev_timer_stop(p->engine->loop, &p->patience);
	while (p->zones) {
		struct provider_zone *z = p->zones;

		p->zones = z->next;
		thing_free(z->thing);
		free(z->name);
		free(z);
	}
	thing_free(p->session);
	json_decref(p->ids);
	free(p->limits);
	scrub_done(&p->scrub);
	free(p);
	a->state = NULL;
}

static int provider_open(struct engine *e, struct account *a)
{
	struct provider *p = calloc(1, sizeof(*p));
	const struct ptype *t = ptype_of(a);

	if (!p)
		return -ENOMEM;
	p->engine = e;
	p->account = a;
	p->type = t;
	p->runs_end = &p->runs;
	ev_timer_init(&p->kick, provider_kicked, 0., 0.);
	ev_timer_init(&p->patience, run_overtake, 0., 0.);
	p->kick.data = p->patience.data = p;
	p->session = thing_new(SCOPE_SESSION, NULL);
	p->ids = json_object();
	p->limits = calloc(t->n_limits + 1, sizeof(*p->limits));
	a->state = p;
	if (!p->session || !p->ids || !p->limits || hide_secrets(p) < 0) {
		provider_close(a);
		return -ENOMEM;
	}
	for (size_t i = 0; i < t->n_limits; i++)
		limit_init(&p->limits[i], t->limits[i].n,
			   t->limits[i].per_ms, clock_mono_ms());
	return 0;
}

static void provider_prepare(struct account *a)
{
	struct provider *p = a->state;
	const struct account_value *hosts = account_values(a, "hosts");
	struct addr addrs[RESOLVE_ADDRS_MAX];

	for (size_t i = 0; hosts && i < hosts->n; i++)
		if (resolve_now(p->engine->resolve, NULL, hosts->texts[i],
				addrs) == 0)
			resolve_prepare(p->engine->resolve, hosts->texts[i]);
}

/* ---- checking an account ---- */

static void check_url(struct type_check *c, const char *setting)
{
	const char *text = account_get(c->account, setting);
	struct http_url u;
	char *full = NULL;

	if (!text)
		return;
	if (http_url_parse(text, "/", &u, &full) < 0 || strpbrk(text, "?#"))
		type_fault(c, setting, "%s: \"%.100s\" is not of the form "
			   "https://host[:port][/path]", setting, text);
	free(full);
}

static void check_values(struct type_check *c)
{
	const struct ptype *p = ptype_of(c->account);

	for (size_t i = 0; i < p->n_settings; i++) {
		const struct ptype_setting *s = &p->more[i];
		const char *text = account_get(c->account, s->name);
		bool known = s->values.n == 0 || !text;

		for (size_t k = 0; k < s->values.n && !known; k++)
			known = strcmp(s->values.items[k], text) == 0;
		if (!known)
			type_fault(c, s->name, "%s: \"%.60s\" is none of its "
				   "values; see --show-provider %s", s->name,
				   text, p->name);
	}
}

static void check_login(struct type_check *c)
{
	const char *user = account_get(c->account, "username");

	if (ptype_of(c->account)->auth == AUTH_BASIC && user &&
	    strchr(user, ':'))
		type_fault(c, "username",
			   "username: a colon cannot be sent (RFC 7617)");
}

static void check_ca_file(struct type_check *c)
{
	const char *path = account_get(c->account, "ca-file");
	FILE *f = path ? fopen(path, "re") : NULL;

	if (path && !f)
		type_fault(c, "ca-file", "ca-file: %.200s: %s", path,
			   strerror(errno));
	if (f)
		(void)fclose(f);
}

/* Where its requests go to, each once. */
static void add_host(struct type_check *c, const char *url)
{
	const struct account_value *v;
	struct http_url u;
	char *full = NULL;

	if (http_url_parse(url, "/", &u, &full) < 0)
		return;
	free(full);
	v = account_values(c->account, "hosts");
	for (size_t i = 0; v && i < v->n; i++)
		if (strcmp(v->texts[i], u.host) == 0)
			return;
	if (account_add(c->account, "hosts", u.host) < 0)
		type_no_memory(c, NULL);
	if (!u.tls && !account_get(c->account, "proxy") &&
	    strncmp(u.host, "127.", 4) != 0 && strcmp(u.host, "::1") != 0 &&
	    strcmp(u.host, "localhost") != 0)
		log_warning("provider \"%s\": %s is asked by http: secrets go "
			    "over the wire in clear", c->account->name, u.host);
}

/* A setting that the type's endpoint is made of; NULL: none. */
static const char *endpoint_setting(const struct ptype *p)
{
	for (size_t i = 0; p->has_endpoint && i < p->endpoint.n; i++)
		if (p->endpoint.pieces[i].variable)
			return p->endpoint.pieces[i].text;
	return NULL;
}

/* false: told. */
static bool check_endpoint(struct type_check *c)
{
	const struct ptype *p = ptype_of(c->account);
	const char *part = endpoint_setting(p);
	bool given = account_get(c->account, "endpoint");

	if (given && part && account_get(c->account, part))
		type_fault(c, part, "%s: endpoint says it already", part);
	else if (!given && part && !account_get(c->account, part) &&
		 ptype_setting(p, part) && !ptype_setting(p, part)->fallback)
		type_fault(c, NULL, "provider \"%.60s\": endpoint (or %s) is "
			   "missing, which type %s needs", c->account->name,
			   part, p->name);
	else if (!given && !p->has_endpoint && p->n_steps > 0 &&
		 !endpoint_is_whole(&p->steps[0].url))
		type_fault(c, NULL, "provider \"%.60s\": endpoint is missing, "
			   "which type %s needs", c->account->name, p->name);
	else
		return true;
	return false;
}

static void check_steps(struct type_check *c)
{
	const struct ptype *p = ptype_of(c->account);
	const char *proxy = account_get(c->account, "proxy");
	const char *part = endpoint_setting(p);

	if (proxy)
		add_host(c, proxy);
	for (size_t i = 0; i < p->n_steps; i++) {
		struct context x = { .type = p, .step = &p->steps[i],
				     .account = c->account };
		char *base = NULL, *path = NULL;
		int r = endpoint_build(&x, &base, &path);

		if (r == 0 && !proxy)
			add_host(c, base);
		free(base);
		str_wipe_free(path);
		if (r != -EINVAL || !part)
			continue;
		type_fault(c, part, "%s: \"%.100s\" is no host", part,
			   account_get(c->account, part));
		return;
	}
}

static void provider_check(struct type_check *c)
{
	check_url(c, "endpoint");
	check_url(c, "proxy");
	check_values(c);
	check_login(c);
	check_ca_file(c);
	if (check_endpoint(c) && c->faults->n == 0)
		check_steps(c);
}

void provider_acts(struct type *t)
{
	t->check = provider_check;
	t->open = provider_open;
	t->close = provider_close;
	t->prepare = provider_prepare;
	t->submit = run_submit;
	t->cancel = run_cancel;
}
