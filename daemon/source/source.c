#include "config.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ev.h>

#include "base/backoff.h"
#include "base/clock.h"
#include "base/log.h"
#include "daemon/source/candidate.h"
#include "daemon/source/nat.h"
#include "daemon/source/pick.h"
#include "daemon/source/source.h"
#include "daemon/source/source_inside.h"
#include "daemon/source/uplink.h"
#include "daemon/source/way.h"
#include "monitor/monitor.h"

/* How soon an unconfirmed address is asked about again. */
static const struct backoff reask = { .first_ms = 5000, .most_ms = 600000 };
/* Nobody was there to be annoyed, and nothing tells when somebody is. */
static const struct backoff unheard = { .first_ms = 2000, .most_ms = 60000 };
/* There was no memory to look. */
#define NO_MEMORY_S 0.25

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

struct pick_request source_request(const struct source *s)
{
	const struct source_candidate *c = s->n > 0 ? &s->candidates[0] : NULL;

	return (struct pick_request){
		.monitor = s->world->monitor,
		.route = s->world->route,
		.config = s->config,
		.family = s->family,
		.prefix_from = s->prefix_from,
		.current = c ? c->addr : (struct addr){ 0 },
		.current_ifindex = c ? c->ifindex : 0,
		.now_ms = clock_mono_ms(),
	};
}

void source_adopt(struct source *s, const struct source *old)
{
	memcpy(s->held, old->held, sizeof(s->held));
	s->n_held = old->n_held;
	s->said_nat = old->said_nat;
	s->said_carrier = old->said_carrier;
}

/* ---- confirmation ---- */

/* As if there were no address at all, and without asking ever again. */
static void source_leave(struct source *s)
{
	bool news = !s->left;

	s->left = true;
	s->known = false;
	s->failures = 0;
	addr_set_clear(&s->public);
	(void)source_note_loss(s);
	if (news)
		s->event(s->user, s, SOURCE_LOST);
}

static void source_look_later(struct source *s)
{
	ev_now_update(s->world->loop);
	ev_timer_set(&s->again, NO_MEMORY_S, 0.0);
	ev_timer_start(s->world->loop, &s->again);
}

static void source_looks_again(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct source *s = w->data;

	(void)loop;
	(void)revents;
	source_look(s, s->heard_ns, true);
}

/* What was told when it began ends. */
static void source_tell_seen(const struct source *s)
{
	struct log_fields f = source_fields(s, "confirmed");

	if (s->failures == 0)
		return;
	log_line(LOG_LEVEL_NOTICE, &f,
		 "the address is confirmed, after %u failed %s", s->failures,
		 s->failures == 1 ? "try" : "tries");
	if (s->world->healed)
		s->world->healed(s->world->user);
}

static void source_ask_later(struct source *s)
{
	bool heard = false;

	for (size_t i = 0; i < s->n; i++)
		heard |= s->candidates[i].stand == STAND_UNSEEN &&
			 !s->candidates[i].unheard;
	s->failures++;
	source_arm(s, backoff_ms(heard ? &reask : &unheard, s->failures,
				 clock_random()));
}

