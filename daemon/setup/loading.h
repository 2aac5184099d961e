/*
 * loading - reads a configuration by both its readers: ours, and the update
 * process's for what is inside provider sections.
 */
#ifndef DAEMON_LOADING_H
#define DAEMON_LOADING_H

#include "config/config.h"
#include "config/faults.h"
#include "notify/notify.h"

struct loading;

/* What came of it: faults, or a configuration and its accounts. */
struct loaded {
	struct config *config;          /* NULL where there are faults */
	struct notify_config *accounts; /* likewise */
	struct faults faults;           /* of both readers, in order */
};

/* Frees what is still in it. */
void loaded_done(struct loaded *l);
/* Each on a line of the log, after prefix. */
void loaded_tell_faults(const struct loaded *l, const char *prefix);

/* l is borrowed for the call; what is taken from it is set to NULL there. */
typedef void loading_done_fn(void *user, struct loaded *l);

/*
 * 0 and done comes once, from the loop, in which loading_free() may be
 * called; or -errno and it does not come.
 */
int loading_start(struct notify *notify, const char *path,
		  const char *sysconfdir, loading_done_fn *done, void *user,
		  struct loading **ret);
/* NULL is fine. No callback follows. */
void loading_free(struct loading *l);

#endif
