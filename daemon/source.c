#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ev.h>
#include <linux/rtnetlink.h>

#include "base/backoff.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "daemon/candidate.h"
#include "daemon/pick.h"
#include "daemon/source.h"
#include "daemon/source_inside.h"
#include "net/route.h"

/* How soon an unconfirmed address is asked about again. */
static const struct backoff reask = { .first_ms = 5000, .most_ms = 600000 };

struct log_fields source_fields(const struct source *s,
				       const char *event)
{
	return (struct log_fields){
		.subject = "source",
		.name = s->config->name,
		.family = s->family == AF_INET ? "ipv4" : "ipv6",
		.event = event,
	};
}

void source_arm(struct source *s, uint64_t delay_ms)
{
	ev_timer_stop(s->world->loop, &s->timer);
	ev_timer_set(&s->timer, (double)delay_ms / 1000.0, 0.0);
	ev_now_update(s->world->loop);
	ev_timer_start(s->world->loop, &s->timer);
}

/* Is every candidate settled, and what is then to be published? */
void source_conclude(struct source *s)
{
	struct addr out[PICK_MAX];
	struct addr_set public = { 0 };
	size_t n = 0, unseen = 0;
	bool news;

	for (size_t i = 0; i < s->n; i++) {
		const struct source_candidate *c = &s->candidates[i];

		if (c->stand == STAND_ASKING)
			return;
		if (c->stand == STAND_UNSEEN)
			unseen++;
		else
			out[n++] = c->public;
	}
	if (unseen > 0) {
		s->failures++;
		source_arm(s, backoff_ms(&reask, s->failures, clock_random()));
		if (n == 0) {
			s->event(s->user, s, SOURCE_UNSEEN);
			return;
		}
	} else {
		s->failures = 0;
	}
	if (addr_set_assign(&public, out, n) < 0)
		return; /* no memory: the timer or the next event looks again */
	news = !s->known || !addr_set_equal(&public, &s->public);
	addr_set_clear(&s->public);
	s->public = public;
	s->known = true;
	if (news)
		s->event(s->user, s, SOURCE_CONFIRMED);
}

static void source_begin(struct source *s)
{
	ev_timer_stop(s->world->loop, &s->timer);
	for (size_t i = 0; i < s->n; i++)
		candidate_begin(&s->candidates[i]);
	source_conclude(s);
}

static void source_timeout(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct source *s = w->data;
	bool began = false;

	(void)loop;
	(void)revents;
	for (size_t i = 0; i < s->n; i++) {
		struct source_candidate *c = &s->candidates[i];
		char why[sizeof(c->text)];

		if (c->stand == STAND_ASKING && c->confirm_id == 0) {
			memcpy(why, c->text, sizeof(why));
			candidate_alone(c, why);
			return; /* it concludes; others wait for their own */
		}
		if (c->stand == STAND_UNSEEN) {
			candidate_begin(c);
			began = true;
		}
	}
	if (began)
		source_conclude(s);
}

/* ---- candidates ---- */

/* Its own link has a default route: no need to ask the kernel. */
static bool find_way_in_mirror(const struct source *s,
			       struct source_candidate *c)
{
	const struct monitor_route *best = NULL;
	size_t n;
	const struct monitor_route *routes =
		monitor_routes(s->world->monitor, &n);

	/* A mark may choose another table: only the kernel knows. */
	for (size_t i = 0; i < n && s->config->fwmark == 0; i++)
		if (routes[i].family == s->family &&
		    routes[i].table == RT_TABLE_MAIN &&
		    routes[i].ifindex == c->ifindex &&
		    (!best || routes[i].metric < best->metric))
			best = &routes[i];
	if (!best)
		return false;
	c->routed = true;
	c->gateway = best->gateway;
	c->egress = (struct egress){
		.source = c->addr,
		.ifindex = s->config->bind ? c->ifindex : 0,
	};
	return true;
}

/*
 * How packets from this candidate leave: by its own link if that has the
 * default route, else by the link that has.
 */
static void candidate_find_way(const struct source *s,
			       struct source_candidate *c)
{
	struct addr global = route_global(s->family);
	uint32_t mark = s->config->fwmark;
	struct route_answer a;
	bool routed;

