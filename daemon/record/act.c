#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ev.h>

#include "base/backoff.h"
#include "base/clock.h"
#include "base/str.h"
#include "daemon/record/account.h"
#include "daemon/record/act.h"
#include "daemon/record/answer.h"
#include "daemon/record/check.h"
#include "daemon/record/judge.h"
#include "daemon/record/ptr.h"
#include "daemon/record/refusal.h"
#include "daemon/record/renew.h"
#include "daemon/record/silence.h"
#include "daemon/record/tell.h"

static const struct backoff retry = { .first_ms = 5000, .most_ms = 900000 };
/* Nobody was there to be annoyed: DNS is asked again, which costs little. */
static const struct backoff reach = { .first_ms = 1000, .most_ms = 30000 };
/*
 * A wrong clock is an event's matter. But one that is slewed, not set, gets
 * right without one, and the wrong one may be the server's.
 */
static const struct backoff clocks = { .first_ms = 90000, .most_ms = 900000 };

#define SOON_MS 700

void act_arm(struct entry *e, uint64_t delay_ms)
{
	ev_timer_stop(e->world->loop, &e->timer);
	ev_now_update(e->world->loop);
	ev_timer_set(&e->timer, (double)delay_ms / 1000.0, 0.0);
	ev_timer_start(e->world->loop, &e->timer);
	e->timer_due_ms = clock_mono_ms() + delay_ms;
}

void act_set_text(char **at, const char *text)
{
	free(*at);
	*at = str_dup(text);
}

/* One of another kind is another failure, told once more. */
void act_tell_failed(struct entry *e, const char *text)
{
	unsigned int kind = 1U << (unsigned int)e->wait;
	bool news = (e->told & kind) == 0;

	e->told |= kind;
	tell_failed(e, text, e->timer_due_ms - clock_mono_ms(), news);
}

/* true: the very same is not sent before its time. */
static bool act_postponed(struct entry *e)
{
	bool told = e->failing;

	e->retry_after_s = refusal_postponed_s(e);
	if (e->retry_after_s == 0)
		return false;
	e->wait = ENTRY_WAIT_SERVER;
	e->failing = true;
	entry_event(e, RECORD_FAILED);
	if (!told && e->timer_due_ms)
		act_tell_failed(e, e->error ? e->error : "earlier");
	return true;
}

void act_update(struct entry *e, enum record_event why)
{
	bool again = addr_set_equal(&e->accepted, &e->wanted) &&
		     e->accepted_at_s != 0;
	const struct resolver_answer *a = e->answer;

	if (refusal_stands(e)) {
		if (!e->failing)
			tell_refused(e, e->error ? e->error : "earlier");
		e->failing = true;
		entry_event(e, RECORD_FORBIDDEN);
		return;
	}
	if (act_postponed(e))
		return;
	if (!account_may_send(e->account, e)) {
		entry_event(e, RECORD_HELD);
		return;
	}
	if (why == RECORD_OVERDUE)
		tell_overdue(e);
	e->renewing = again && why == RECORD_STALE && e->config->owner;
	if (again && why != RECORD_STALE)
		entry_mark(e, STATE_RESENT, true);
	else if (!again)
		e->resent = false; /* it is the accepted set's */
	if (addr_set_assign(&e->sent, e->wanted.items, e->wanted.n) < 0) {
		entry_event(e, RECORD_FAILED); /* no memory: later */
		return;
	}
	e->previous = e->withdrawing ? e->was.items[0] : (struct addr){ 0 };
	if (e->accepted.n > 0 && !again)
		e->previous = e->accepted.items[0];
	for (size_t i = 0; a && !e->withdrawing && i < a->n_servers; i++)
		if (a->servers[i].outcome == RESOLVER_ANSWERED &&
		    a->servers[i].n_addrs > 0) {
			e->previous = a->servers[i].addrs[0];
			break;
		}
	e->healed = false;
	e->turn_ms = 0;
	e->sent_by = refusal_settings(e);
	account_send(e->account, e);
}

