#include "config.h"

#include <check.h>

#include "daemon/record/record.h"
#include "tests/support/suite.h"

#define MAX_EVENTS 8

/* Each story starts in WAITING; the last event's outcome is what we check. */
static const struct story {
	const char *name;
	enum record_event events[MAX_EVENTS];
	int n;
	enum record_state state;
	enum record_action action;
} stories[] = {
	{ "a new address is asked about on both sides at once",
	  { RECORD_CHANGED }, 1,
	  RECORD_CONFIRMING, RECORD_DO_CHECK },
	{ "the check goes on when the address is confirmed",
	  { RECORD_CHANGED, RECORD_CONFIRMED }, 2,
	  RECORD_CHECKING, RECORD_DO_JUDGE },
	{ "a name that is right already is not updated",
	  { RECORD_CHANGED, RECORD_CONFIRMED, RECORD_RIGHT }, 3,
	  RECORD_PUBLISHED, RECORD_DO_SETTLE },
	{ "a name that differs is",
	  { RECORD_CHANGED, RECORD_CONFIRMED, RECORD_DIFFERS }, 3,
	  RECORD_UPDATING, RECORD_DO_UPDATE },
	{ "an accepted update is watched",
	  { RECORD_CHANGED, RECORD_CONFIRMED, RECORD_DIFFERS,
	    RECORD_ACCEPTED }, 4,
	  RECORD_VERIFYING, RECORD_DO_WATCH },
	{ "servers that differ after it are propagating: nothing is sent",
	  { RECORD_CHANGED, RECORD_CONFIRMED, RECORD_DIFFERS, RECORD_ACCEPTED,
	    RECORD_DIFFERS }, 5,
	  RECORD_VERIFYING, RECORD_DO_REWATCH },
	{ "... until TTL and grace are over",
	  { RECORD_CHANGED, RECORD_CONFIRMED, RECORD_DIFFERS, RECORD_ACCEPTED,
	    RECORD_OVERDUE }, 5,
	  RECORD_UPDATING, RECORD_DO_UPDATE },
	{ "a change during an update never starts a second one",
	  { RECORD_CHANGED, RECORD_CONFIRMED, RECORD_DIFFERS,
	    RECORD_CHANGED }, 4,
	  RECORD_UPDATING_STALE, RECORD_DO_NOTHING },
	{ "... and is looked at once that one is done",
	  { RECORD_CHANGED, RECORD_CONFIRMED, RECORD_DIFFERS, RECORD_CHANGED,
	    RECORD_ACCEPTED }, 5,
	  RECORD_WAITING, RECORD_DO_RELOOK },
	{ "an update whose source address has gone is given up",
	  { RECORD_CHANGED, RECORD_CONFIRMED, RECORD_DIFFERS, RECORD_GONE }, 4,
	  RECORD_CONFIRMING, RECORD_DO_CANCEL },
	{ "... also when there is no other address",
	  { RECORD_CHANGED, RECORD_CONFIRMED, RECORD_DIFFERS, RECORD_LOST }, 4,
	  RECORD_WAITING, RECORD_DO_DROP },
	{ "an update given up that lands after ours is corrected at once",
	  { RECORD_CHANGED, RECORD_CONFIRMED, RECORD_DIFFERS, RECORD_ACCEPTED,
	    RECORD_OVERTAKEN }, 5,
	  RECORD_UPDATING, RECORD_DO_UPDATE },
	{ "a refusal is final for this address",
	  { RECORD_CHANGED, RECORD_CONFIRMED, RECORD_DIFFERS,
	    RECORD_FORBIDDEN, RECORD_LOOK }, 5,
	  RECORD_REFUSED, RECORD_DO_NOTHING },
	{ "... another address is another question",
	  { RECORD_CHANGED, RECORD_CONFIRMED, RECORD_DIFFERS,
	    RECORD_FORBIDDEN, RECORD_CHANGED }, 5,
	  RECORD_CONFIRMING, RECORD_DO_CHECK },
	{ "a failure is tried again, by asking first",
	  { RECORD_CHANGED, RECORD_CONFIRMED, RECORD_DIFFERS, RECORD_FAILED,
	    RECORD_TIMER }, 5,
	  RECORD_CHECKING, RECORD_DO_CHECK },
	{ "... and at once when the way out is back",
	  { RECORD_CHANGED, RECORD_CONFIRMED, RECORD_DIFFERS, RECORD_FAILED,
	    RECORD_PATH }, 5,
	  RECORD_CHECKING, RECORD_DO_CHECK },
	{ "a CNAME is refused before anything is sent",
	  { RECORD_CHANGED, RECORD_CONFIRMED, RECORD_ALIAS }, 3,
	  RECORD_REFUSED, RECORD_DO_REST },
	{ "nobody's answer about a value accepted before sends nothing",
	  { RECORD_CHANGED, RECORD_CONFIRMED, RECORD_UNKNOWN_KEEP }, 3,
	  RECORD_BACKOFF, RECORD_DO_BACK_OFF },
	{ "a verdict before the confirmation is not acted on",
	  { RECORD_CHANGED, RECORD_DIFFERS }, 2,
	  RECORD_CONFIRMING, RECORD_DO_NOTHING },
	{ "a source without address leaves DNS alone",
	  { RECORD_CHANGED, RECORD_CONFIRMED, RECORD_RIGHT, RECORD_LOST }, 4,
	  RECORD_WAITING, RECORD_DO_NOTHING },
	{ "... until it is lost for good: asked first, then taken away",
	  { RECORD_CHANGED, RECORD_CONFIRMED, RECORD_RIGHT, RECORD_LOST,
	    RECORD_WITHDRAW }, 5,
	  RECORD_CHECKING, RECORD_DO_CHECK },
	{ "... which is an update like any other",
	  { RECORD_WITHDRAW, RECORD_DIFFERS, RECORD_ACCEPTED, RECORD_RIGHT }, 4,
	  RECORD_PUBLISHED, RECORD_DO_SETTLE },
	{ "... and given up for an address that comes back",
	  { RECORD_WITHDRAW, RECORD_CHANGED }, 2,
	  RECORD_CONFIRMING, RECORD_DO_CHECK },
	{ "when the daemon ends nobody is asked first",
	  { RECORD_CHANGED, RECORD_CONFIRMED, RECORD_RIGHT, RECORD_STOP }, 4,
	  RECORD_UPDATING, RECORD_DO_UPDATE },
	{ "... nor is anybody waited for: while it is confirmed",
	  { RECORD_CHANGED, RECORD_STOP }, 2,
	  RECORD_UPDATING, RECORD_DO_UPDATE },
	{ "... while it is checked",
	  { RECORD_CHANGED, RECORD_CONFIRMED, RECORD_STOP }, 3,
	  RECORD_UPDATING, RECORD_DO_UPDATE },
	{ "... while it is watched",
	  { RECORD_CHANGED, RECORD_CONFIRMED, RECORD_DIFFERS, RECORD_ACCEPTED,
	    RECORD_STOP }, 5,
	  RECORD_UPDATING, RECORD_DO_UPDATE },
	{ "... while it backs off",
	  { RECORD_CHANGED, RECORD_CONFIRMED, RECORD_UNKNOWN_KEEP,
	    RECORD_STOP }, 4,
	  RECORD_UPDATING, RECORD_DO_UPDATE },
	{ "... or without an address",
	  { RECORD_STOP }, 1,
	  RECORD_UPDATING, RECORD_DO_UPDATE },
	{ "... but for an update under way",
	  { RECORD_CHANGED, RECORD_CONFIRMED, RECORD_DIFFERS, RECORD_STOP }, 4,
	  RECORD_UPDATING_STALE, RECORD_DO_NOTHING },
	{ "... which is followed by what takes it away",
	  { RECORD_CHANGED, RECORD_CONFIRMED, RECORD_DIFFERS, RECORD_STOP,
	    RECORD_ACCEPTED_UNSEEN, RECORD_STOP }, 6,
	  RECORD_UPDATING, RECORD_DO_UPDATE },
	{ "... and not where it was refused",
	  { RECORD_CHANGED, RECORD_CONFIRMED, RECORD_DIFFERS,
	    RECORD_FORBIDDEN, RECORD_STOP }, 5,
	  RECORD_REFUSED, RECORD_DO_NOTHING },
	{ "a name that is right is sent again when its refresh is due",
	  { RECORD_CHANGED, RECORD_CONFIRMED, RECORD_RIGHT, RECORD_TIMER,
	    RECORD_STALE }, 5,
	  RECORD_UPDATING, RECORD_DO_UPDATE },
	{ "a recheck asks before anything else",
	  { RECORD_CHANGED, RECORD_CONFIRMED, RECORD_RIGHT, RECORD_TIMER }, 4,
	  RECORD_CHECKING, RECORD_DO_CHECK },
};

