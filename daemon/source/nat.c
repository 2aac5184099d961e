#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/addr_class.h"
#include "base/log.h"
#include "daemon/source/candidate.h"
#include "daemon/source/nat.h"
#include "daemon/source/source_inside.h"

struct nat {
	struct source *source;
	struct resolver_watch *watch; /* NULL: cannot listen */
	struct addr candidate, gateway;
	int ifindex;
	uint64_t recheck_ms; /* as the timer was set; 0: it is not */
	ev_timer recheck;
};

static void nat_arm(struct nat *n)
{
	struct source *s = n->source;

	n->recheck_ms = s->config->nat_recheck_ms;
	ev_timer_stop(s->world->loop, &n->recheck);
	if (n->recheck_ms == 0)
		return;
	ev_timer_set(&n->recheck, (double)n->recheck_ms / 1000.0, 0.0);
	ev_now_update(s->world->loop);
	ev_timer_start(s->world->loop, &n->recheck);
}

/* The router's word: is there anything in it that we do not know? */
static bool nat_is_news(const struct nat *n,
			const struct resolver_router_word *word)
{
	const struct source_candidate *c = &n->source->candidates[0];

	if (word->lost)
		return true;
	if (c->stand == STAND_CONFIRMED && addr_equal(&word->addr, &c->public))
		return false;
	return word->changed;
}

static void nat_heard(void *user, const struct resolver_router_word *word)
{
	struct nat *n = user;
	struct source *s = n->source;
	struct log_fields f = source_fields(s, "router");
	bool news = nat_is_news(n, word);
	char addr[ADDR_STRLEN];

	log_line(LOG_LEVEL_DEBUG, &f, "the router says that it is %s%s%s",
		 addr_print(&word->addr, addr),
		 word->lost ? ", and was started anew" : "",
		 news ? ": asking what the world sees" : "");
	/* One without an address leads nowhere now. */
	if (news && word->addr.family != 0)
		candidate_again(&s->candidates[0], word->heard_ns);
}

/*
 * Where the router speaks, and is what the world sees, it alone is asked:
 * where it is not, another NAT follows, of which it knows nothing.
 */
static void nat_recheck(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct nat *n = w->data;
	struct source_candidate *c = &n->source->candidates[0];
	struct addr own;

	(void)loop;
	(void)revents;
	nat_arm(n);
	if (n->watch && resolver_watch_speaks(n->watch, &own) &&
	    c->stand == STAND_CONFIRMED && addr_equal(&own, &c->public))
		resolver_watch_ask(n->watch);
	else if (c->stand == STAND_CONFIRMED || c->stand == STAND_LEFT)
		candidate_again(c, 0);
	if (n->watch && !resolver_watch_speaks(n->watch, &own))
		resolver_watch_ask(n->watch); /* perhaps it does by now */
}

static void nat_open(struct source *s, const struct source_candidate *c)
{
	struct log_fields f = source_fields(s, "router");
	struct resolver_watch_options o = {
		.gateway = c->gateway,
		.egress = c->egress,
		.ifindex = c->egress.ifindex ? c->egress.ifindex : c->ifindex,
	};
	struct nat *n = calloc(1, sizeof(*n));
	int r;

	if (!n)
		return; /* the next look tries again */
	n->source = s;
	n->candidate = c->addr;
	n->gateway = c->gateway;
	n->ifindex = o.ifindex;
	ev_timer_init(&n->recheck, nat_recheck, 0.0, 0.0);
	n->recheck.data = n;
	if (c->gateway.family == AF_INET) {
		r = resolver_watch_new(s->world->loop, &o, nat_heard, n,
				       &n->watch);
		if (r < 0)
			log_line(LOG_LEVEL_INFO, &f,
				 "announcements of the router cannot be heard "
				 "(%s), going by nat-recheck", strerror(-r));
	}
	s->behind = n;
	nat_arm(n);
}

void nat_done(struct source *s)
{
	struct nat *n = s->behind;

	if (!n)
		return;
	ev_timer_stop(s->world->loop, &n->recheck);
	resolver_watch_free(n->watch);
	free(n);
	s->behind = NULL;
}

static bool nat_fits(const struct nat *n, const struct source_candidate *c)
{
	return addr_equal(&n->candidate, &c->addr) &&
	       addr_equal(&n->gateway, &c->gateway) &&
	       n->ifindex == (c->egress.ifindex ? c->egress.ifindex :
						  c->ifindex) &&
	       n->recheck_ms == n->source->config->nat_recheck_ms;
}

void nat_look(struct source *s)
{
	const struct source_candidate *c = &s->candidates[0];
	bool wanted = s->n > 0 && c->shut_in && c->routed &&
		      s->config->confirm != CONFIRM_NEVER;

	if (s->behind && (!wanted || !nat_fits(s->behind, c)))
		nat_done(s);
	if (wanted && !s->behind)
		nat_open(s, c);
}
