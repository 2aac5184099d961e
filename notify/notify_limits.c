#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "notify/notify_inside.h"
#include "notify/notify_load.h"
#include "notify/process.h"
#include "notify/protocol.h"

/*
 * Two processes at a time, after a reload: each tells what it spends, and is
 * told what the other does, but between the two words both may take the last
 * token. So jobs of an account with limits wait for those that the process
 * before has under way; not for ever, if its provider hangs.
 */
#define HELD_MOST_S 5.

struct notify_account *notify_find_account(const struct notify *n,
					   const char *name)
{
	for (size_t i = 0; n->config && i < n->config->accounts.n; i++)
		if (strcmp(n->config->accounts.items[i].name, name) == 0)
			return &n->config->accounts.items[i];
	return NULL;
}

bool notify_take_spent(struct notify *n, const char *line, size_t len)
{
	char name[512];
	int r = protocol_parse_spent(line, len, name, sizeof(name));
	const struct notify_account *a =
		r == 0 ? notify_find_account(n, name) : NULL;

	if (a && n->spent)
		n->spent(n->spent_user, a);
	return r == 0;
}

void notify_on_spent(struct notify *n, notify_spent_fn *spent, void *user)
{
	n->spent = spent;
	n->spent_user = user;
}

static void tell_limits(struct process *p, const struct notify_account *a)
{
	if (process_is_finishing(p))
		return;
	protocol_put_limits(process_out(p), a, 1);
	process_send(p);
}

void notify_set_limits(struct notify *n, const char *account,
		       const int64_t full_ms[NOTIFY_LIMITS_MAX])
{
	struct notify_account *a = notify_find_account(n, account);

	if (!a)
		return;
	memcpy(a->full_ms, full_ms, sizeof(a->full_ms));
	/* One alone knows it best itself. */
	if (!n->old)
		return;
	for (struct old_process *o = n->old; o; o = o->next)
		tell_limits(o->process, a);
	if (n->current)
		tell_limits(n->current, a);
}

/* ---- jobs that wait for the process before ---- */

static bool is_busy(const struct notify *n, const struct waiting *j)
{
	for (const struct waiting *o = n->jobs; o; o = o->next)
		if (o->process != j->process && o->process && o->account &&
		    !o->line.data && strcmp(o->account, j->account) == 0)
			return true;
	return false;
}

int notify_limits_hold(struct notify *n, struct waiting *j,
		       const char *account, bool *ret_held)
{
	const struct notify_account *a = notify_find_account(n, account);

	*ret_held = false;
	if (!a || a->n_limits == 0)
		return 0;
	j->account = str_dup(account);
	if (!j->account)
		return -ENOMEM;
	j->process = n->current;
	*ret_held = n->old && is_busy(n, j);
	if (*ret_held && !ev_is_active(&n->held)) {
		ev_now_update(n->loop);
		ev_timer_set(&n->held, HELD_MOST_S, 0.);
		ev_timer_start(n->loop, &n->held);
	}
	return 0;
}

static void release(struct notify *n, bool all)
{
	struct waiting *first = NULL;
	const char *account = NULL;
	bool busy = false;

	/* The oldest first: they were put in at the front. */
	for (struct waiting *j = n->jobs; j; j = j->next)
		if (j->line.data) {
			j->after = first;
			first = j;
		}
	for (struct waiting *j = first; j; j = j->after) {
		if (!account || strcmp(account, j->account) != 0)
			busy = !all && is_busy(n, j);
		account = j->account;
		if (busy)
			continue;
		buf_add(process_out(j->process), j->line.data, j->line.len);
		process_send(j->process);
		buf_done(&j->line);
	}
}

void notify_limits_release(struct notify *n)
{
	if (ev_is_active(&n->held))
		release(n, false);
}

void notify_limits_waited(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)revents;
	release(w->data, true);
}
