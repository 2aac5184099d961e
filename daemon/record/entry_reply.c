#include "config.h"

#include "base/clock.h"
#include "base/keep.h"
#include "daemon/record/account.h"
#include "daemon/record/act.h"
#include "daemon/record/entry.h"
#include "daemon/record/refusal.h"
#include "daemon/record/tell.h"
#include "daemon/state/state.h"

/* What came of an entry's update. */

/* Of a server that asks to slow down without saying for how long. */
#define SLOW_S 300

void entry_sent(struct entry *e)
{
	e->sent_ms = clock_mono_ms();
	if (e->world->dry_run)
		return;
	account_counts(e->account)->sent++;
	e->last_update_s = clock_wall_s();
}

void entry_mark(struct entry *e, enum state_mark mark, bool on)
{
	if (mark == STATE_RESENT)
		e->resent = on;
	else
		e->differs = on;
	state_set_mark(e->world->state, e->config->name, e->family,
		       account_info(e->account)->name, mark, on);
}

static void entry_accept(struct entry *e, const struct notify_reply *reply,
			 bool unchanged)
{
	bool watch = e->config->verify && !e->world->dry_run && !e->stopping;

	if (!e->world->dry_run) {
		if (addr_set_assign(&e->accepted, e->sent.items,
				    e->sent.n) == 0)
			e->accepted_at_s = clock_wall_s();
		e->agreed = false;
		state_accepted(e->world->state, e->config->name, e->family,
			       account_info(e->account)->name, &e->accepted,
			       e->accepted_at_s);
		entry_mark(e, STATE_RESENT, e->resent);
		entry_mark(e, STATE_DIFFERS, false);
	}
	if (e->renewing) {
		tell_renewed(e, reply);
	} else if (unchanged) {
		tell_unchanged(e);
		e->changed = false;
	} else {
		e->updated = true;
		e->unsent = e->world->dry_run;
		tell_accepted(e, reply);
	}
	entry_event(e, watch ? RECORD_ACCEPTED : RECORD_ACCEPTED_UNSEEN);
}

/* Where not even a name server answers, nobody is there to be annoyed. */
static enum entry_wait entry_wait_for(const struct entry *e,
				      enum notify_status status,
				      const struct notify_reply *reply)
{
	if (reply->no_process)
		return ENTRY_WAIT_PROCESS;
	if (reply->clock)
		return ENTRY_WAIT_CLOCK;
	if (status == NOTIFY_SLOW || reply->retry_after_s > 0)
		return ENTRY_WAIT_SERVER;
	return reply->sent_ns == 0 || e->verdict == RESOLVER_UNKNOWN
		       ? ENTRY_WAIT_NET
		       : ENTRY_WAIT_SERVER;
}

/* An update that failed may have been taken all the same. */
static void entry_was_it_taken(struct entry *e,
			       const struct notify_reply *reply)
{
	bool maybe = reply->sent_ns || reply->lost;

	if (maybe && !addr_set_equal(&e->sent, &e->accepted))
		entry_forget_accepted(e);
	if (!maybe)
		addr_set_clear(&e->sent);
	/* Nobody will tell when it is over: something else is wanted now. */
	if (reply->lost && e->state == RECORD_UPDATING_STALE)
		entry_stray(e);
}

void entry_reply(struct entry *e, enum notify_status status,
		 const struct notify_reply *reply)
{
	if (!e->world->dry_run && (size_t)status < ACCOUNT_ANSWERS)
		account_counts(e->account)->answers[status]++;
	/* Thousands come in one burst, and stay. */
	keep_text_free(e->answered);
	e->answered = keep_text(reply->text);
	e->answered_at_s = clock_wall_s();
	switch (status) {
	case NOTIFY_DONE:
	case NOTIFY_UNCHANGED:
		entry_accept(e, reply, status == NOTIFY_UNCHANGED);
		return;
	case NOTIFY_REFUSED:
		/* It was mended while this was under way. */
		if (e->sent_by != refusal_settings(e)) {
			e->wait = ENTRY_WAIT_NET;
			e->healed = true;
			entry_event(e, RECORD_FAILED);
			return;
		}
		/* First of all: what was told must not be lost. */
		refusal_note(e, reply->text, reply->ban, reply->clock);
		e->wait = reply->clock ? ENTRY_WAIT_CLOCK : ENTRY_WAIT_SERVER;
		act_set_text(&e->error, reply->text);
		tell_refused(e, reply->text);
		addr_set_clear(&e->sent); /* of it nothing stands there */
		e->failing = true;
		entry_event(e, RECORD_FORBIDDEN);
		return;
	case NOTIFY_CANCELLED:
	case NOTIFY_RETRY:
		entry_was_it_taken(e, reply);
		break;
	case NOTIFY_SLOW:
		break;
	}
	if (status == NOTIFY_SLOW)
		account_rest_until(e->account,
				   clock_mono_ms() +
					   1000ULL * (reply->retry_after_s
							      ? reply->retry_after_s
							      : SLOW_S));
	e->failures++;
	e->failing = true;
	e->retry_after_s = reply->unclassified
				   ? refusal_postpone(e, reply->text)
				   : reply->retry_after_s;
	e->process_ms = reply->again_ms;
	e->lost = reply->lost;
	e->wait = entry_wait_for(e, status, reply);
	act_set_text(&e->error, reply->text);
	entry_event(e, RECORD_FAILED);
	if (e->state == RECORD_BACKOFF && e->timer_due_ms)
		act_tell_failed(e, reply->text);
}
