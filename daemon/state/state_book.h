/*
 * state_book - what is remembered of each record and account, in memory.
 *
 * Pure: no file, no clock. Compact, for there may be tens of thousands.
 */
#ifndef DAEMON_STATE_BOOK_H
#define DAEMON_STATE_BOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr_set.h"
#include "notify/notify.h"

/*
 * A provider said no to these addresses: for good, or, after tries of them in
 * a row, until a time.
 */
struct state_refusal {
	struct addr_set wanted;
	int64_t at_s;      /* wall */
	uint64_t settings; /* of record and account, when it did */
	char *text;        /* its words; NULL: none */
	unsigned int tries; /* 0: for good */
	int64_t until_s;
	bool clock; /* that may have been why, as it was set: */
	int64_t boot_s; /* clock_boot_s(); without an RTC it is 0 */
};

/* One name, in one family, at one provider. */
struct state_note {
	struct state_note *next;
	struct addr_set accepted; /* what the provider took last */
	int64_t at_s;             /* wall; 0: nothing was */
	unsigned int marks;       /* STATE_RESENT, STATE_DIFFERS */
	/* Since when nobody asks for it, in days since 1970; 0: somebody does. */
	unsigned int gone_day : 31;
	unsigned int claimed : 1; /* somebody does, and has just said so */
	struct state_refusal *refusal; /* NULL: none */
	char key[];
};

/* Times are milliseconds since 1970. */
struct state_account {
	struct state_account *next;
	int64_t bucket_ms; /* when its bucket is full again */
	int64_t rest_ms;   /* until when it was told to rest */
	int64_t limit_ms[NOTIFY_LIMITS_MAX]; /* when its limits are */
	char name[];
};

/* A reflector that failed or lied. */
struct state_rest {
	struct state_rest *next;
	unsigned int failures; /* in a row; 0: nothing to be remembered */
	int64_t until_s;
	char key[];
};

struct state_book {
	struct state_note **buckets; /* by hash of the key */
	size_t n_buckets, n_notes;
	struct state_account *accounts;
	struct state_rest *rests;
};

void state_book_done(struct state_book *b);

/* NULL where there is none. */
struct state_note *state_book_find(const struct state_book *b,
				   const char *key);
/* Makes it where it is missing; NULL without memory. */
struct state_note *state_book_note(struct state_book *b, const char *key);
struct state_account *state_book_account(struct state_book *b,
					 const char *name);

struct state_rest *state_book_rest(struct state_book *b, const char *key);

/*
 * Notes that were not claimed since the last time are gone from that day on,
 * and those gone for `days` are forgotten; so are accounts and reflectors
 * whose times were over as long ago. True where anything has changed.
 */
bool state_book_sweep(struct state_book *b, int64_t now_s, unsigned int days);
/* All that are gone, however lately. */
void state_book_forget_gone(struct state_book *b);

/* Copies all; NULL without memory. */
struct state_refusal *state_refusal_new(const struct state_refusal *r);
void state_refusal_free(struct state_refusal *r);

#endif
