#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/keep.h"
#include "base/str.h"
#include "daemon/record/account.h"
#include "daemon/record/act.h"
#include "daemon/record/answer.h"
#include "daemon/record/check.h"
#include "daemon/record/entry.h"
#include "daemon/record/fingerprint.h"
#include "daemon/record/own.h"
#include "daemon/record/ptr.h"
#include "daemon/record/refusal.h"
#include "daemon/record/silence.h"
#include "daemon/record/tell.h"
#include "daemon/state/state.h"
#include "monitor/monitor.h"

const char *entry_family_name(const struct entry *e)
{
	return e->family == AF_INET ? "ipv4" : "ipv6";
}

enum record_state entry_shown_state(const struct entry *e)
{
	return e->state == RECORD_PUBLISHED && e->unsent ? RECORD_UPDATING
							 : e->state;
}

/* ---- timer ---- */

static void entry_disarm(struct entry *e)
{
	ev_timer_stop(e->world->loop, &e->timer);
	e->timer_due_ms = 0;
}

static void entry_timeout(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct entry *e = w->data;

	(void)loop;
	(void)revents;
	e->timer_due_ms = 0;
	entry_event(e, RECORD_TIMER);
}

/* ---- actions ---- */

void entry_forget_accepted(struct entry *e)
{
	addr_set_clear(&e->accepted);
	e->accepted_at_s = 0;
	e->agreed = false;
	state_accepted(e->world->state, e->config->name, e->family,
		       account_info(e->account)->name, &e->accepted, 0);
}

void entry_stray(struct entry *e)
{
	e->stray_until_ms = clock_mono_ms() +
			    1000ULL * account_info(e->account)->timeout_s;
}

void entry_abandon(struct entry *e)
{
	if (e->job && account_has_sent(e->job)) {
		entry_forget_accepted(e);
		entry_stray(e);
	}
	account_withdraw(e->account, e);
}

static void entry_relook(struct entry *e)
{
	size_t n;

	if (e->stopping) {
		entry_take_away(e);
		return;
	}
	(void)source_candidates(e->source, &n);
	if (n == 0)
		return;
	e->changed = true;
	e->heard_ns = source_heard_ns(e->source);
	entry_event(e, source_public(e->source) ? RECORD_CONFIRMED
						: RECORD_CHANGED);
}

static void entry_act(struct entry *e, enum record_action action,
		      enum record_state from, enum record_event why)
{
	switch (action) {
	case RECORD_DO_CHECK:
		check_start(e);
		break;
	case RECORD_DO_JUDGE:
		if (e->checked)
			check_judge(e);
		break;
	case RECORD_DO_UPDATE:
		act_update(e, why);
		break;
	case RECORD_DO_CANCEL:
		entry_abandon(e);
		check_start(e);
		break;
	case RECORD_DO_DROP:
		entry_abandon(e);
		break;
	case RECORD_DO_WATCH:
		act_watch(e, why);
		break;
	case RECORD_DO_REWATCH:
		act_rewatch(e, from);
		break;
	case RECORD_DO_SETTLE:
		act_settle(e, why);
		break;
	case RECORD_DO_BACK_OFF:
		act_back_off(e, why);
		break;
	case RECORD_DO_REST:
		act_rest(e, why);
		break;
	case RECORD_DO_RELOOK:
		entry_relook(e);
		break;
	case RECORD_DO_NOTHING:
		break;
	}
}

/* Somebody was reached, and said something. */
static bool is_answer(enum record_event event)
{
	return event == RECORD_RIGHT || event == RECORD_PROPAGATING ||
	       event == RECORD_DIFFERS || event == RECORD_STALE ||
	       event == RECORD_ACCEPTED || event == RECORD_ACCEPTED_UNSEEN;
}

/* The daemon ends: only what comes of the last updates counts. */
static bool is_too_late(const struct entry *e, enum record_event event)
{
	return e->stopping && event < RECORD_ACCEPTED &&
	       event != RECORD_STOP && event != RECORD_LOST;
}

void entry_event(struct entry *e, enum record_event event)
{
	enum record_state from = e->state;
	struct record_step step = record_next(from, event);

	if ((step.next == from && step.action == RECORD_DO_NOTHING) ||
	    is_too_late(e, event))
		return;
	/* Told to try again, or it is time to. */
	if (event == RECORD_RETRY ||
	    (from == RECORD_REFUSED && event == RECORD_TIMER))
		refusal_forget(e);
	e->state = step.next;
	entry_disarm(e);
	if (step.action != RECORD_DO_JUDGE)
		check_cancel(e);
	account_pending(e->account, e, e->state == RECORD_CONFIRMING ||
					       e->state == RECORD_CHECKING);
	tell_moved(e, from, event);
	/* What is not asked any more has no silence, either. */
	if (e->silence && (is_answer(event) || event <= RECORD_GONE)) {
		silence_leave(e->world->silences, e->silence, is_answer(event));
		e->silence = NULL;
	}
	if (e->deaf && is_answer(event)) {
		e->deaf = false;
		e->world->healed(e->world->user);
	}
	entry_act(e, step.action, from, event);
	e->world->moved(e->world->user);
}

/* ---- loss ---- */

static void entry_hold(struct entry *e, bool hold)
{
	e->hold_over = false;
	e->hold_due_ms = 0;
	ev_timer_stop(e->world->loop, &e->hold);
	if (!hold || !e->config->remove_on_loss)
		return;
	ev_now_update(e->world->loop);
	ev_timer_set(&e->hold, (double)e->config->on_loss_hold_ms / 1000.0,
		     0.0);
	ev_timer_start(e->world->loop, &e->hold);
	e->hold_due_ms = clock_mono_ms() + e->config->on_loss_hold_ms;
}

