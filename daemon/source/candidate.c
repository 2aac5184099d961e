#include "config.h"

#include <stdio.h>
#include <string.h>

#include "base/addr_class.h"
#include "base/clock.h"
#include "daemon/source/candidate.h"
#include "daemon/source/hearsay.h"
#include "daemon/source/source_inside.h"

static const struct config_strings *source_reflectors(const struct source *s)
{
	const struct config_source *c = s->config;

	if (s->family == AF_INET)
		return c->reflectors4_set ? &c->reflectors4
					  : s->world->reflectors4;
	return c->reflectors6_set ? &c->reflectors6 : s->world->reflectors6;
}

static bool candidate_is_global(const struct source_candidate *c)
{
	return addr_class(&c->addr, NULL) == ADDR_GLOBAL;
}

static void candidate_stand(struct source_candidate *c, enum source_stand stand,
			    const char *text)
{
	size_t len = strlen(text);

	if (len >= sizeof(c->text))
		len = sizeof(c->text) - 1;
	c->stand = stand;
	c->public = c->addr;
	memmove(c->text, text, len);
	c->text[len] = '\0';
	if (stand == STAND_UNSEEN || stand == STAND_LEFT)
		c->public = (struct addr){ 0 };
}

static const char *first_word(const struct resolver_confirmation *seen,
			      char *out, size_t size)
{
	char addr[ADDR_STRLEN];

	(void)snprintf(out, size, "nobody answered");
	for (size_t i = 0; i < seen->n_reflections; i++) {
		const struct resolver_reflection *r = &seen->reflections[i];

		if (r->status == 0)
			(void)snprintf(out, size, "%s says %s", r->reflector,
				       addr_print(&r->addr, addr));
		else if (i == 0)
			(void)snprintf(out, size, "%s: %s", r->reflector,
				       r->why);
		if (r->status == 0 || seen->seen == RESOLVER_NOT_SEEN)
			break;
	}
	return out;
}

static void log_reflections(const struct source *s,
			    const struct resolver_confirmation *seen)
{
	struct log_fields f = source_fields(s, "reflection");
	char addr[ADDR_STRLEN];

	if (!log_wants(LOG_LEVEL_DEBUG))
		return;
	for (size_t i = 0; i < seen->n_reflections; i++) {
		const struct resolver_reflection *r = &seen->reflections[i];

		log_line(LOG_LEVEL_DEBUG, &f, "reflector %s: %s (%u us)",
			 r->reflector,
			 r->status == 0 ? addr_print(&r->addr, addr) : r->why,
			 (unsigned int)r->rtt_us);
	}
}

/* Told when it begins; source_conclude() tells when it ends. */
static void candidate_unseen(struct source_candidate *c, const char *event,
			     const char *why)
{
	struct source *s = c->owner;
	struct log_fields f = source_fields(s, event);
	char addr[ADDR_STRLEN];

	candidate_stand(c, STAND_UNSEEN, why);
	if (s->failures == 0)
		log_line(LOG_LEVEL_WARNING, &f,
			 "%s is not confirmed: %s; not published until it is, "
			 "asking again", addr_print(&c->addr, addr), why);
}

/*
 * Nobody who counts answered. A global address of the kernel may go out all
 * the same, but not before confirm-timeout: a route may be about to come.
 */
void candidate_alone(struct source_candidate *c, const char *why)
{
	struct source *s = c->owner;
	uint64_t waited = clock_mono_ms() - c->asked_ms;
	struct log_fields f = source_fields(s, "unconfirmed");
	char addr[ADDR_STRLEN];

	(void)snprintf(c->text, sizeof(c->text), "%s", why);
	if (s->config->confirm == CONFIRM_ALWAYS || !candidate_is_global(c)) {
		candidate_unseen(c, "unconfirmed", why);
	} else if (waited < s->config->confirm_timeout_ms) {
		source_arm(s, s->config->confirm_timeout_ms - waited);
		return; /* still STAND_ASKING */
	} else {
		candidate_stand(c, STAND_ALONE, why);
		log_line(LOG_LEVEL_INFO, &f,
			 "nobody confirmed %s (%s), going by the kernel's word",
			 addr_print(&c->addr, addr), why);
	}
	source_conclude(s);
}

/*
 * Behind a NAT the world sees another address. With auto it is left alone
 * where the router itself has none of its own: a carrier's NAT follows, and
 * nobody gets in through that.
 */
static void candidate_seen_as(struct source_candidate *c,
			      const struct resolver_confirmation *seen,
			      const char *why)
{
	struct source *s = c->owner;
	struct log_fields f = source_fields(s, "carrier-nat");
	char addr[ADDR_STRLEN];

	if (s->config->behind_nat == NAT_IGNORE) {
		candidate_stand(c, STAND_LEFT, "behind NAT, which is ignored");
		return;
	}
	if (s->config->behind_nat == NAT_AUTO && seen->router_shut_in) {
		candidate_stand(c, STAND_LEFT, "behind two NATs: the router's "
				"own address is not public");
		if (!s->said_carrier)
			log_line(LOG_LEVEL_WARNING, &f,
				 "behind two NATs: the router has no public "
				 "address of its own, %s is shared with "
				 "others; nothing is published",
				 addr_print(&seen->seen_as, addr));
		s->said_carrier = true;
		return;
	}
	candidate_stand(c, STAND_CONFIRMED, why);
	c->public = seen->seen_as;
}

/* One that stands already falls by another certain word only. */
static bool candidate_stays(const struct source_candidate *c,
			    const struct resolver_confirmation *seen)
{
	return c->again && seen->seen != RESOLVER_SEEN &&
	       seen->seen != RESOLVER_SEEN_AS;
}

