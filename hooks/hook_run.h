/*
 * hook_run - one program run for one event: input, output, time limit.
 */
#ifndef HOOKS_HOOK_RUN_H
#define HOOKS_HOOK_RUN_H

#include <stdint.h>

#include "base/log.h"
#include "hooks/hook_env.h"

struct ev_loop;
struct hook_run;
struct hook_troubles;

/* Everything is borrowed for the life of the run. */
struct hook_run_options {
	const char *name; /* in the directory */
	const char *path; /* executed */
	const char *event;
	const struct hook_env *env;
	uint64_t timeout_ms; /* 0: never */
	struct log_fields fields;
	struct hook_troubles *troubles; /* of all runs */
	unsigned int *lines_left; /* of output, to be logged still */
};

/*
 * Comes once, from the loop, when the program has ended and its output is
 * closed (or was closed by force). The run may be freed in it.
 */
typedef void hook_run_done_fn(void *user);

/* 0, or -errno where it could not be started. Neither is logged. */
int hook_run_start(struct ev_loop *loop, const struct hook_run_options *o,
		   hook_run_done_fn *done, void *user, struct hook_run **ret);

/* NULL is fine. What still runs is killed, with its process group. */
void hook_run_free(struct hook_run *run);

#endif
