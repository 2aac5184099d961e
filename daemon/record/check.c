#include "config.h"

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "daemon/record/account.h"
#include "daemon/record/answer.h"
#include "daemon/record/check.h"
#include "daemon/record/judge.h"
#include "daemon/record/look.h"
#include "daemon/record/own.h"
#include "daemon/record/renew.h"
#include "daemon/record/tell.h"

/* A host's identifier on the prefix of addr. */
static struct addr host_on_prefix(const struct addr *prefix,
				  const struct addr *host, unsigned int len)
{
	struct addr a = *prefix;

	for (unsigned int bit = len; bit < 128; bit++) {
		uint8_t mask = (uint8_t)(0x80 >> bit % 8);

		a.bytes[bit / 8] = (uint8_t)((a.bytes[bit / 8] & ~mask) |
					     (host->bytes[bit / 8] & mask));
	}
	return a;
}

const struct addr_set *entry_wanted(struct entry *e)
{
	const struct addr_set *public = source_public(e->source);
	const struct config_record *c = e->config;
	struct addr hosts[ADDR_SET_MAX];
	size_t n = 0;

	if (e->withdrawing) {
		addr_set_clear(&e->wanted);
		return &e->wanted;
	}
	if (!public)
		return NULL;
	if (e->family == AF_INET || c->ipv6_host.family == 0) {
		if (addr_set_assign(&e->wanted, public->items, public->n) < 0)
			return NULL;
		return &e->wanted;
	}
	for (; n < public->n; n++)
		hosts[n] = host_on_prefix(&public->items[n], &c->ipv6_host,
					  c->ipv6_prefix_length);
	if (addr_set_assign(&e->wanted, hosts, n) < 0)
		return NULL;
	return &e->wanted;
}

/* Whatever others have put there does not count. */
static enum resolver_verdict withdrawal_verdict(
	const struct entry *e, const struct resolver_answer *all)
{
	struct resolver_answer *a = answer_only(all, e->was.items, e->was.n);
	enum resolver_verdict v = RESOLVER_UNKNOWN;

	if (a)
		v = resolver_verdict(a, NULL, 0);
	answer_free(a);
	return v;
}

static enum resolver_verdict verdict_of(const struct entry *e,
					const struct resolver_answer *a,
					const struct judge_facts *f)
{
	enum resolver_verdict v;

	if (!e->config->owner && e->withdrawing)
		return withdrawal_verdict(e, a);
	if (!e->config->owner)
		return resolver_verdict(a, e->wanted.items, e->wanted.n);
	v = resolver_verdict_shared(a, e->wanted.items, e->wanted.n);
	/*
	 * Another owner may have the value too, but it is not marked as ours
	 * before we have said so, nor is what we had before taken away. So it
	 * is with an update given up that may have landed.
	 */
	if ((!f->accepted || f->stray == STRAY_OVER) &&
	    (v == RESOLVER_RIGHT || v == RESOLVER_PROPAGATING))
		v = RESOLVER_DIFFERS;
	return v;
}

/* What the servers say; where they cannot, those asked in their place. */
static enum resolver_verdict check_verdict(const struct entry *e,
					   const struct judge_facts *f)
{
	enum resolver_verdict v = RESOLVER_UNKNOWN, second;

	if (e->answer && !e->unasked)
		v = verdict_of(e, e->answer, f);
	else if (e->config->check == CHECK_NONE && !f->watching)
		v = f->accepted ? RESOLVER_RIGHT : RESOLVER_DIFFERS;
	if (v != RESOLVER_UNKNOWN || !e->second)
		return v;
	second = verdict_of(e, e->second, f);
	if (e->resolved && second != RESOLVER_RIGHT)
		return v; /* a resolver's word counts only where it is ours */
	return second;
}

