/*
 * hooks - the operator's programs, run once per event without a shell.
 *
 * Events with the same key never overlap and never overtake one another.
 *
 * Knows nothing of why an event came.
 */
#ifndef HOOKS_HOOKS_H
#define HOOKS_HOOKS_H

#include <stddef.h>
#include <stdint.h>

#include "config/faults.h"

struct ev_loop;
struct hooks;

/* Every event of an address change of many thousand records. */
#define HOOKS_WAITING 30000

struct hooks_options {
	const char *directory;
	uint64_t timeout_ms;   /* then TERM, 2 s later KILL; 0: never */
	unsigned int parallel; /* hooks at a time; >= 1 */
	size_t waiting;        /* events, at most; 0: HOOKS_WAITING */
};

/* What goes into environment and JSON; NULL (or has_* false) leaves it out. */
struct hook_event {
	const char *event; /* "updated", "published", … */
	const char *record;
	const char *family; /* "ipv4", "ipv6" */
	const char *address, *old_address;
	const char *interface;
	const char *provider;
	const char *prefix, *old_prefix;
	const char *error; /* a provider's words: printable, not trusted */
	int64_t retry_in_s;  /* -1: none */
	int64_t latency_ms;  /* -1: none */
};

/* 0 or -errno. Copies the options. A missing directory has no hooks. */
int hooks_new(struct ev_loop *loop, const struct hooks_options *o,
	      struct hooks **ret);
/*
 * NULL is fine. Running hooks are killed with their process groups; how many
 * events no hook has heard of is logged.
 */
void hooks_free(struct hooks *h);

/* Another directory, limit or number; events under way end by the old. */
int hooks_configure(struct hooks *h, const struct hooks_options *o);

/*
 * Everything is copied. The directory is read and judged anew for each
 * event; what is unsafe is not run, and that is logged when it begins. So
 * many events wait; more drop the oldest, and that is logged.
 */
void hooks_post(struct hooks *h, const struct hook_event *e);

/* Called (from the loop) each time no event is waiting or running. */
typedef void hooks_idle_fn(void *user);
void hooks_on_idle(struct hooks *h, hooks_idle_fn *idle, void *user);
size_t hooks_pending(const struct hooks *h);

/*
 * What would keep a hook of the directory from being run (owner, mode, name
 * of what looks like a hook): for evddnsd -t.
 */
void hooks_check(const char *directory, struct faults *faults);

#endif
