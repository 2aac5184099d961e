/*
 * hook_queue - events in order: those of one key one at a time.
 *
 * Pure but for allocation. Knows nothing of what running an event means.
 */
#ifndef HOOKS_HOOK_QUEUE_H
#define HOOKS_HOOK_QUEUE_H

#include <stddef.h>
#include <stdint.h>

/*
 * What waits; embedded as the first member of whatever it stands for. key
 * belongs to the owner of the item and must live as long as it.
 */
struct hook_item {
	const char *key;
	struct hook_item *next;
};

struct hook_queue {
	struct hook_item *first, **last; /* waiting, oldest first */
	size_t n_waiting;
	struct hook_item *running; /* in no order */
	size_t n_running;
};

void hook_queue_init(struct hook_queue *q);

void hook_queue_add(struct hook_queue *q, struct hook_item *item);

/* Takes the oldest waiting item away; NULL where there is none. */
struct hook_item *hook_queue_drop(struct hook_queue *q);

/*
 * Moves to the running ones, and returns, the oldest waiting item whose key
 * no running item and no older waiting one has; NULL where there is none.
 */
struct hook_item *hook_queue_next(struct hook_queue *q);

/* It runs no more. */
void hook_queue_end(struct hook_queue *q, struct hook_item *item);

#endif