static struct judge_facts check_facts(const struct entry *e)
{
	uint64_t now_ms = clock_mono_ms();
	struct judge_facts facts = {
		.watching = e->state == RECORD_VERIFYING,
		.known = e->accepted_at_s != 0,
		.can_look = account_info(e->account)->can_look,
		.looked = e->looked,
		.resolved = e->resolved ||
			    e->config->check == CHECK_RECURSIVE,
	};
	int64_t age_s = clock_wall_s() - e->accepted_at_s;
	uint32_t ttl_s = e->answer ? answer_ttl_s(e->answer) : 0;

	facts.accepted = facts.known &&
			 addr_set_equal(&e->accepted, &e->wanted);
	/* The marks are the accepted set's. */
	facts.resent = facts.accepted && e->resent;
	facts.differs = facts.accepted && e->differs;
	/* Servers that have said it once do not lag behind it any more. */
	facts.fresh = !e->agreed && age_s >= 0 &&
		      age_s < (ttl_s ? ttl_s : CHECK_TTL_UNKNOWN_S) +
				      CHECK_GRACE_S;
	facts.overdue = facts.watching && now_ms >= e->watch_until_ms;
	if (e->stray_until_ms)
		facts.stray = now_ms < e->stray_until_ms ? STRAY_POSSIBLE
							  : STRAY_OVER;
	facts.verdict = check_verdict(e, &facts);
	/* Nor does the provider itself. */
	if (e->second && e->looked && !e->resolved)
		facts.fresh = false;
	return facts;
}

static void check_second_done(void *user, const struct resolver_answer *a)
{
	struct entry *e = user;

	e->check_id = 0;
	answer_free(e->second);
	e->second = answer_copy(a);
	e->checked = true;
	e->checked_at_s = clock_wall_s();
	tell_checked(e, e->second);
	if (e->state == RECORD_CHECKING || e->state == RECORD_VERIFYING)
		check_judge(e);
}

/* The provider's word, in the form of a name server's. */
static void check_looked(void *user, const struct notify_reply *reply)
{
	struct entry *e = user;
	struct resolver_server s = {
		.name = account_info(e->account)->name,
		.outcome = RESOLVER_SILENT,
		.error = -ENODATA,
	};
	struct resolver_answer a = {
		.zone = e->answer ? e->answer->zone : NULL,
		.servers = &s,
		.n_servers = 1,
	};

	if (reply->status == NOTIFY_DONE) {
		bool v6 = e->family == AF_INET6;

		s.outcome = RESOLVER_ANSWERED;
		s.error = 0;
		s.addrs = v6 ? reply->ipv6_values : reply->ipv4_values;
		s.n_addrs = v6 ? reply->n_ipv6_values : reply->n_ipv4_values;
	}
	e->look_id = 0;
	check_second_done(e, &a);
}

/* False: it cannot be asked. */
static bool check_look(struct entry *e)
{
	int id = look_start(e, check_looked);

	e->looked = true;
	if (id < 0)
		return false;
	e->look_id = id;
	e->checked = false;
	return true;
}

/* How the question leaves, and what we are to the servers. */
static void check_address(struct entry *e, struct resolver_question *q)
{
	const struct source_candidate *candidates;
	const struct own *own = e->world->own;
	size_t n;

	candidates = source_candidates(e->source, &n);
	if (n > 0 && source_config(e->source)->bind && !e->withdrawing)
		q->egress = candidates[0].egress;
	q->were_ours = own->were;
	q->n_were_ours = own->n_were;
	q->ours4 = e->own.family == AF_INET ? e->own : own->now4;
	q->ours6 = e->own.family == AF_INET6 ? e->own : own->now6;
}

static bool check_ask_resolver(struct entry *e)
{
	struct resolver_question q = {
		.name = e->config->name,
		.family = e->family,
		.mode = RESOLVER_RECURSIVE,
	};
	int id;

	e->resolved = true;
	id = resolver_check(e->world->resolver, &q, check_second_done, e);
	if (id < 0)
		return false;
	e->check_id = id;
	e->checked = false;
	return true;
}

