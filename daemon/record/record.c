#include "config.h"

#include <assert.h>

#include "daemon/record/record.h"

#define GO(state, action) { RECORD_##state, RECORD_DO_##action }

/*
 * What the source says leads to the same act from nearly everywhere: a
 * change is never made to wait, the provider's spacing holds a flapping
 * link. An entry left out is RECORD_STAY: the event is ignored there.
 */
#define SOURCE_SPEAKS                                                          \
	[RECORD_LOST] = GO(WAITING, NOTHING),                                  \
	[RECORD_CHANGED] = GO(CONFIRMING, CHECK),                              \
	[RECORD_GONE] = GO(CONFIRMING, CHECK)

/*
 * The daemon ends: DNS is not asked first, for taking away exactly what is
 * ours is right whatever it says. A refusal stands.
 */
#define DAEMON_ENDS [RECORD_STOP] = GO(UPDATING, UPDATE)

static const struct record_step steps[RECORD_N_STATES][RECORD_N_EVENTS] = {
	[RECORD_WAITING] = {
		DAEMON_ENDS,
		[RECORD_CHANGED]         = GO(CONFIRMING, CHECK),
		[RECORD_GONE]            = GO(CONFIRMING, CHECK),
		[RECORD_CONFIRMED]       = GO(CHECKING, CHECK),
		[RECORD_WITHDRAW]        = GO(CHECKING, CHECK),
	},
	[RECORD_CONFIRMING] = {
		SOURCE_SPEAKS,
		DAEMON_ENDS,
		/* The check is under way already, or has ended. */
		[RECORD_CONFIRMED]       = GO(CHECKING, JUDGE),
		[RECORD_PATH]            = GO(CONFIRMING, CHECK),
		/* Only a NAT could lead out now, and nobody has seen it. */
		[RECORD_WITHDRAW]        = GO(CHECKING, CHECK),
	},
	[RECORD_CHECKING] = {
		SOURCE_SPEAKS,
		DAEMON_ENDS,
		[RECORD_CONFIRMED]       = GO(CHECKING, JUDGE),
		[RECORD_PATH]            = GO(CHECKING, CHECK),
		[RECORD_LOOK]            = GO(CHECKING, CHECK),
		[RECORD_RIGHT]           = GO(PUBLISHED, SETTLE),
		[RECORD_PROPAGATING]     = GO(VERIFYING, REWATCH),
		[RECORD_DIFFERS]         = GO(UPDATING, UPDATE),
		[RECORD_UNKNOWN_SEND]    = GO(UPDATING, UPDATE),
		[RECORD_STALE]           = GO(UPDATING, UPDATE),
		[RECORD_UNKNOWN_KEEP]    = GO(BACKOFF, BACK_OFF),
		[RECORD_ALIAS]           = GO(REFUSED, REST),
		/* The same servers, after an update, not in step: no news. */
		[RECORD_OVERRULED]       = GO(PUBLISHED, SETTLE),
	},
	[RECORD_UPDATING] = {
		/* First what is under way, then that is taken away. */
		[RECORD_STOP]            = GO(UPDATING_STALE, NOTHING),
		[RECORD_LOST]            = GO(WAITING, DROP),
		[RECORD_CHANGED]         = GO(UPDATING_STALE, NOTHING),
		[RECORD_CONFIRMED]       = GO(UPDATING_STALE, NOTHING),
		[RECORD_GONE]            = GO(CONFIRMING, CANCEL),
		[RECORD_ACCEPTED]        = GO(VERIFYING, WATCH),
		[RECORD_ACCEPTED_UNSEEN] = GO(PUBLISHED, SETTLE),
		[RECORD_FAILED]          = GO(BACKOFF, BACK_OFF),
		[RECORD_HELD]            = GO(BACKOFF, BACK_OFF),
		[RECORD_FORBIDDEN]       = GO(REFUSED, REST),
	},
	[RECORD_UPDATING_STALE] = {
		[RECORD_LOST]            = GO(WAITING, DROP),
		[RECORD_GONE]            = GO(CONFIRMING, CANCEL),
		[RECORD_ACCEPTED]        = GO(WAITING, RELOOK),
		[RECORD_ACCEPTED_UNSEEN] = GO(WAITING, RELOOK),
		[RECORD_FAILED]          = GO(WAITING, RELOOK),
		[RECORD_HELD]            = GO(WAITING, RELOOK),
		/* Another address may be another answer. */
		[RECORD_FORBIDDEN]       = GO(WAITING, RELOOK),
	},
	[RECORD_VERIFYING] = {
		SOURCE_SPEAKS,
		DAEMON_ENDS,
		[RECORD_CONFIRMED]       = GO(CHECKING, CHECK),
		[RECORD_TIMER]           = GO(VERIFYING, WATCH),
		[RECORD_LOOK]            = GO(VERIFYING, WATCH),
		[RECORD_RETRY]           = GO(VERIFYING, WATCH),
		[RECORD_PATH]            = GO(VERIFYING, WATCH),
		[RECORD_RIGHT]           = GO(PUBLISHED, SETTLE),
		[RECORD_PROPAGATING]     = GO(VERIFYING, REWATCH),
		[RECORD_DIFFERS]         = GO(VERIFYING, REWATCH),
		[RECORD_UNKNOWN_SEND]    = GO(VERIFYING, REWATCH),
		[RECORD_UNKNOWN_KEEP]    = GO(VERIFYING, REWATCH),
		[RECORD_ALIAS]           = GO(REFUSED, REST),
		[RECORD_OVERDUE]         = GO(UPDATING, UPDATE),
		[RECORD_OVERRULED]       = GO(PUBLISHED, SETTLE),
		[RECORD_OVERTAKEN]       = GO(UPDATING, UPDATE),
	},
	[RECORD_PUBLISHED] = {
		SOURCE_SPEAKS,
		DAEMON_ENDS,
		[RECORD_CONFIRMED]       = GO(CHECKING, CHECK),
		[RECORD_TIMER]           = GO(CHECKING, CHECK),
		[RECORD_LOOK]            = GO(CHECKING, CHECK),
		[RECORD_RETRY]           = GO(CHECKING, CHECK),
	},
	[RECORD_BACKOFF] = {
		SOURCE_SPEAKS,
		DAEMON_ENDS,
		[RECORD_CONFIRMED]       = GO(CHECKING, CHECK),
		[RECORD_TIMER]           = GO(CHECKING, CHECK),
		[RECORD_LOOK]            = GO(CHECKING, CHECK),
		[RECORD_RETRY]           = GO(CHECKING, CHECK),
		[RECORD_PATH]            = GO(CHECKING, CHECK),
	},
	[RECORD_REFUSED] = {
		/* Another address may be another answer; a look is not. */
		SOURCE_SPEAKS,
		[RECORD_CONFIRMED]       = GO(CHECKING, CHECK),
		[RECORD_TIMER]           = GO(CHECKING, CHECK),
		[RECORD_RETRY]           = GO(CHECKING, CHECK),
	},
};

