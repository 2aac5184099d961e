/*
 * setup - one configuration, alive: its sources, accounts and entries.
 *
 * A reload changes it into another one by a plan (plan.h); what is the same
 * in both goes on undisturbed.
 */
#ifndef DAEMON_SETUP_H
#define DAEMON_SETUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config.h"
#include "daemon/record/entry.h"
#include "daemon/setup/lack.h"
#include "daemon/source/source.h"

struct account;
struct feed;
struct hooks;
struct notify;
struct setup;

struct setup_world {
	const struct source_world *source; /* borrowed, as all in here */
	const struct entry_world *entry;
	struct notify *notify;
};

/* An empty one; plan.h fills it. 0 or -ENOMEM. */
int setup_new(const struct setup_world *world, struct setup **ret);
void setup_free(struct setup *s);

/*
 * The resolver is about to be another one: what is being asked is taken
 * back, and asked again when it is there.
 */
void setup_pause(struct setup *s);
void setup_resume(struct setup *s);

/* NULL before the first plan is carried out. */
const struct config *setup_config(const struct setup *s);
struct entry *const *setup_entries(const struct setup *s, size_t *ret_n);
/*
 * A family that the source does not have is left alone, where the record has
 * another: its entry waits, but nobody is told of that. i is one of
 * setup_entries().
 */
bool setup_left_alone(const struct setup *s, size_t i);
/* Each account; NULL past the last. */
struct account *setup_account(const struct setup *s, size_t i);
/* Each source in each family; NULL past the last. */
struct source *setup_source(const struct setup *s, size_t i);

/* An interface changed (0: all of them). heard_ns as monitor.h says. */
void setup_look(struct setup *s, int ifindex, uint64_t heard_ns);
/* Everything anew: sources, then every record. */
void setup_look_again(struct setup *s);
/* ... at what found nobody to ask: there is somebody else to be asked now. */
void setup_retry(struct setup *s);

/*
 * What sources without any address wait for: each is told when it has begun.
 * And of the first of them, in people's words; NULL: no source lacks one.
 */
void setup_tell_lacks(struct setup *s);
const char *setup_lack(const struct setup *s, char out[LACK_STRLEN]);

/*
 * Something has healed: what waited for it is tried again within
 * SETUP_SPREAD_MS, at a moment drawn by lot, for others have heard of it
 * too. (An event of this machine's own addresses, routes and clock is acted
 * on at once.)
 */
#define SETUP_SPREAD_MS 700
void setup_heal(struct setup *s, enum entry_heal what);

/*
 * Shows the hooks such an event of any source, or of the record (NULL: of
 * any), with what is true now. false: there is none that could have it.
 */
bool setup_rehearse_source(const struct setup *s, const char *event);
bool setup_rehearse_record(const struct setup *s, const char *event,
			   const char *record);

/*
 * Of one pass over all records: 0 all right, EX_TEMPFAIL, EX_NOPERM; -1
 * while something is still under way. stuck counts what waits for the world
 * (unconfirmed, backing off) as tried.
 */
int setup_outcome(const struct setup *s);

#endif