/* False: nobody else is to be asked, or can be. */
static bool check_ask_else(struct entry *e)
{
	for (;;) {
		struct judge_facts facts = check_facts(e);

		switch (judge_whom_else(&facts)) {
		case JUDGE_NOBODY:
			return false;
		case JUDGE_PROVIDER:
			if (check_look(e))
				return true;
			break;
		case JUDGE_RESOLVER:
			if (check_ask_resolver(e))
				return true;
			break;
		}
	}
}

void check_judge(struct entry *e)
{
	enum record_event event;
	struct judge_facts facts;

	if (!entry_wanted(e) || check_ask_else(e))
		return;
	facts = check_facts(e);
	if (facts.stray == STRAY_OVER)
		e->stray_until_ms = 0;
	e->verdict = facts.verdict;
	event = judge(&facts);
	if (event == RECORD_RIGHT && !facts.watching && !e->withdrawing &&
	    renew_in_ms(e) == 0)
		event = RECORD_STALE;
	entry_event(e, event);
}

/* Told when it begins and ends; `why` shows it while it lasts. */
static void check_interception(struct entry *e)
{
	const struct resolver_server *found = NULL;
	bool answered = false;

	for (size_t i = 0; e->answer && i < e->answer->n_servers; i++) {
		const struct resolver_server *s = &e->answer->servers[i];

		if (s->outcome == RESOLVER_INTERCEPTED)
			found = s;
		answered |= s->outcome == RESOLVER_ANSWERED;
	}
	if (found && e->intercepted++ == 0)
		tell_intercepted(e, found);
	if (found || !answered || e->intercepted == 0)
		return;
	tell_believed(e);
	e->intercepted = 0;
}

static void check_done(void *user, const struct resolver_answer *a)
{
	struct entry *e = user;

	e->check_id = 0;
	answer_free(e->answer);
	e->answer = answer_copy(a);
	e->checked = true;
	e->checked_at_s = clock_wall_s();
	tell_checked(e, e->answer);
	check_interception(e);
	if (e->state == RECORD_CHECKING || e->state == RECORD_VERIFYING)
		check_judge(e);
}

/* The provider has taken what is wanted: no update waits for the answer. */
static bool is_accepted(struct entry *e)
{
	return entry_wanted(e) && e->accepted_at_s != 0 &&
	       addr_set_equal(&e->accepted, &e->wanted);
}

/*
 * A name that is known to be shown differently is not asked about again
 * until something else is wanted.
 */
static bool is_given_up(struct entry *e)
{
	return e->state == RECORD_CHECKING && e->differs && is_accepted(e);
}

void check_start(struct entry *e)
{
	const struct config_record *c = e->config;
	struct resolver_question q = {
		.name = c->name,
		.family = e->family,
		.mode = c->check == CHECK_RECURSIVE ? RESOLVER_RECURSIVE
						    : RESOLVER_AUTHORITATIVE,
		.nameservers = (const char *const *)c->nameservers.items,
		.n_nameservers = c->nameservers.n,
		.global = !source_config(e->source)->scope_any,
		.patient = e->state == RECORD_VERIFYING || is_accepted(e),
	};
	bool can_look = account_info(e->account)->can_look;
	int id = 0;

	e->checked = false;
	e->looked = false;
	e->resolved = false;
	answer_free(e->second);
	e->second = NULL;
	e->unasked = is_given_up(e) ||
		     (c->check == CHECK_PROVIDER && can_look &&
		      e->state != RECORD_VERIFYING);
	if (e->unasked && can_look && check_look(e))
		return;
	check_address(e, &q);
	if (!e->unasked &&
	    (e->state == RECORD_VERIFYING || c->check != CHECK_NONE))
		id = resolver_check(e->world->resolver, &q, check_done, e);
	if (id > 0) {
		e->check_id = id;
		return;
	}
	if (!e->unasked) {
		answer_free(e->answer);
		e->answer = NULL;
	}
	e->checked = true;
	if (e->state != RECORD_CONFIRMING)
		check_judge(e);
}

void check_cancel(struct entry *e)
{
	resolver_cancel(e->world->resolver, e->check_id);
	e->check_id = 0;
	look_cancel(e, e->look_id);
	e->look_id = 0;
}
