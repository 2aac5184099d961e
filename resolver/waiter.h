/*
 * waiter - who wants to be told when something has been found out.
 *
 * Embedded in the one who waits; on a list at the one who finds.
 */
#ifndef RESOLVER_WAITER_H
#define RESOLVER_WAITER_H

#include <stddef.h>

struct waiter;

/* status 0 or -errno. The waiter is off its list already. */
typedef void waiter_told_fn(struct waiter *w, int status);

struct waiter {
	struct waiter *next;
	struct waiter **at; /* what points here; NULL: waits for nothing */
	waiter_told_fn *told;
};

static inline void waiter_remove(struct waiter *w)
{
	if (!w->at)
		return;
	*w->at = w->next;
	if (w->next)
		w->next->at = w->at;
	w->at = NULL;
}

static inline void waiter_add(struct waiter **list, struct waiter *w)
{
	waiter_remove(w);
	w->next = *list;
	if (w->next)
		w->next->at = &w->next;
	w->at = list;
	*list = w;
}

/* All of them; those who begin to wait meanwhile are left for next time. */
static inline void waiter_tell(struct waiter **list, int status)
{
	struct waiter *told = *list;

	if (told)
		told->at = &told;
	*list = NULL;
	while (told) {
		struct waiter *w = told;

		waiter_remove(w);
		w->told(w, status);
	}
}

#endif
