/*
 * entry - one record, one family, at one provider: carries out what the
 * table of record.h says.
 *
 * Trouble of one entry never touches another.
 */
#ifndef DAEMON_ENTRY_H
#define DAEMON_ENTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ev.h>

#include "base/addr_set.h"
#include "config/config.h"
#include "daemon/record/entry_world.h"
#include "daemon/record/record.h"
#include "daemon/source/source.h"
#include "daemon/state/state.h"
#include "notify/notify.h"
#include "resolver/resolver.h"

struct account;
struct job;
struct silence;

/* What a backoff, or a refusal, waits for: what ends it before its time. */
enum entry_wait {
	ENTRY_WAIT_SERVER, /* it said later: nothing but time, or an address */
	ENTRY_WAIT_TURN,   /* the account's bucket is empty */
	ENTRY_WAIT_NET,    /* nobody could be reached */
	ENTRY_WAIT_CLOCK,  /* the clock is wrong */
	ENTRY_WAIT_PROCESS, /* the update process died or would not start */
};

/* Events of the machine or of the world. */
enum entry_heal {
	ENTRY_HEAL_CLOCK, /* the clock was set */
	ENTRY_HEAL_SLEPT, /* the machine was asleep */
	ENTRY_HEAL_NET,   /* another resolv.conf, or somebody answers again */
};

struct entry {
	const struct entry_world *world;
	const struct config_record *config;
	struct source *source;
	struct account *account;
	int family;
	uint64_t print; /* of the record's settings */
	bool stays;     /* of use to plan.c only */
	bool paused;    /* its question waits for another resolver */
	enum record_state state;
	ev_timer timer;
	uint64_t timer_due_ms; /* monotonic; 0: not armed */
	bool pending;          /* others of the account may wait for it */
	int pending_ifindex;   /* ... that leave this way */

	int check_id;    /* a question under way; 0: none */
	bool checked;    /* its answer is here */
	int64_t checked_at_s; /* wall; 0: none was ever */
	struct resolver_answer *answer; /* a copy; NULL: none */
	bool unasked;    /* the servers were left alone this time */
	/* Where they could not say: of the provider, or of the resolver. */
	struct resolver_answer *second; /* NULL: none */
	bool looked, resolved;
	int look_id; /* the provider is being asked; 0: it is not */
	unsigned int intercepted; /* so many times in a row */
	int ptr_id;      /* its reverse names are being looked at; 0 */
	bool ptr_wrong;  /* they could not be set, and that was told */
	enum resolver_verdict verdict; /* the last that was judged */
	struct addr own; /* the source's address, as the servers' neighbour */

	struct job *job;          /* an update queued or under way */
	struct addr_set wanted;   /* as of the last judgement or update */
	struct addr left_from;    /* ... and the address it left from */
	struct addr_set sent;     /* what the update under way says */
	uint64_t sent_by;         /* ... and by which settings */
	struct addr_set accepted; /* what the provider took last */
	uint32_t jitter; /* of its refreshes */
	int64_t accepted_at_s;   /* wall; 0: never */
	uint64_t born_ms;        /* an unknown acceptance is as old as this */
	uint64_t stray_until_ms; /* one given up may land until then; 0: none */
	bool agreed;             /* ... and all servers have said it since */
	struct addr_set published; /* what all servers said last */

