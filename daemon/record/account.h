/*
 * account - one provider account: its bucket, and the updates that go out
 * together.
 *
 * Updates of one zone that become due together leave in one message. An
 * update that is ready waits for others of its account and its way out that
 * are still being confirmed or checked: ACCOUNT_GATHER_MS, and again as long
 * as one comes in that time, but a millisecond for each of them at most.
 */
#ifndef DAEMON_ACCOUNT_H
#define DAEMON_ACCOUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "notify/notify.h"

struct ev_loop;
struct account;
struct entry;
struct state;

#define ACCOUNT_GATHER_MS 20
#define ACCOUNT_GATHER_MOST_MS 1000

/* 0 or -ENOMEM. info is borrowed until account_use() gives another. */
int account_new(struct ev_loop *loop, struct notify *notify,
		struct state *state, const struct notify_account *info,
		struct account **ret);
void account_free(struct account *a);

/* The same account, perhaps set otherwise. */
void account_use(struct account *a, const struct notify_account *info);

const struct notify_account *account_info(const struct account *a);

/* Since it was made, each entry by itself; a dry run sends nothing. */
#define ACCOUNT_ANSWERS (NOTIFY_REFUSED + 1)
struct account_counts {
	uint64_t sent;
	uint64_t answers[ACCOUNT_ANSWERS]; /* by enum notify_status */
};
/* To be counted in by its entries. */
struct account_counts *account_counts(struct account *a);

/*
 * The entry is being confirmed or checked, or is not any more: updates that
 * leave the same way as its own would wait for it a moment. Those that leave
 * another way do not: there may be nobody who answers by its own.
 */
void account_pending(struct account *a, struct entry *e, bool pending);

/*
 * Until when (monotonic) its server has asked for a rest; a later one wins
 * over an earlier one. Outlives a restart, as the bucket does.
 */
void account_rest_until(struct account *a, uint64_t until_ms);

/* Until when (monotonic), 0: it has not. */
uint64_t account_rest_ms(const struct account *a);

/*
 * May it be sent now: alone, or with what goes out already? Else there is
 * no token in the account's bucket, or it rests.
 */
bool account_may_send(const struct account *a, const struct entry *e);

/*
 * When (monotonic ms) one that may not be sent should come back: each gets
 * a turn of its own, which it keeps in *promised_ms, so that they do not
 * all come for the first token.
 */
uint64_t account_turn_ms(struct account *a, uint64_t *promised_ms);

/* Before this (monotonic ms) nothing is sent. */
uint64_t account_not_before_ms(const struct account *a);

/*
 * The entry wants to be sent. entry_reply() follows, or account_withdraw()
 * takes it back (what was sent stays sent; its result is not told).
 */
void account_send(struct account *a, struct entry *e);
void account_withdraw(struct account *a, struct entry *e);

/* Whom its jobs are given to. */
struct notify *account_notify(const struct account *a);

/* An update is likely soon: account_flush() has the process made ready. */
void account_expect(struct account *a);

/*
 * All that an event led to has been queued, and all questions asked: what
 * waits for nobody leaves now, without another turn of the loop.
 */
void account_flush(struct account *a);

/* Is the job on its way, or still waiting for company? */
struct job;
bool account_has_sent(const struct job *j);

#endif
