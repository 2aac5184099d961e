/*
 * judge - what the name servers' answer means for a record.
 *
 * Pure. "Unknown is not absent": nobody's answer never looks like somebody's.
 */
#ifndef DAEMON_JUDGE_H
#define DAEMON_JUDGE_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/record/record.h"
#include "resolver/resolver.h"

/*
 * An update was given up after it had left: may it still land, after one
 * that was sent later?
 */
enum judge_stray { STRAY_NONE, STRAY_POSSIBLE, STRAY_OVER };

struct judge_facts {
	enum resolver_verdict verdict;
	bool watching; /* after an update was accepted, until they agree */
	bool accepted; /* the provider has taken this very value before */
	bool fresh;    /* ... so lately that servers may still lag behind */
	bool overdue;  /* watched for longer than TTL and grace */
	bool resent;   /* this value was sent once more already */
	bool differs;  /* ... and is known to be shown differently */
	bool known;    /* the provider has taken some value before */
	bool can_look; /* the provider can be asked what it holds */
	bool looked;   /* ... and was, or the resolver was: nothing of use */
	bool resolved;
	enum judge_stray stray; /* OVER: just now, and not looked at since */
};

/*
 * One of RIGHT, PROPAGATING, DIFFERS, UNKNOWN_SEND, UNKNOWN_KEEP, ALIAS,
 * OVERDUE, OVERRULED, OVERTAKEN.
 */
enum record_event judge(const struct judge_facts *f);

/* Whom to ask when the name servers could not say. */
enum judge_whom { JUDGE_NOBODY, JUDGE_PROVIDER, JUDGE_RESOLVER };

/*
 * The provider where it can tell; then, of a name that we know nothing of,
 * the configured resolver, whose "right" is enough. Servers that are watched
 * are given their time first.
 */
enum judge_whom judge_whom_else(const struct judge_facts *f);

/* How long after the update the n-th look (0, 1, …) at the servers comes. */
uint64_t judge_watch_delay_ms(unsigned int n);

#endif
