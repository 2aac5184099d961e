#include "config.h"

#include <stdio.h>
#include <string.h>

#include "base/addr_class.h"
#include "base/clock.h"
#include "daemon/candidate.h"
#include "daemon/source_inside.h"

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
	c->stand = stand;
	c->public = c->addr;
	(void)snprintf(c->text, sizeof(c->text), "%s", text);
	if (stand == STAND_UNSEEN)
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
		candidate_stand(c, STAND_UNSEEN, why);
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

static void candidate_seen(void *user, const struct resolver_confirmation *seen)
{
	struct source_candidate *c = user;
	struct source *s = c->owner;
	struct log_fields f = source_fields(s, "confirmed");
	char addr[ADDR_STRLEN], why[160];

	c->confirm_id = 0;
	log_reflections(s, seen);
	(void)first_word(seen, why, sizeof(why));
	switch (seen->seen) {
	case RESOLVER_SEEN:
		candidate_stand(c, STAND_CONFIRMED, why);
		log_line(LOG_LEVEL_DEBUG, &f, "%s confirmed: %s",
			 addr_print(&c->addr, addr), why);
		break;
	case RESOLVER_SEEN_AS:
		candidate_stand(c, STAND_UNSEEN, why);
		if (s->config->behind_nat != NAT_IGNORE) {
			c->stand = STAND_CONFIRMED;
			c->public = seen->seen_as;
		}
		break;
	case RESOLVER_DISPUTED:
		f.event = "disputed";
		candidate_stand(c, STAND_UNSEEN, why);
		if (s->failures == 0)
			log_line(LOG_LEVEL_WARNING, &f,
				 "%s is not confirmed: %s; not published until "
				 "it is, asking again",
				 addr_print(&c->addr, addr), why);
		break;
	case RESOLVER_NOT_SEEN:
		candidate_alone(c, why);
		return;
	}
	source_conclude(s);
}

static void candidate_ask(struct source_candidate *c)
{
	struct source *s = c->owner;
	const struct config_strings *list = source_reflectors(s);
	struct resolver_confirm q = {
		.candidate = c->addr,
		.egress = c->egress,
		.reflectors = (const char *const *)list->items,
		.n_reflectors = list->n,
		.quorum = s->config->quorum,
		.timeout_ms = s->config->confirm_timeout_ms,
	};
	int id;

	if (q.quorum == 0)
		q.quorum = candidate_is_global(c) ? 1 : 2;
	c->stand = STAND_ASKING;
	c->asked_ms = clock_mono_ms();
	id = resolver_confirm(s->world->resolver, &q, candidate_seen, c);
	if (id < 0)
		candidate_alone(c, strerror(-id));
	else
		c->confirm_id = id;
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

void candidate_begin(struct source_candidate *c)
{
	struct source *s = c->owner;

	resolver_cancel(s->world->resolver, c->confirm_id);
	c->confirm_id = 0;
	if (c->shut_in)
		candidate_stand(c, STAND_UNSEEN, "behind NAT");
	else if (candidate_needs_no_asking(s, c))
		candidate_stand(c, STAND_TRUSTED, "the kernel's word");
	else if (source_reflectors(s)->n == 0)
		candidate_stand(c, STAND_UNSEEN,
				"confirm = always, but no reflector");
	else
		candidate_ask(c);
}
