/*
 * process - one running evddns-notify: lines to it, lines from it, its end.
 */
#ifndef NOTIFY_PROCESS_H
#define NOTIFY_PROCESS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

struct ev_loop;
struct process;

/*
 * A line of its output, without the newline; borrowed. False: there is no
 * memory to understand it; it comes again a little later.
 */
typedef bool process_line_fn(void *user, struct process *p, const char *line,
			     size_t len);
/* It has ended, and every line of it was handed over. Free it now. */
typedef void process_gone_fn(void *user, struct process *p, int status);

struct process_options {
	const char *program;
	int sealed_fd; /* becomes its descriptor 3 */
	bool dry_run;
};

/* 0 or -errno. Nothing is called from inside. */
int process_start(struct ev_loop *loop, const struct process_options *o,
		  process_line_fn *line, process_gone_fn *gone, void *user,
		  struct process **ret);
/* Kills it where it still runs. NULL is fine. */
void process_free(struct process *p);

/* Append lines here, then process_send(): written at once if it can be. */
struct buf *process_out(struct process *p);
void process_send(struct process *p);

/* No more lines follow: it answers what it has and ends by itself. */
void process_finish(struct process *p);
bool process_is_finishing(const struct process *p);
/* It has nothing left to do: killed if it is not gone in a few seconds. */
void process_expire(struct process *p);
/* At once. process_gone_fn follows. */
void process_kill(struct process *p);

#endif
