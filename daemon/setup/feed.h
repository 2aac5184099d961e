/*
 * feed - what a source's news mean for the log, the hooks and the entries
 * that draw on it.
 */
#ifndef DAEMON_FEED_H
#define DAEMON_FEED_H

#include "base/addr_set.h"
#include "daemon/record/entry.h"
#include "daemon/setup/lack.h"
#include "daemon/source/source.h"

struct feed {
	struct source *source;
	const struct entry_world *world;
	struct entry **entries; /* those that draw on it; owned array */
	size_t n_entries;
	struct addr_set told; /* public addresses told last */
	ev_timer tell;        /* what is to be told, after acting on it */
	uint64_t lost_ms;     /* when there was no candidate any more */
	struct addr prefix;   /* told last; family 0: none */
	enum lack lack;       /* what its source waits for, as told */
	uint64_t print;       /* of its source's settings */
	bool stays;           /* of use to plan.c only */
};

/* Without source and entries, which the owner sets. */
void feed_init(struct feed *f, const struct entry_world *world);
/* Leaves the source and the entries to the owner. */
void feed_done(struct feed *f);

/*
 * The hooks are shown such an event ("address", "prefix", "lost") with what is
 * true now. false: there is nothing of the kind, so they are not.
 */
bool feed_rehearse(const struct feed *f, const char *event);

/* A source_event_fn; user is the feed. */
void feed_event(void *user, struct source *s, enum source_event event);

#endif