	uint64_t heard_ns;  /* the kernel's event behind the present work */
	ev_timer hold;      /* on-loss-hold: lost, but not yet for good */
	uint64_t hold_due_ms; /* monotonic; 0: it does not run */
	bool hold_over;
	bool withdrawing;   /* nothing is wanted, and that is to be published */
	struct addr_set was; /* ... in place of what of ours may stand there */
	bool stopping;      /* the daemon ends: nothing else is sent */
	bool removing;      /* ... than what takes our values away */
	bool adopted;       /* by a reload: its source is no news */
	bool changed;       /* since then nothing was settled */
	bool updated;       /* ... and an update of ours was accepted */
	struct addr previous; /* what stood there before that update */
	bool resent;  /* the accepted set was sent once more */
	bool renewing; /* ... only for the marks of a shared name */
	bool differs; /* ... and the servers say something else for good */
	bool failing;       /* failed or refused was told */
	unsigned int told;  /* ... as failures of these kinds: 1 << wait */
	bool deaf;          /* nobody could be reached last */
	struct silence *silence; /* ... nor any name server; NULL: not so */
	bool healed;        /* ... and that ended while an update waited */
	bool unsent;        /* a dry run: what is wanted would be sent */
	uint64_t sent_ms;   /* the update under way, monotonic */
	enum entry_wait wait; /* in RECORD_BACKOFF */
	uint64_t turn_ms;     /* promised by the account; 0: none */
	unsigned int failures, watches;
	uint64_t watch_until_ms;
	uint64_t retry_after_s; /* what the server asked for last */
	uint64_t process_ms; /* ... and when there can be an update process */
	bool lost; /* one died with our update: it was sent, or not */

	int64_t last_change_s, last_update_s; /* wall; 0: never */
	int64_t latency_ms;                   /* of the last change; -1 */
	char *error;                          /* of the last failure, or NULL */
	char *answered;                       /* by the provider, last; or NULL */
	int64_t answered_at_s;                /* ... wall */
	char *note;                           /* "shown differently", or NULL */
};

/* 0 or -ENOMEM. All but family is borrowed for the entry's life. */
int entry_new(const struct entry_world *world,
	      const struct config_record *config, struct source *source,
	      struct account *account, int family, struct entry **ret);
void entry_free(struct entry *e);

/*
 * It is new beside a source that may have spoken already: it hears what the
 * others have heard.
 */
void entry_join(struct entry *e);
/* What its account is set to has changed: a refusal or a wait is over. */
void entry_mended(struct entry *e);
/* Something has healed: what waits for that comes back in delay_ms. */
void entry_heal(struct entry *e, enum entry_heal what, uint64_t delay_ms);
/* There is somebody else to be asked: what had found nobody does so now. */
void entry_ask_anew(struct entry *e);
/* Around a change of the resolver. */
void entry_pause(struct entry *e);
void entry_resume(struct entry *e);

/* The one way in. May be called for events that the state ignores. */
void entry_event(struct entry *e, enum record_event event);

/* The source's event as it concerns this entry. */
void entry_source_event(struct entry *e, enum source_event event);

/* Takes away exactly what we published, if anything; ends in RECORD_WAITING. */
void entry_withdraw(struct entry *e);

/*
 * The daemon ends: from now on nothing is begun, but with on-stop = remove
 * what we published is taken away, without asking DNS first.
 */
void entry_stop(struct entry *e);
/* Is that under way; or over without having been done? */
bool entry_is_removing(const struct entry *e);
bool entry_has_left(const struct entry *e);
/* What was under way when the daemon was told to end is over. */
void entry_take_away(struct entry *e);

/* How its update leaves; borrowed until the source looks again. */
const struct egress *entry_egress(const struct entry *e);

/* What is to be published now; NULL: not known. Kept in e->wanted. */
const struct addr_set *entry_wanted(struct entry *e);

/* Its update is given up; what had left may still land. */
void entry_abandon(struct entry *e);
/* One has left, and nobody knows what came of it: nothing is sure to stand. */
void entry_forget_accepted(struct entry *e);
/* ... and it may still land, over what is sent next. */
void entry_stray(struct entry *e);

/* From the account: the update's outcome. */
void entry_sent(struct entry *e);
void entry_reply(struct entry *e, enum notify_status status,
		 const struct notify_reply *reply);

/* Remembers what came of the accepted set, over a restart too. */
void entry_mark(struct entry *e, enum state_mark mark, bool on);

/*
 * Its state for people: what a dry run would send stays "updating", though
 * nothing is under way.
 */
enum record_state entry_shown_state(const struct entry *e);

/* "ipv4" or "ipv6". */
const char *entry_family_name(const struct entry *e);

#endif
