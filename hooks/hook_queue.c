#include "config.h"

#include <stdbool.h>
#include <string.h>

#include "hooks/hook_queue.h"

void hook_queue_init(struct hook_queue *q)
{
	memset(q, 0, sizeof(*q));
	q->last = &q->first;
}

void hook_queue_add(struct hook_queue *q, struct hook_item *item)
{
	item->next = NULL;
	*q->last = item;
	q->last = &item->next;
	q->n_waiting++;
}

static struct hook_item *take(struct hook_queue *q, struct hook_item **at)
{
	struct hook_item *item = *at;

	*at = item->next;
	if (!*at)
		q->last = at;
	item->next = NULL;
	q->n_waiting--;
	return item;
}

struct hook_item *hook_queue_drop(struct hook_queue *q)
{
	return q->first ? take(q, &q->first) : NULL;
}

static bool has_key(const struct hook_item *list, const char *key)
{
	for (; list; list = list->next)
		if (strcmp(list->key, key) == 0)
			return true;
	return false;
}

/*
 * Older waiting items need no look of their own: an item that is passed
 * over has a key that runs, so the next of that key is passed over too.
 */
struct hook_item *hook_queue_next(struct hook_queue *q)
{
	for (struct hook_item **at = &q->first; *at; at = &(*at)->next) {
		struct hook_item *item;

		if (has_key(q->running, (*at)->key))
			continue;
		item = take(q, at);
		item->next = q->running;
		q->running = item;
		q->n_running++;
		return item;
	}
	return NULL;
}

void hook_queue_end(struct hook_queue *q, struct hook_item *item)
{
	for (struct hook_item **at = &q->running; *at; at = &(*at)->next)
		if (*at == item) {
			*at = item->next;
			item->next = NULL;
			q->n_running--;
			return;
		}
}