struct record_step record_next(enum record_state s, enum record_event e)
{
	struct record_step step;

	assert(s > RECORD_STAY && s < RECORD_N_STATES);
	assert(e < RECORD_N_EVENTS);

	step = steps[s][e];
	if (step.next == RECORD_STAY)
		step.next = s;
	return step;
}

const char *record_state_name(enum record_state s)
{
	switch (s) {
	case RECORD_WAITING:
		return "waiting";
	case RECORD_CONFIRMING:
		return "confirming";
	case RECORD_CHECKING:
		return "checking";
	case RECORD_UPDATING:
	case RECORD_UPDATING_STALE:
		return "updating";
	case RECORD_VERIFYING:
		return "verifying";
	case RECORD_PUBLISHED:
		return "published";
	case RECORD_BACKOFF:
		return "backoff";
	case RECORD_REFUSED:
		return "refused";
	case RECORD_STAY:
	case RECORD_N_STATES:
		break;
	}
	return "?";
}

const char *record_event_name(enum record_event e)
{
	static const char *const names[RECORD_N_EVENTS] = {
		[RECORD_LOST] = "lost",
		[RECORD_CHANGED] = "changed",
		[RECORD_GONE] = "gone",
		[RECORD_CONFIRMED] = "confirmed",
		[RECORD_PATH] = "path",
		[RECORD_WITHDRAW] = "withdraw",
		[RECORD_LOOK] = "look",
		[RECORD_RETRY] = "retry",
		[RECORD_STOP] = "stop",
		[RECORD_TIMER] = "timer",
		[RECORD_RIGHT] = "right",
		[RECORD_PROPAGATING] = "propagating",
		[RECORD_DIFFERS] = "differs",
		[RECORD_UNKNOWN_SEND] = "unknown, news",
		[RECORD_UNKNOWN_KEEP] = "unknown, no news",
		[RECORD_STALE] = "refresh",
		[RECORD_ALIAS] = "alias",
		[RECORD_OVERDUE] = "overdue",
		[RECORD_OVERRULED] = "overruled",
		[RECORD_OVERTAKEN] = "overtaken",
		[RECORD_ACCEPTED] = "accepted",
		[RECORD_ACCEPTED_UNSEEN] = "accepted, not watched",
		[RECORD_FAILED] = "failed",
		[RECORD_FORBIDDEN] = "forbidden",
		[RECORD_HELD] = "held",
	};

	return e < RECORD_N_EVENTS ? names[e] : "?";
}