static void entry_held(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct entry *e = w->data;

	(void)loop;
	(void)revents;
	e->hold_over = true;
	e->hold_due_ms = 0;
	source_verify_loss(e->source);
}

/* Nothing usable came back meanwhile, and a dump agrees. */
static void entry_gone_sure(struct entry *e)
{
	if (e->hold_over)
		entry_withdraw(e);
	e->hold_over = false;
}

/* ---- from the source ---- */

static bool machine_has(const struct monitor *m, const struct addr *a)
{
	size_t n_links, n;
	const struct monitor_link *links = monitor_links(m, &n_links);

	for (size_t i = 0; i < n_links; i++) {
		const struct monitor_addr *addrs =
			monitor_addrs(m, links[i].ifindex, &n);

		for (size_t k = 0; k < n; k++)
			if (addr_equal(&addrs[k].addr, a))
				return true;
	}
	return false;
}

/*
 * An update under way can still succeed only if it has left, and from an
 * address that is still here to hear the answer.
 */
static bool update_is_lost(const struct entry *e)
{
	if (!e->job)
		return false;
	return !account_has_sent(e->job) ||
	       (e->left_from.family != 0 &&
		!machine_has(e->world->monitor, &e->left_from));
}

/* Whoever asked for it by another address does not find us there now. */
static void entry_note_own(struct entry *e)
{
	const struct addr_set *public = source_public(e->source);
	struct addr now = { 0 };
	size_t n;
	const struct source_candidate *c = source_candidates(e->source, &n);

	if (!source_behind_nat(e->source) && n > 0)
		now = c[0].addr;
	else if (public && public->n > 0)
		now = public->items[0];
	if (now.family == 0 || addr_equal(&now, &e->own))
		return;
	own_was(e->world->own, &e->own);
	own_is(e->world->own, &now);
	e->own = now;
}

void entry_source_event(struct entry *e, enum source_event event)
{
	if (e->stopping)
		return;
	entry_note_own(e);
	switch (event) {
	case SOURCE_CHANGED:
	case SOURCE_LOST:
		e->changed = event == SOURCE_CHANGED && !e->adopted;
		e->withdrawing = false;
		/* Another one that only a NAT leads out from is no comfort. */
		entry_hold(e, source_is_gone(e->source));
		e->updated = false;
		e->heard_ns = source_heard_ns(e->source);
		entry_event(e, event == SOURCE_LOST ? RECORD_LOST
			       : update_is_lost(e)  ? RECORD_GONE
						    : RECORD_CHANGED);
		break;
	case SOURCE_STIRRED:
		break;
	case SOURCE_CONFIRMED:
		e->heard_ns = source_heard_ns(e->source);
		entry_hold(e, false);
		e->withdrawing = false;
		e->changed |= !e->adopted;
		e->adopted = false;
		entry_event(e, RECORD_CONFIRMED);
		break;
	case SOURCE_PATH:
		e->healed = true;
		entry_event(e, RECORD_PATH);
		break;
	case SOURCE_GONE:
		entry_hold(e, true);
		break;
	case SOURCE_GONE_SURE:
		entry_gone_sure(e);
		break;
	case SOURCE_UNSEEN:
		act_set_text(&e->error, "the address is not confirmed");
		account_pending(e->account, e, false); /* it may take long: no company */
		e->world->moved(e->world->user);
		break;
	}
}

/* ---- life ---- */

int entry_new(const struct entry_world *world,
	      const struct config_record *config, struct source *source,
	      struct account *account, int family, struct entry **ret)
{
	struct entry *e = calloc(1, sizeof(*e));

	if (!e)
		return -ENOMEM;
	e->world = world;
	e->config = config;
	e->source = source;
	e->account = account;
	e->family = family;
	e->state = RECORD_WAITING;
	e->jitter = clock_random();
	e->born_ms = clock_mono_ms();
	e->print = fingerprint_record(config);
	e->latency_ms = -1;
	ev_timer_init(&e->timer, entry_timeout, 0.0, 0.0);
	e->timer.data = e;
	ev_timer_init(&e->hold, entry_held, 0.0, 0.0);
	e->hold.data = e;
	e->accepted_at_s = state_find(world->state, config->name, family,
				      account_info(account)->name,
				      &e->accepted);
	e->last_update_s = e->accepted_at_s;
	e->resent = state_marked(world->state, config->name, family,
				 account_info(account)->name, STATE_RESENT);
	e->differs = state_marked(world->state, config->name, family,
				  account_info(account)->name, STATE_DIFFERS);
	if (e->accepted.n > 0 &&
	    !machine_has(world->monitor, &e->accepted.items[0]))
		own_was(world->own, &e->accepted.items[0]);
	*ret = e;
	return 0;
}

void entry_free(struct entry *e)
{
	if (!e)
		return;
	entry_disarm(e);
	ev_timer_stop(e->world->loop, &e->hold);
	check_cancel(e);
	ptr_cancel(e);
	silence_leave(e->world->silences, e->silence, false);
	account_withdraw(e->account, e);
	account_pending(e->account, e, false);
	addr_set_clear(&e->wanted);
	addr_set_clear(&e->sent);
	addr_set_clear(&e->was);
	addr_set_clear(&e->accepted);
	addr_set_clear(&e->published);
	answer_free(e->answer);
	answer_free(e->second);
	free(e->error);
	keep_text_free(e->answered);
	free(e->note);
	free(e);
}