void act_watch(struct entry *e, enum record_event why)
{
	uint32_t ttl_s = e->answer ? answer_ttl_s(e->answer) : 0;

	if (why == RECORD_ACCEPTED) {
		e->watches = 0;
		e->watch_until_ms =
			clock_mono_ms() +
			1000ULL * ((ttl_s ? ttl_s : CHECK_TTL_UNKNOWN_S) + CHECK_GRACE_S);
	}
	check_start(e);
}

void act_rewatch(struct entry *e, enum record_state from)
{
	uint64_t now_ms = clock_mono_ms(), delay_ms;

	if (from != RECORD_VERIFYING) {
		uint32_t ttl_s = e->answer ? answer_ttl_s(e->answer) : 0;

		e->watches = 0;
		e->watch_until_ms = now_ms + 1000ULL * (ttl_s + CHECK_GRACE_S);
	}
	delay_ms = judge_watch_delay_ms(++e->watches);
	if (now_ms < e->watch_until_ms && now_ms + delay_ms > e->watch_until_ms)
		delay_ms = e->watch_until_ms - now_ms;
	if (now_ms < e->stray_until_ms && now_ms + delay_ms > e->stray_until_ms)
		delay_ms = e->stray_until_ms - now_ms;
	act_arm(e, delay_ms);
}

/* With a tenth of jitter, so that a thousand records do not look together. */
static void act_arm_recheck(struct entry *e)
{
	uint64_t ms = e->config->recheck_ms;
	uint64_t refresh_ms = renew_in_ms(e);

	ms = ms - ms / 10 + (ms / 5 * (uint64_t)clock_random() >> 32);
	if (refresh_ms != UINT64_MAX && (ms == 0 || refresh_ms < ms))
		ms = refresh_ms + 1;
	if (ms > 0)
		act_arm(e, ms);
}

/* The servers were given their time, and the update its second try. */
static void act_overruled(struct entry *e)
{
	if (e->verdict == RESOLVER_UNKNOWN && !e->differs) {
		act_set_text(&e->note, "no name server could be asked");
		tell_unseen(e);
		return;
	}
	act_set_text(&e->note, "shown differently");
	if (!e->differs)
		tell_overruled(e);
	entry_mark(e, STATE_DIFFERS, true);
}

/* A dry run changes nothing: there stands what stood there. */
static void act_note_published(struct entry *e)
{
	const struct resolver_answer *a = e->answer;

	if (!e->unsent) {
		(void)addr_set_assign(&e->published, e->wanted.items,
				      e->wanted.n);
		return;
	}
	for (size_t i = 0; a && i < a->n_servers; i++)
		if (a->servers[i].outcome == RESOLVER_ANSWERED) {
			(void)addr_set_assign(&e->published,
					      a->servers[i].addrs,
					      a->servers[i].n_addrs);
			return;
		}
}

static void act_note_change(struct entry *e)
{
	if (!e->changed || e->unsent)
		return;
	e->last_change_s = clock_wall_s();
	if (e->heard_ns)
		e->latency_ms = (int64_t)((clock_mono_ns() - e->heard_ns) /
					  1000000U);
}

void act_settle(struct entry *e, enum record_event why)
{
	/* The provider's word is not the servers': they differ still. */
	bool given_up = e->unasked && e->differs;

	e->unsent &= why == RECORD_ACCEPTED_UNSEEN;
	act_note_published(e);
	act_note_change(e);
	act_set_text(&e->note, e->unsent  ? "a dry run: nothing is sent"
			       : given_up ? "shown differently"
					  : NULL);
	if (why == RECORD_OVERRULED) {
		act_overruled(e);
	} else if (e->withdrawing) {
		if (!e->unsent)
			tell_withdrawn(e);
	} else if (why == RECORD_RIGHT && e->updated) {
		tell_published(e);
	} else if (why == RECORD_RIGHT && e->changed) {
		tell_unchanged(e);
	}
	if (why == RECORD_RIGHT && !given_up) {
		entry_mark(e, STATE_RESENT, false);
		entry_mark(e, STATE_DIFFERS, false);
		e->agreed = true;
	}
	if (e->failing)
		tell_recovered(e);
	e->failing = false;
	e->told = 0;
	e->failures = 0;
	e->changed = false;
	e->updated = false;
	act_set_text(&e->error, NULL);
	if (e->withdrawing) {
		e->withdrawing = false;
		entry_event(e, RECORD_LOST); /* and waits for an address */
		return;
	}
	if (why != RECORD_OVERRULED)
		ptr_check(e);
	act_arm_recheck(e);
}