START_TEST(test_story)
{
	const struct story *st = &stories[_i];
	struct record_step step = { RECORD_WAITING, RECORD_DO_NOTHING };

	for (int i = 0; i < st->n; i++)
		step = record_next(step.next, st->events[i]);

	ck_assert_msg(step.next == st->state, "%s: state is %s, not %s",
		      st->name, record_state_name(step.next),
		      record_state_name(st->state));
	ck_assert_msg(step.action == st->action, "%s: action is %d, not %d",
		      st->name, (int)step.action, (int)st->action);
}
END_TEST

/* ---- walks over every state and event ---- */

#define EACH_STEP(s, e, step)                                                  \
	for (enum record_state s = RECORD_WAITING; s < RECORD_N_STATES; s++)   \
		for (enum record_event e = RECORD_LOST; e < RECORD_N_EVENTS;   \
		     e++)                                                      \
			for (struct record_step step = record_next(s, e),      \
						*once = &step;                 \
			     once; once = NULL)

START_TEST(test_an_update_is_only_sent_after_a_verdict)
{
	EACH_STEP(s, e, step)
	{
		if (step.action != RECORD_DO_UPDATE)
			continue;
		ck_assert(step.next == RECORD_UPDATING);
		if (e == RECORD_STOP)
			continue; /* taking away what is ours is right */
		ck_assert(s == RECORD_CHECKING || s == RECORD_VERIFYING);
		ck_assert(e == RECORD_DIFFERS || e == RECORD_UNKNOWN_SEND ||
			  e == RECORD_STALE || e == RECORD_OVERDUE ||
			  e == RECORD_OVERTAKEN);
	}
}
END_TEST