/* Is every candidate settled, and what is then to be published? */
void source_conclude(struct source *s)
{
	struct addr out[PICK_MAX];
	struct addr_set public = { 0 };
	size_t n = 0, unseen = 0, left = 0;
	bool news;

	for (size_t i = 0; i < s->n; i++) {
		const struct source_candidate *c = &s->candidates[i];

		if (c->stand == STAND_ASKING)
			return;
		if (c->stand == STAND_UNSEEN)
			unseen++;
		else if (c->stand == STAND_LEFT)
			left++;
		else
			out[n++] = c->public;
	}
	nat_look(s);
	if (left > 0 && left == s->n) {
		source_leave(s);
		return;
	}
	s->left = false;
	if (unseen > 0) {
		source_ask_later(s);
		if (n == 0) {
			s->event(s->user, s, SOURCE_UNSEEN);
			return;
		}
	} else {
		source_tell_seen(s);
		s->failures = 0;
	}
	if (addr_set_assign(&public, out, n) < 0) {
		source_look_later(s);
		return;
	}
	news = !s->known || !addr_set_equal(&public, &s->public);
	addr_set_clear(&s->public);
	s->public = public;
	s->known = true;
	(void)source_note_loss(s);
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

/* Takes over the new list; tells what kind of difference there was. */
static bool source_take(struct source *s, const struct pick *picks, size_t n,
			bool *ret_path)
{
	bool changed = n != s->n;

	*ret_path = false;
	for (size_t i = 0; i < n && !changed; i++)
		changed = !addr_equal(&picks[i].addr,
				      &s->candidates[i].addr) ||
			  picks[i].shut_in != s->candidates[i].shut_in;
	for (size_t i = 0; changed && i < s->n; i++)
		candidate_drop(&s->candidates[i]);
	s->n = n;
	for (size_t i = 0; i < n; i++) {
		struct source_candidate *c = &s->candidates[i];
		struct source_candidate old = *c;

		if (changed)
			*c = (struct source_candidate){ .owner = s };
		c->addr = picks[i].addr;
		c->ifindex = picks[i].ifindex;
		c->prefix_len = picks[i].prefix_len;
		c->kernel = picks[i].kernel;
		c->shut_in = picks[i].shut_in;
		way_find(s->world, s->config, c);
		/* What lends its prefix is a LAN: it leads nowhere. */
		if (s->prefix_from && !c->routed)
			c->egress.ifindex = 0;
		/* A cable that is back is a way out, though no route says so. */
		if (!changed &&
		    (!way_is_same(&old, c) || (c->live && !old.live)))
			*ret_path = true;
	}
	return changed;
}

/* Once, until there is an address of another kind. */
static void source_say_nat(struct source *s, enum pick_nat nat)
{
	struct log_fields f = source_fields(s, "behind-nat");

	s->nat = nat;
	if (nat == PICK_NAT_NONE) {
		s->said_nat &= s->n == 0;
		return;
	}
	if (!s->said_nat)
		log_line(LOG_LEVEL_WARNING, &f,
			 "behind NAT: there are only %s addresses, which the "
			 "world cannot reach; %s",
			 nat == PICK_NAT_CARRIER ? "shared (carrier NAT)"
						 : "private",
			 s->n > 0 ? "asking what it sees instead"
				  : "nothing is published");
	s->said_nat = true;
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

/* ---- look ---- */

static void source_stays(struct source *s, bool path, bool force)
{
	if (s->n == 0)
		return;
	if (path)
		s->event(s->user, s, SOURCE_PATH);
	if ((path || force) && s->candidates[0].shut_in)
		candidate_again(&s->candidates[0], 0);
	else if ((path || force) &&
		 (!s->known || s->candidates[0].stand == STAND_ALONE))
		source_begin(s);
}

static void source_news(struct source *s)
{
	if (s->n == 0) {
		addr_set_clear(&s->public);
		s->event(s->user, s, SOURCE_LOST);
		return;
	}
	s->event(s->user, s, SOURCE_CHANGED);
	source_begin(s);
	/* After the questions are on their way: a log line costs a write. */
	source_tell_selected(s);
}

void source_look(struct source *s, uint64_t heard_ns, bool force)
{
	struct pick_request r = source_request(s);
	struct pick picks[PICK_MAX];
	enum pick_nat nat;
	bool changed, path, lost;
	size_t n;

	/* The kernel may be asked, and be late with its own tables. */
	monitor_repeat(s->world->monitor);
	n = pick_candidates(&r, NULL, NULL, picks, &nat);
	if (n == PICK_NO_MEMORY) {
		source_look_later(s);
		return;
	}
	s->uplink = uplink_find(r.monitor, r.route, r.family,
				s->config->fwmark);
	changed = source_take(s, picks, n, &path);
	source_say_nat(s, nat);
	if (changed) {
		s->heard_ns = heard_ns;
		s->known = s->left = false;
		s->failures = 0;
		ev_timer_stop(s->world->loop, &s->timer);
	}
	lost = source_note_loss(s);
	if (changed)
		source_news(s);
	else
		source_stays(s, path, force);
	nat_look(s);
	source_tell_loss(s, lost);
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
	ev_timer_init(&s->again, source_looks_again, 0.0, 0.0);
	s->timer.data = s->again.data = s;
	*ret = s;
	return 0;
}

void source_free(struct source *s)
{
	if (!s)
		return;
	ev_timer_stop(s->world->loop, &s->timer);
	ev_timer_stop(s->world->loop, &s->again);
	nat_done(s);
	for (size_t i = 0; i < s->n; i++)
		candidate_drop(&s->candidates[i]);
	addr_set_clear(&s->public);
	free(s);
}

void source_use(struct source *s, const struct config_source *config,
		const char *prefix_from)
{
	s->config = config;
	s->prefix_from = prefix_from;
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
	return s->nat != PICK_NAT_NONE;
}
