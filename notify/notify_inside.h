/*
 * notify_inside - what the files of notify share and nobody else knows.
 */
#ifndef NOTIFY_NOTIFY_INSIDE_H
#define NOTIFY_NOTIFY_INSIDE_H

#include <ev.h>

#include "notify/notify.h"
#include "notify/restart.h"
#include "notify/waiting.h"

/* One that still answers, but gets no more jobs. */
struct old_process {
	struct old_process *next;
	struct process *process;
};

struct notify {
	struct ev_loop *loop;
	char *program;
	struct notify_options options;
	struct notify_config *config;
	struct process *current;
	struct old_process *old;
	struct waiting *jobs;
	int last_id;
	struct restart restart;
	ev_timer linger, watch;
	ev_timer deferred; /* jobs without process are answered */
	ev_timer held;     /* notify_limits.c */
	struct load *load;
	notify_spent_fn *spent; /* NULL: nobody counts */
	void *spent_user;
	notify_loaded_fn *loaded;
	void *loaded_user;
};

/* NULL: there is none of that name. */
struct notify_account *notify_find_account(const struct notify *n,
					   const char *name);

/* notify_limits.c */
/* false: the line is about something else. */
bool notify_take_spent(struct notify *n, const char *line, size_t len);
/*
 * Has a process that is being replaced a job of this account under way, and
 * has that limits? Then j, for the present process, is not sent yet: its
 * line is to be kept in j->line. 0 or -ENOMEM.
 */
int notify_limits_hold(struct notify *n, struct waiting *j,
		       const char *account, bool *ret_held);
/* One more has answered, or is gone: what nobody holds up is sent. */
void notify_limits_release(struct notify *n);
/* They waited long enough. */
void notify_limits_waited(struct ev_loop *loop, ev_timer *w, int revents);

#endif