START_TEST(test_no_update_starts_while_one_is_in_flight)
{
	EACH_STEP(s, e, step)
	{
		if (s != RECORD_UPDATING && s != RECORD_UPDATING_STALE)
			continue;
		ck_assert_msg(step.action != RECORD_DO_UPDATE, "%s",
			      record_event_name(e));
		/* Left without an answer only by giving it up. */
		if (step.next != RECORD_UPDATING &&
		    step.next != RECORD_UPDATING_STALE && e < RECORD_ACCEPTED)
			ck_assert(step.action == RECORD_DO_CANCEL ||
				  step.action == RECORD_DO_DROP);
	}
}
END_TEST

START_TEST(test_lost_always_ends_in_waiting)
{
	for (enum record_state s = RECORD_WAITING; s < RECORD_N_STATES; s++)
		ck_assert_msg(record_next(s, RECORD_LOST).next ==
				      RECORD_WAITING,
			      "%s", record_state_name(s));
}
END_TEST

START_TEST(test_a_change_is_never_ignored)
{
	for (enum record_state s = RECORD_WAITING; s < RECORD_N_STATES; s++) {
		enum record_state next = record_next(s, RECORD_CHANGED).next;

		ck_assert_msg(next == RECORD_CONFIRMING ||
				      next == RECORD_UPDATING_STALE,
			      "%s", record_state_name(s));
	}
}
END_TEST

START_TEST(test_everything_has_a_name)
{
	for (enum record_state s = RECORD_WAITING; s < RECORD_N_STATES; s++)
		ck_assert_str_ne(record_state_name(s), "?");
	for (enum record_event e = RECORD_LOST; e < RECORD_N_EVENTS; e++)
		ck_assert_ptr_nonnull(record_event_name(e));
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("record");
	TCase *tc = tcase_create("table");

	tcase_add_loop_test(tc, test_story, 0, SUITE_COUNT(stories));
	tcase_add_test(tc, test_an_update_is_only_sent_after_a_verdict);
	tcase_add_test(tc, test_no_update_starts_while_one_is_in_flight);
	tcase_add_test(tc, test_lost_always_ends_in_waiting);
	tcase_add_test(tc, test_a_change_is_never_ignored);
	tcase_add_test(tc, test_everything_has_a_name);
	suite_add_tcase(s, tc);
	return s;
}
