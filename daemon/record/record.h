/*
 * record - the life of one published name, one family, at one provider, as
 * a table.
 *
 * Pure: no I/O, no clock, no allocation. entry.c feeds events in and
 * carries out the action that comes back.
 *
 * Entering a state abandons what the old one had under way, with two
 * exceptions. The check begun in CONFIRMING goes on in CHECKING: both
 * questions are asked at the same time. And an update already sent is
 * waited for, so that two updates of one name are never in flight together;
 * only one whose source address has gone is given up (RECORD_GONE).
 */
#ifndef DAEMON_RECORD_H
#define DAEMON_RECORD_H

enum record_state {
	RECORD_STAY,       /* table only: this event is ignored here */
	RECORD_WAITING,    /* the source has no address fit to publish */
	RECORD_CONFIRMING, /* does the world see it? the check runs beside */
	RECORD_CHECKING,   /* what do the name servers say? */
	RECORD_UPDATING,   /* an update is in flight */
	RECORD_UPDATING_STALE, /* ... and is out of date already */
	RECORD_VERIFYING,  /* accepted; watching the servers until they agree */
	RECORD_PUBLISHED,  /* DNS says what we want */
	RECORD_BACKOFF,    /* a try failed; waiting to try again */
	RECORD_REFUSED,    /* refused for good: somebody must act */
	RECORD_N_STATES,
};

enum record_event {
	/* From the source. */
	RECORD_LOST,      /* it has no address any more */
	RECORD_CHANGED,   /* it has another candidate, not yet confirmed */
	RECORD_GONE,      /* ... and the one an update leaves from is gone */
	RECORD_CONFIRMED, /* its public address is known */
	RECORD_PATH,      /* the same address, but the way out has changed */
	RECORD_WITHDRAW,  /* lost for good: take away what we published */
	/* From the operator and the clock. */
	RECORD_LOOK,  /* look again */
	RECORD_RETRY, /* leave REFUSED, cut BACKOFF short */
	RECORD_TIMER, /* the timer of this state has run out */
	RECORD_STOP,  /* the daemon ends: take away what we published */
	/* From the name servers, once the public address is known. */
	RECORD_RIGHT,
	RECORD_PROPAGATING,
	RECORD_DIFFERS,
	RECORD_UNKNOWN_SEND, /* nobody could say; this value is news */
	RECORD_UNKNOWN_KEEP, /* nobody could say; it was accepted before */
	RECORD_STALE,        /* right, but its refresh is due */
	RECORD_ALIAS,        /* a CNAME stands at the name */
	RECORD_OVERDUE,      /* not agreed in time: try once more */
	RECORD_OVERRULED,    /* ... nor after that: shown differently */
	RECORD_OVERTAKEN,    /* an update that was given up came after ours */
	/* From the provider. */
	RECORD_ACCEPTED,
	RECORD_ACCEPTED_UNSEEN, /* and nobody is to watch the servers */
	RECORD_FAILED,          /* not now */
	RECORD_FORBIDDEN,       /* for good */
	RECORD_HELD,            /* not sent: the account must rest first */
	RECORD_N_EVENTS,
};

enum record_action {
	RECORD_DO_NOTHING,
	RECORD_DO_CHECK,     /* ask the name servers */
	RECORD_DO_JUDGE,     /* judge the check's answer if it is here */
	RECORD_DO_UPDATE,    /* send */
	RECORD_DO_CANCEL,    /* give the update up, then ask the servers */
	RECORD_DO_DROP,      /* give the update up: nothing to say any more */
	RECORD_DO_WATCH,     /* accepted: ask the servers, arm the next look */
	RECORD_DO_REWATCH,   /* arm the next look */
	RECORD_DO_SETTLE,    /* right: arm the next recheck */
	RECORD_DO_BACK_OFF,  /* arm the timer of the next try */
	RECORD_DO_REST,      /* refused: arm the timer of retry-refused */
	RECORD_DO_RELOOK,    /* begin again with what the source says now */
};

struct record_step {
	enum record_state next;
	enum record_action action;
};

struct record_step record_next(enum record_state s, enum record_event e);

/* As evddnsctl(1) names them: UPDATING_STALE is "updating" too. */
const char *record_state_name(enum record_state s);
const char *record_event_name(enum record_event e);

#endif