	if (find_way_in_mirror(s, c))
		return;
	routed = route_get(s->world->route, &global, c->ifindex, mark, &a) ==
			 0 && a.by_default;
	if (!routed)
		routed = route_get(s->world->route, &global, 0, mark, &a) ==
				 0 && a.by_default;
	c->routed = routed;
	c->gateway = routed ? a.gateway : (struct addr){ 0 };
	c->egress = (struct egress){
		.source = c->addr,
		.ifindex = routed ? a.ifindex : c->ifindex,
		.mark = mark,
	};
	if (!s->config->bind)
		c->egress.ifindex = 0;
}

static bool same_way(const struct source_candidate *a,
		     const struct source_candidate *b)
{
	return a->routed == b->routed &&
	       a->egress.ifindex == b->egress.ifindex &&
	       addr_equal(&a->gateway, &b->gateway);
}

/* Takes over the new list; tells what kind of difference there was. */
static bool source_take(struct source *s, const struct pick *picks, size_t n,
			bool *ret_path)
{
	bool changed = n != s->n;

	*ret_path = false;
	for (size_t i = 0; i < n && !changed; i++)
		changed = !addr_equal(&picks[i].addr, &s->candidates[i].addr);
	for (size_t i = 0; changed && i < s->n; i++) {
		resolver_cancel(s->world->resolver,
				s->candidates[i].confirm_id);
		s->candidates[i].confirm_id = 0;
	}
	s->n = n;
	for (size_t i = 0; i < n; i++) {
		struct source_candidate *c = &s->candidates[i];
		struct source_candidate old = *c;

		if (changed)
			*c = (struct source_candidate){ .owner = s };
		c->addr = picks[i].addr;
		c->ifindex = picks[i].ifindex;
		c->prefix_len = picks[i].prefix_len;
		candidate_find_way(s, c);
		if (!changed && !same_way(&old, c))
			*ret_path = true;
	}
	return changed;
}

static void source_say_nat(struct source *s, bool behind_nat)
{
	struct log_fields f = source_fields(s, "behind-nat");

	if (behind_nat && !s->behind_nat)
		log_line(LOG_LEVEL_WARNING, &f,
			 "behind NAT: only addresses that the world cannot "
			 "reach; nothing to publish");
	s->behind_nat = behind_nat;
}

static void source_tell_selected(const struct source *s)
{
	struct log_fields f = source_fields(s, "selected");
	const struct monitor_link *link;
	char addr[ADDR_STRLEN];

	for (size_t i = 0; i < s->n && log_wants(LOG_LEVEL_DEBUG); i++) {
		link = monitor_link(s->world->monitor,
				    s->candidates[i].ifindex);
		log_line(LOG_LEVEL_DEBUG, &f, "selected %s on %s",
			 addr_print(&s->candidates[i].addr, addr),
			 link ? link->name : "?");
	}
}

static struct pick_request source_request(const struct source *s)
{
	return (struct pick_request){
		.monitor = s->world->monitor,
		.route = s->world->route,
		.config = s->config,
		.family = s->family,
		.prefix_from = s->prefix_from,
		.current = s->n > 0 ? s->candidates[0].addr
				    : (struct addr){ 0 },
		.now_ms = clock_mono_ms(),
	};
}

void source_look(struct source *s, uint64_t heard_ns, bool force)
{
	struct pick_request r = source_request(s);
	struct pick picks[PICK_MAX];
	bool changed, path, behind_nat;
	size_t n;

	n = pick_candidates(&r, NULL, NULL, picks, &behind_nat);
	source_say_nat(s, behind_nat);
	changed = source_take(s, picks, n, &path);
	if (!changed) {
		if (path && n > 0)
			s->event(s->user, s, SOURCE_PATH);
		if ((path || force) && n > 0 &&
		    (!s->known || s->candidates[0].stand == STAND_ALONE))
			source_begin(s);
		return;
	}
	s->heard_ns = heard_ns;
	s->known = false;
	s->failures = 0;
	ev_timer_stop(s->world->loop, &s->timer);
	if (n == 0) {
		addr_set_clear(&s->public);
		s->event(s->user, s, SOURCE_LOST);
		return;
	}
	s->event(s->user, s, SOURCE_CHANGED);
	source_begin(s);
	/* After the questions are on their way: a log line costs a write. */
	source_tell_selected(s);
}

/* ---- life ---- */

