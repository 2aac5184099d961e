#include "config.h"

#include "base/clock.h"
#include "daemon/record/act.h"
#include "daemon/record/check.h"
#include "daemon/record/entry.h"

/* What comes to an entry from a reload, or because something has healed. */

void entry_join(struct entry *e)
{
	size_t n;

	(void)source_candidates(e->source, &n);
	if (n == 0) {
		if (source_is_gone(e->source))
			entry_source_event(e, SOURCE_GONE);
		return;
	}
	entry_source_event(e, SOURCE_CHANGED);
	if (source_public(e->source))
		entry_source_event(e, SOURCE_CONFIRMED);
	e->heard_ns = 0; /* a reload led to this, not the kernel */
}

void entry_mended(struct entry *e)
{
	if (e->state == RECORD_REFUSED || e->state == RECORD_BACKOFF)
		entry_event(e, RECORD_RETRY);
}

static bool waits_for(const struct entry *e, enum entry_heal what)
{
	if (e->state == RECORD_BACKOFF)
		return e->wait == ENTRY_WAIT_NET ||
		       (e->wait == ENTRY_WAIT_CLOCK &&
			what != ENTRY_HEAL_NET);
	/* What was refused with a wrong clock may be taken with this one. */
	if (e->state == RECORD_REFUSED)
		return e->wait == ENTRY_WAIT_CLOCK && what == ENTRY_HEAL_CLOCK;
	return what == ENTRY_HEAL_SLEPT && (e->state == RECORD_PUBLISHED ||
					    e->state == RECORD_VERIFYING);
}

void entry_heal(struct entry *e, enum entry_heal what, uint64_t delay_ms)
{
	uint64_t due_ms = clock_mono_ms() + delay_ms;

	if (e->state == RECORD_UPDATING || e->state == RECORD_UPDATING_STALE)
		e->healed = true;
	if (waits_for(e, what) &&
	    (e->timer_due_ms == 0 || e->timer_due_ms > due_ms))
		act_arm(e, delay_ms);
}

void entry_ask_anew(struct entry *e)
{
	/* What is under way may fail yet, for want of what has come now. */
	if (e->state == RECORD_UPDATING || e->state == RECORD_UPDATING_STALE)
		e->healed = true;
	if (e->state == RECORD_BACKOFF ||
	    (e->verdict == RESOLVER_UNKNOWN &&
	     (e->state == RECORD_VERIFYING || e->state == RECORD_PUBLISHED)))
		entry_event(e, RECORD_LOOK);
}

void entry_pause(struct entry *e)
{
	e->paused = e->check_id != 0 || e->look_id != 0;
	check_cancel(e);
}

void entry_resume(struct entry *e)
{
	bool again = e->paused;

	e->paused = false;
	if (again && e->check_id == 0 && !e->checked)
		check_start(e);
}

const struct egress *entry_egress(const struct entry *e)
{
	static const struct egress any;
	size_t n;
	const struct source_candidate *c = source_candidates(e->source, &n);

	/* What is lost has no way of its own any more. */
	if (n == 0 || (e->withdrawing && !e->stopping) ||
	    !source_config(e->source)->bind)
		return &any;
	return &c[0].egress;
}
