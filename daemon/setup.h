/*
 * setup - one configuration, alive: its sources, accounts and entries.
 *
 * A reload makes a new one, lets it take over what the old one knew, and
 * frees the old one.
 */
#ifndef DAEMON_SETUP_H
#define DAEMON_SETUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config.h"
#include "daemon/entry.h"
#include "daemon/source.h"

struct account;
struct feed;
struct hooks;
struct notify;
struct notify_account;
struct setup;

struct setup_world {
	const struct source_world *source; /* borrowed, as all in here */
	const struct entry_world *entry;
	struct notify *notify;
};

/*
 * Takes config over, also where it fails. accounts are borrowed until
 * setup_free(). 0 or -ENOMEM.
 */
int setup_new(const struct setup_world *world, struct config *config,
	      const struct notify_account *accounts, size_t n_accounts,
	      struct setup **ret);
void setup_free(struct setup *s);

/*
 * Entries that the old setup has too keep what was learnt: what was
 * published and accepted, and that nothing is new to them.
 */
void setup_adopt(struct setup *s, const struct setup *old);

const struct config *setup_config(const struct setup *s);
struct entry *const *setup_entries(const struct setup *s, size_t *ret_n);
/* Each source in each family; NULL past the last. */
struct source *setup_source(const struct setup *s, size_t i);

/* An interface changed (0: all of them). heard_ns as monitor.h says. */
void setup_look(struct setup *s, int ifindex, uint64_t heard_ns);
/* Everything anew: sources, then every record. */
void setup_look_again(struct setup *s);

/*
 * Of one pass over all records: 0 all right, EX_TEMPFAIL, EX_NOPERM; -1
 * while something is still under way. stuck counts what waits for the world
 * (unconfirmed, backing off) as tried.
 */
int setup_outcome(const struct setup *s);

#endif