int source_new(const struct source_world *world,
	       const struct config_source *config, int family,
	       const char *prefix_from, source_event_fn *event, void *user,
	       struct source **ret)
{
	struct source *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->world = world;
	s->config = config;
	s->family = family;
	s->prefix_from = prefix_from;
	s->event = event;
	s->user = user;
	ev_timer_init(&s->timer, source_timeout, 0.0, 0.0);
	s->timer.data = s;
	*ret = s;
	return 0;
}

void source_free(struct source *s)
{
	if (!s)
		return;
	ev_timer_stop(s->world->loop, &s->timer);
	for (size_t i = 0; i < s->n; i++)
		resolver_cancel(s->world->resolver,
				s->candidates[i].confirm_id);
	addr_set_clear(&s->public);
	free(s);
}

void source_use(struct source *s, const struct config_source *config,
		const char *prefix_from)
{
	s->config = config;
	s->prefix_from = prefix_from;
}

void source_pause(struct source *s)
{
	for (size_t i = 0; i < s->n; i++) {
		resolver_cancel(s->world->resolver,
				s->candidates[i].confirm_id);
		s->candidates[i].confirm_id = 0;
	}
}

void source_resume(struct source *s)
{
	bool began = false;

	for (size_t i = 0; i < s->n; i++) {
		if (s->candidates[i].stand != STAND_ASKING)
			continue;
		candidate_begin(&s->candidates[i]);
		began = true;
	}
	if (began)
		source_conclude(s);
}

bool source_concerns(const struct source *s, int ifindex)
{
	const struct config_strings *names = &s->config->interfaces;
	const struct monitor_link *link;

	/* The default route may move to any link, and a link may be gone. */
	link = monitor_link(s->world->monitor, ifindex);
	if (!link || (names->n == 0 && !s->prefix_from))
		return true;
	for (size_t i = 0; i < s->n; i++)
		if (s->candidates[i].ifindex == ifindex ||
		    s->candidates[i].egress.ifindex == ifindex)
			return true;
	if (s->prefix_from)
		return str_glob(s->prefix_from, link->name);
	for (size_t i = 0; i < names->n; i++)
		if (str_glob(names->items[i], link->name))
			return true;
	return false;
}

const struct config_source *source_config(const struct source *s)
{
	return s->config;
}

int source_family(const struct source *s)
{
	return s->family;
}

const char *source_prefix_from(const struct source *s)
{
	return s->prefix_from;
}

const struct source_candidate *source_candidates(const struct source *s,
						 size_t *ret_n)
{
	*ret_n = s->n;
	return s->candidates;
}

const struct addr_set *source_public(const struct source *s)
{
	return s->known ? &s->public : NULL;
}

uint64_t source_heard_ns(const struct source *s)
{
	return s->heard_ns;
}

bool source_behind_nat(const struct source *s)
{
	return s->behind_nat;
}

/* ---- for people ---- */

struct explaining {
	source_line_fn *line;
	void *user;
};

static void explain_seen(void *user, const struct monitor_link *link,
			 const struct select_entry *entry)
{
	struct explaining *e = user;
	char line[200], addr[ADDR_STRLEN];

	if (entry->reason == SELECT_FAMILY)
		return;
	(void)snprintf(line, sizeof(line), "%s on %s: %s",
		       addr_print(&entry->addr->addr, addr), link->name,
		       select_reason_text(entry->reason));
	e->line(e->user, line);
}

void source_explain(const struct source *s, source_line_fn *line, void *user)
{
	struct pick_request r = source_request(s);
	struct explaining e = { .line = line, .user = user };
	struct pick picks[PICK_MAX];
	char text[320], addr[ADDR_STRLEN];
	bool behind_nat;

	(void)pick_candidates(&r, explain_seen, &e, picks, &behind_nat);
	for (size_t i = 0; i < s->n; i++) {
		const struct source_candidate *c = &s->candidates[i];
		static const char *const stands[] = {
			[STAND_ASKING] = "being confirmed",
			[STAND_TRUSTED] = "not asked about",
			[STAND_CONFIRMED] = "confirmed",
			[STAND_ALONE] = "unconfirmed, goes out all the same",
			[STAND_UNSEEN] = "not confirmed, stays unpublished",
		};

		(void)snprintf(text, sizeof(text), "%s: %s%s%s",
			       addr_print(&c->addr, addr), stands[c->stand],
			       c->text[0] ? ": " : "", c->text);
		line(user, text);
	}
}
