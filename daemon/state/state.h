/*
 * state - what providers accepted and refused, and how much was asked of
 * them, on disk.
 *
 * A hint, never the truth: without it, or with a damaged one, the DNS check
 * decides. Written after the send, to a new file that then takes the old
 * one's place, with a checksum and without fsync: no event waits for a
 * disk. A directory that cannot be written is said once; then it goes on in
 * memory.
 */
#ifndef DAEMON_STATE_H
#define DAEMON_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr_set.h"
#include "daemon/state/state_book.h"

struct ev_loop;
struct state;

/*
 * Reads DIR/state.json, making DIR where it is missing. Only a lack of memory
 * or descriptors is a failure (-errno); all else is logged. With reads_only
 * nothing on disk is changed, then or later. While another daemon has DIR this
 * one does not write there: that is said once, and it goes on when the other
 * ends.
 */
int state_open(struct ev_loop *loop, const char *directory, bool reads_only,
	       struct state **ret);
/* Writes what is not written yet. NULL is fine. */
void state_close(struct state *s);

/*
 * The set that the provider accepted last for the name, into *ret (left as
 * it is where there is none). Returns when, in seconds since 1970, or 0.
 */
int64_t state_find(const struct state *s, const char *name, int family,
		   const char *provider, struct addr_set *ret);

/*
 * Remembers it, and forgets a refusal; at_s 0: nothing is sure. The file
 * follows in the next loop turn, or within a second of the last one.
 */
void state_accepted(struct state *s, const char *name, int family,
		    const char *provider, const struct addr_set *accepted,
		    int64_t at_s);

/* What came of the accepted set. state_accepted() takes all marks away. */
enum state_mark {
	STATE_RESENT = 1,  /* it was sent once more, for DNS did not say it */
	STATE_DIFFERS = 2, /* ... and still does not: shown differently */
};
bool state_marked(const struct state *s, const char *name, int family,
		  const char *provider, enum state_mark mark);
/* Where nothing was accepted there is nothing to mark. */
void state_set_mark(struct state *s, const char *name, int family,
		    const char *provider, enum state_mark mark, bool on);

/* What it refused last; NULL: nothing. Borrowed until it is told another. */
const struct state_refusal *state_refusal(const struct state *s,
					  const char *name, int family,
					  const char *provider);
/*
 * Copies r; NULL: there is none any more. A refusal is on disk when this
 * returns, or, when many come together, 20 ms later.
 */
void state_refused(struct state *s, const char *name, int family,
		   const char *provider, const struct state_refusal *r);

/*
 * A reflector, by the resolver's key, rests until then (seconds since 1970)
 * after so many failures; 0: it does not, any more.
 */
void state_set_rest(struct state *s, const char *key, unsigned int failures,
		    int64_t until_s);
typedef void state_rest_fn(void *user, const char *key, unsigned int failures,
			   int64_t until_s);
void state_each_rest(const struct state *s, state_rest_fn *each, void *user);

/*
 * What is not configured any more is forgotten after STATE_KEPT_DAYS, so
 * that a record that comes back before that is known. Claim what is
 * configured, all of it, then sweep.
 */
#define STATE_KEPT_DAYS 30
void state_claim(struct state *s, const char *name, int family,
		 const char *provider);
void state_sweep(struct state *s);

/* The account's times, zero at first; NULL without memory. */
const struct state_account *state_account(struct state *s, const char *name);
void state_account_set(struct state *s, const char *name, int64_t bucket_ms,
		       int64_t rest_ms);
/* Like a refusal it is on disk in 20 ms, unless there are very many records. */
void state_limits_set(struct state *s, const char *name,
		      const int64_t limit_ms[NOTIFY_LIMITS_MAX]);

#endif
