/*
 * waiting - those who wait for a reply of the update process.
 *
 * Private to notify/.
 */
#ifndef NOTIFY_WAITING_H
#define NOTIFY_WAITING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "notify/notify.h"

struct process;

struct waiting {
	struct waiting *next, *after; /* after: notify_limits.c */
	int id;
	struct process *process; /* NULL: none would start */
	uint64_t deadline_ms;
	char *account;   /* whose limits are kept; NULL: no such */
	struct buf line; /* not sent yet; else without data */
	notify_done_fn *done;
	void *user;
};

/* NULL: no memory. */
struct waiting *waiting_new(uint64_t until_ms, notify_done_fn *done,
			    void *user);

void waiting_free(struct waiting *j);

/* Off the list, or NULL: it is not there. */
struct waiting *waiting_take(struct waiting **list, int id);
/* The oldest that waits for this process (NULL: for none). */
struct waiting *waiting_take_of(struct waiting **list, const struct process *p);
bool waiting_has(const struct waiting *list, const struct process *p);

/* Tells it, and frees it. */
void waiting_answer(struct waiting *j, const struct notify_reply *r);
/* Its process died, or none would start; another may after_ms from now. */
void waiting_retry(struct waiting *j, uint32_t after_ms, const char *why);

#endif
