#include "config.h"

#include <stdlib.h>

#include "base/clock.h"
#include "daemon/answer.h"
#include "daemon/check.h"
#include "daemon/judge.h"
#include "daemon/tell.h"

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

void check_judge(struct entry *e)
{
	uint64_t now_ms = clock_mono_ms();
	struct judge_facts facts = { .verdict = RESOLVER_UNKNOWN };
	int64_t age_s = clock_wall_s() - e->accepted_at_s;
	uint32_t ttl_s = e->answer ? answer_ttl_s(e->answer) : 0;

	if (!entry_wanted(e))
		return;
	facts.watching = e->state == RECORD_VERIFYING;
	facts.accepted = e->accepted_at_s != 0 &&
			 addr_set_equal(&e->accepted, &e->wanted);
	/* Servers that have said it once do not lag behind it any more. */
	facts.fresh = !e->agreed && age_s >= 0 &&
		      age_s < (ttl_s ? ttl_s : CHECK_TTL_UNKNOWN_S) +
				      CHECK_GRACE_S;
	facts.overdue = facts.watching && now_ms >= e->watch_until_ms;
	facts.resent = e->resent;
	if (e->stray_until_ms)
		facts.stray = now_ms < e->stray_until_ms ? STRAY_POSSIBLE
							  : STRAY_OVER;
	if (facts.stray == STRAY_OVER)
		e->stray_until_ms = 0;
	if (e->answer)
		facts.verdict = resolver_verdict(e->answer, e->wanted.items,
						 e->wanted.n);
	else if (e->config->check == CHECK_NONE && !facts.watching)
		facts.verdict = facts.accepted ? RESOLVER_RIGHT
					       : RESOLVER_DIFFERS;
	entry_event(e, judge(&facts));
}

static void check_done(void *user, const struct resolver_answer *a)
{
	struct entry *e = user;

	e->check_id = 0;
	free(e->answer);
	e->answer = answer_copy(a);
	e->checked = true;
	tell_checked(e);
	if (e->state == RECORD_CHECKING || e->state == RECORD_VERIFYING)
		check_judge(e);
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
	};
	const struct source_candidate *candidates;
	size_t n;
	int id = 0;

	e->checked = false;
	candidates = source_candidates(e->source, &n);
	if (n > 0 && source_config(e->source)->bind)
		q.egress = candidates[0].egress;
	if (e->state == RECORD_VERIFYING || c->check != CHECK_NONE)
		id = resolver_check(e->world->resolver, &q, check_done, e);
	if (id > 0) {
		e->check_id = id;
		return;
	}
	free(e->answer);
	e->answer = NULL;
	e->checked = true;
	if (e->state != RECORD_CONFIRMING)
		check_judge(e);
}

void check_cancel(struct entry *e)
{
	resolver_cancel(e->world->resolver, e->check_id);
	e->check_id = 0;
}
