#include "config.h"

#include "daemon/record/account.h"
#include "daemon/record/check.h"
#include "daemon/record/entry.h"
#include "daemon/record/ptr.h"

/* What of ours may stand there: an update given up may have landed. */
static int entry_fill_was(struct entry *e)
{
	const struct addr_set *sets[] = { &e->accepted, &e->published,
					  &e->sent };
	struct addr all[3 * ADDR_SET_MAX];
	size_t n = 0;

	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++)
		for (size_t k = 0; k < sets[i]->n; k++)
			all[n++] = sets[i]->items[k];
	return addr_set_assign(&e->was, all, n);
}

void entry_withdraw(struct entry *e)
{
	/* Where the table has nothing to say to it, nothing may change. */
	if (record_next(e->state, RECORD_WITHDRAW).action != RECORD_DO_CHECK ||
	    entry_fill_was(e) < 0 || e->was.n == 0)
		return;
	e->withdrawing = true;
	entry_event(e, RECORD_WITHDRAW);
}

/* ---- the daemon ends ---- */

void entry_take_away(struct entry *e)
{
	e->removing = entry_fill_was(e) == 0 && e->was.n > 0;
	if (!e->removing)
		return;
	e->withdrawing = true;
	(void)entry_wanted(e);
	entry_event(e, RECORD_STOP);
}

/* No question, no timer, and nobody of the account waits for it. */
static void entry_freeze(struct entry *e)
{
	ev_timer_stop(e->world->loop, &e->timer);
	e->timer_due_ms = 0;
	ev_timer_stop(e->world->loop, &e->hold);
	e->hold_over = false;
	e->hold_due_ms = 0;
	check_cancel(e);
	ptr_cancel(e);
	account_pending(e->account, e, false);
}

void entry_stop(struct entry *e)
{
	bool remove = e->config->remove_on_stop && !e->world->dry_run;

	entry_freeze(e);
	e->stopping = true;
	if (!remove) {
		account_withdraw(e->account, e);
		return;
	}
	/* What has not left needs no taking away. */
	if (e->job && !account_has_sent(e->job)) {
		addr_set_clear(&e->sent);
		entry_event(e, RECORD_LOST);
	}
	if (!e->job) {
		entry_take_away(e);
		return;
	}
	e->removing = true;
	if (!e->withdrawing)
		entry_event(e, RECORD_STOP);
}

bool entry_is_removing(const struct entry *e)
{
	return e->removing && (e->state == RECORD_UPDATING ||
			       e->state == RECORD_UPDATING_STALE);
}

bool entry_has_left(const struct entry *e)
{
	return e->removing && e->state != RECORD_WAITING;
}
