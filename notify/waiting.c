#include "config.h"

#include <stdlib.h>

#include "notify/protocol.h"
#include "notify/waiting.h"

struct waiting *waiting_new(uint64_t until_ms, notify_done_fn *done,
			    void *user)
{
	struct waiting *j = malloc(sizeof(*j));

	if (j)
		*j = (struct waiting){ .deadline_ms = until_ms, .done = done,
				       .user = user,
				       .line = BUF_INIT(PROTOCOL_LINE_MAX) };
	return j;
}

void waiting_free(struct waiting *j)
{
	if (!j)
		return;
	free(j->account);
	buf_done(&j->line);
	free(j);
}

struct waiting *waiting_take(struct waiting **list, int id)
{
	for (struct waiting **p = list; *p; p = &(*p)->next)
		if ((*p)->id == id) {
			struct waiting *j = *p;

			*p = j->next;
			return j;
		}
	return NULL;
}

struct waiting *waiting_take_of(struct waiting **list, const struct process *p)
{
	struct waiting *found = NULL;

	/* The oldest: they were put in at the front. */
	for (struct waiting *j = *list; j; j = j->next)
		if (j->process == p)
			found = j;
	return found ? waiting_take(list, found->id) : NULL;
}

bool waiting_has(const struct waiting *list, const struct process *p)
{
	for (const struct waiting *j = list; j; j = j->next)
		if (j->process == p)
			return true;
	return false;
}

void waiting_answer(struct waiting *j, const struct notify_reply *r)
{
	notify_done_fn *done = j->done;
	void *user = j->user;

	waiting_free(j);
	done(user, r);
}

void waiting_retry(struct waiting *j, uint32_t after_ms, const char *why)
{
	const struct notify_reply r = {
		.status = NOTIFY_RETRY,
		.ipv4 = NOTIFY_RETRY,
		.ipv6 = NOTIFY_RETRY,
		.text = why,
		.no_process = true,
		.lost = j->process && !j->line.data,
		.again_ms = after_ms,
	};

	waiting_answer(j, &r);
}