static bool somebody_spoke(const struct resolver_confirmation *seen)
{
	for (size_t i = 0; i < seen->n_reflections; i++)
		if (seen->reflections[i].status == 0)
			return true;
	return false;
}

static void candidate_take(struct source_candidate *c,
			   const struct resolver_confirmation *seen)
{
	struct source *s = c->owner;
	struct log_fields f = source_fields(s, "confirmed");
	char addr[ADDR_STRLEN], why[160];

	(void)first_word(seen, why, sizeof(why));
	c->unheard = !somebody_spoke(seen);
	if (candidate_stays(c, seen)) {
		log_line(LOG_LEVEL_DEBUG, &f, "%s stays as it was: %s",
			 addr_print(&c->addr, addr), why);
		return;
	}
	switch (seen->seen) {
	case RESOLVER_SEEN:
		/* A NAT of the reflector's own is no world. */
		candidate_stand(c, c->shut_in ? STAND_UNSEEN : STAND_CONFIRMED,
				why);
		log_line(LOG_LEVEL_DEBUG, &f, "%s confirmed: %s",
			 addr_print(&c->addr, addr), why);
		break;
	case RESOLVER_SEEN_AS:
		candidate_seen_as(c, seen, why);
		break;
	case RESOLVER_DISPUTED:
		candidate_unseen(c, "disputed", why);
		break;
	case RESOLVER_NOT_SEEN:
		candidate_alone(c, why);
		return;
	}
	source_conclude(s);
}

static void candidate_seen(void *user, const struct resolver_confirmation *seen)
{
	struct source_candidate *c = user;
	struct source *s = c->owner;
	uint64_t again_ns = c->again_ns;

	c->confirm_id = 0;
	log_reflections(s, seen);
	hearsay_free(c->heard);
	c->heard = hearsay_new(seen);
	candidate_take(c, seen);
	c->again = false;
	c->again_ns = 0;
	if (again_ns)
		candidate_again(c, again_ns > 1 ? again_ns : 0);
}

static int candidate_ask(struct source_candidate *c)
{
	struct source *s = c->owner;
	const struct config_strings *list = source_reflectors(s);
	struct resolver_confirm q = {
		.candidate = c->addr,
		.gateway = c->gateway,
		.egress = c->egress,
		.ca_file = s->config->ca_file,
		.reflectors = (const char *const *)list->items,
		.n_reflectors = list->n,
		.quorum = s->config->quorum,
		.quorum_as = s->config->quorum,
		.timeout_ms = s->config->confirm_timeout_ms,
		.random = clock_random() | 1,
	};
	int id;

	if (q.quorum == 0) {
		q.quorum = candidate_is_global(c) ? 1 : 2;
		q.quorum_as = 2;
	}
	c->asked_ms = clock_mono_ms();
	id = resolver_confirm(s->world->resolver, &q, candidate_seen, c);
	c->confirm_id = id < 0 ? 0 : id;
	return id;
}

void candidate_again(struct source_candidate *c, uint64_t heard_ns)
{
	struct source *s = c->owner;

	if (c->confirm_id) { /* what is on its way may be of before */
		c->again_ns = heard_ns ? heard_ns : 1;
		return;
	}
	if (c->stand != STAND_CONFIRMED && c->stand != STAND_LEFT) {
		candidate_begin(c);
		source_conclude(s);
		return;
	}
	if (source_reflectors(s)->n == 0)
		return;
	c->again = true;
	if (candidate_ask(c) < 0)
		c->again = false; /* nat-recheck tries again */
	if (heard_ns)
		s->heard_ns = heard_ns;
	s->event(s->user, s, SOURCE_STIRRED);
}

void candidate_drop(struct source_candidate *c)
{
	resolver_cancel(c->owner->world->resolver, c->confirm_id);
	hearsay_free(c->heard);
	c->heard = NULL;
	c->confirm_id = 0;
	c->again = false;
	c->again_ns = 0;
}

/* No world can see an address that it cannot reach: the kernel's word. */
static bool candidate_needs_no_asking(const struct source *s,
				      const struct source_candidate *c)
{
	enum addr_class class = addr_class(&c->addr, NULL);

	if (s->config->confirm == CONFIRM_NEVER)
		return true;
	if (s->config->confirm == CONFIRM_ALWAYS)
		return false;
	return class == ADDR_PRIVATE || class == ADDR_SHARED ||
	       class == ADDR_UNIQUE_LOCAL || source_reflectors(s)->n == 0;
}

/* Behind a NAT only what the world says can go out. */
static bool candidate_is_left(const struct source *s, const char **ret_why)
{
	if (s->config->confirm == CONFIRM_NEVER)
		*ret_why = "behind NAT, and confirm = never";
	else if (source_reflectors(s)->n == 0)
		*ret_why = "behind NAT, and there is no reflector";
	else
		return false;
	return true;
}

void candidate_begin(struct source_candidate *c)
{
	struct source *s = c->owner;
	const char *why;
	int r;

	resolver_cancel(s->world->resolver, c->confirm_id);
	c->confirm_id = 0;
	c->again = false;
	if (c->shut_in && candidate_is_left(s, &why)) {
		candidate_stand(c, STAND_LEFT, why);
	} else if (!c->shut_in && candidate_needs_no_asking(s, c)) {
		candidate_stand(c, STAND_TRUSTED, "the kernel's word");
	} else if (source_reflectors(s)->n == 0) {
		candidate_stand(c, STAND_UNSEEN,
				"confirm = always, but no reflector");
	} else {
		c->stand = STAND_ASKING;
		r = candidate_ask(c);
		c->unheard = r < 0;
		if (r < 0)
			candidate_alone(c, strerror(-r));
	}
}
