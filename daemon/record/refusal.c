#include "config.h"

#include "base/backoff.h"
#include "base/clock.h"
#include "daemon/record/account.h"
#include "daemon/record/act.h"
#include "daemon/record/refusal.h"
#include "daemon/state/state.h"

/*
 * Of the account's digest, which tells of its secrets, too little goes to
 * disk to try out guesses on.
 */
#define DIGEST_BITS 0xffffU
/* The time of a ban: no age counts. 9999-12-31. */
#define FOR_GOOD_S 253402300799

/* Less is slewed, and no reason for a refusal. */
#define CLOCK_SET_S 60

/* Drawn from the upper half: from a quarter of an hour on. */
static const struct backoff postponing = { .first_ms = 1800000,
					   .most_ms = 86400000 };

uint64_t refusal_settings(const struct entry *e)
{
	return (e->print & ~(uint64_t)DIGEST_BITS) |
	       (account_info(e->account)->digest & DIGEST_BITS);
}

void refusal_note(struct entry *e, const char *text, bool ban, bool clock)
{
	const struct state_refusal r = {
		.wanted = e->sent,
		.at_s = ban ? FOR_GOOD_S : clock_wall_s(),
		.settings = refusal_settings(e),
		.text = (char *)(uintptr_t)text,
		.clock = clock,
		.boot_s = clock ? clock_boot_s() : 0,
	};

	if (e->world->dry_run)
		return;
	state_refused(e->world->state, e->config->name, e->family,
		      account_info(e->account)->name, &r);
}

void refusal_forget(struct entry *e)
{
	state_refused(e->world->state, e->config->name, e->family,
		      account_info(e->account)->name, NULL);
}

static const struct state_refusal *refusal_of(struct entry *e)
{
	return state_refusal(e->world->state, e->config->name, e->family,
			     account_info(e->account)->name);
}

bool refusal_is_ban(struct entry *e)
{
	const struct state_refusal *r = refusal_of(e);

	return r && r->at_s == FOR_GOOD_S;
}

/* Or the machine was started anew: its clock may be another one now. */
static bool clock_was_set(const struct state_refusal *r)
{
	int64_t by_s = r->boot_s - clock_boot_s();

	return r->clock && (by_s > CLOCK_SET_S || by_s < -CLOCK_SET_S);
}

bool refusal_stands(struct entry *e)
{
	const struct notify_account *account = account_info(e->account);
	const struct state_refusal *r = refusal_of(e);
	int64_t age_s;

	if (!r || r->tries || r->settings != refusal_settings(e))
		return false;
	if (r->at_s == FOR_GOOD_S) {
		act_set_text(&e->error, r->text);
		return true;
	}
	if (!addr_set_equal(&r->wanted, &e->wanted) || clock_was_set(r))
		return false;
	/* A clock that went back does not make it older. */
	age_s = clock_wall_s() - r->at_s;
	if (account->retry_refused_s && age_s >= account->retry_refused_s)
		return false;
	e->wait = r->clock ? ENTRY_WAIT_CLOCK : ENTRY_WAIT_SERVER;
	act_set_text(&e->error, r->text);
	return true;
}

uint32_t refusal_postpone(struct entry *e, const char *text)
{
	const struct state_refusal *was = refusal_of(e);
	unsigned int tries = was && was->settings == refusal_settings(e)
				     ? was->tries + 1 : 1;
	uint32_t wait_s = (uint32_t)(backoff_ms(&postponing, tries,
						clock_random()) / 1000);
	const struct state_refusal r = {
		.wanted = e->sent,
		.at_s = clock_wall_s(),
		.settings = refusal_settings(e),
		.text = (char *)(uintptr_t)text,
		.tries = tries,
		.until_s = clock_wall_s() + wait_s,
	};

	if (!e->world->dry_run)
		state_refused(e->world->state, e->config->name, e->family,
			      account_info(e->account)->name, &r);
	return wait_s;
}

uint32_t refusal_postponed_s(struct entry *e)
{
	const struct state_refusal *r = refusal_of(e);
	int64_t left_s = r ? r->until_s - clock_wall_s() : 0;

	if (left_s <= 0 || r->tries == 0 ||
	    r->settings != refusal_settings(e) ||
	    !addr_set_equal(&r->wanted, &e->wanted))
		return 0;
	act_set_text(&e->error, r->text);
	/* A clock that went back must not make it wait for years. */
	return left_s < (int64_t)(postponing.most_ms / 1000)
		       ? (uint32_t)left_s
		       : (uint32_t)(postponing.most_ms / 1000);
}