static const struct backoff *backoff_of(const struct entry *e)
{
	if (e->wait == ENTRY_WAIT_CLOCK)
		return &clocks;
	return e->deaf ? &reach : &retry;
}

/*
 * As soon as there can be a process. What died with an update of ours may
 * have died of it: sooner or later that is not sent again and again.
 */
static uint64_t act_process_ms(const struct entry *e)
{
	uint64_t ms = 0;

	if (e->lost && e->failures > 1)
		ms = backoff_ms(&retry, e->failures - 1, clock_random());
	return ms > e->process_ms ? ms : e->process_ms;
}

static void act_note_silence(struct entry *e)
{
	const struct resolver_answer *a = e->answer;
	char why[400] = "none is reachable";

	if (a && a->status != 0)
		(void)snprintf(why, sizeof(why), "%s", resolver_status_text(a->status));
	else if (a && a->n_servers > 0)
		(void)resolver_server_print(&a->servers[0], why, sizeof(why));
	e->silence = silence_note(e->world->silences, e->silence,
				  a ? a->zone : NULL, e->config->name, why);
}

void act_back_off(struct entry *e, enum record_event why)
{
	uint64_t now_ms = clock_mono_ms(), delay_ms, rest_ms;

	if (e->stopping)
		return; /* there is no later */
	rest_ms = why == RECORD_HELD ? account_turn_ms(e->account, &e->turn_ms)
				     : account_not_before_ms(e->account);
	if (why == RECORD_UNKNOWN_KEEP) {
		e->failures++;
		e->wait = ENTRY_WAIT_NET;
	}
	if (why == RECORD_HELD)
		e->wait = ENTRY_WAIT_TURN;
	e->deaf = e->wait == ENTRY_WAIT_NET;
	delay_ms = backoff_ms(backoff_of(e), e->failures, clock_random());
	if (why == RECORD_FAILED && e->wait == ENTRY_WAIT_PROCESS)
		delay_ms = act_process_ms(e);
	/* What it failed on has ended meanwhile. */
	if ((e->deaf || e->wait == ENTRY_WAIT_CLOCK) && e->healed)
		delay_ms = SOON_MS * (uint64_t)clock_random() >> 32;
	e->healed = false;
	if (e->retry_after_s * 1000 > delay_ms)
		delay_ms = e->retry_after_s * 1000;
	if (why == RECORD_HELD)
		delay_ms = 0;
	if (rest_ms > now_ms + delay_ms)
		delay_ms = rest_ms - now_ms;
	e->retry_after_s = 0;
	if (why == RECORD_UNKNOWN_KEEP && !e->error)
		act_set_text(&e->error, "no name server could be asked");
	if (why == RECORD_UNKNOWN_KEEP)
		act_note_silence(e);
	act_arm(e, delay_ms);
}

void act_rest(struct entry *e, enum record_event why)
{
	uint32_t again_s = account_info(e->account)->retry_refused_s;

	if (refusal_is_ban(e))
		again_s = 0;
	if (why == RECORD_ALIAS) {
		char text[400] = "the name is a CNAME: remove it, or give the "
				 "record another name";

		for (size_t i = 0; e->answer && i < e->answer->n_servers; i++)
			if (e->answer->servers[i].cname) {
				(void)snprintf(
					text, sizeof(text),
					"%s is a CNAME to %s: remove the CNAME, "
					"or give the record another name",
					e->config->name,
					e->answer->servers[i].cname);
				break;
			}
		act_set_text(&e->error, text);
		if (!e->failing)
			tell_refused(e, text);
		e->failing = true;
		/* Asking DNS again is not sending again. */
		act_arm_recheck(e);
		return;
	}
	if (again_s > 0)
		act_arm(e, 1000ULL * again_s);
}

