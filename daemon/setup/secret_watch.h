/*
 * secret_watch - tells when a file that an account's secret was read from is
 * another one, while that account has refused something: only then would it
 * matter at once.
 *
 * What the file holds is not looked at: secrets are read by the update
 * process alone.
 */
#ifndef DAEMON_SECRET_WATCH_H
#define DAEMON_SECRET_WATCH_H

#include <stdbool.h>
#include <stddef.h>

#include <ev.h>

#include "base/path_watch.h"

struct notify_account;
struct secret_watch_file;

/* From the loop. The texts are gone when the files are others. */
typedef void secret_watch_changed_fn(void *user, const char *account,
				     const char *path);

struct secret_watch {
	struct ev_loop *loop;
	struct path_watch paths;
	ev_io io;
	ev_timer settle;
	bool open;
	struct secret_watch_file *files; /* of all accounts */
	size_t n;
	secret_watch_changed_fn *changed;
	void *user;
};

/* Nothing is watched yet, and no descriptor open. */
void secret_watch_start(struct secret_watch *w, struct ev_loop *loop,
			secret_watch_changed_fn *changed, void *user);
/* All zero is fine too. */
void secret_watch_stop(struct secret_watch *w);

/* These have been read just now. Whose are watched is to be said again. */
void secret_watch_use(struct secret_watch *w, const struct notify_account *as,
		      size_t n);

/*
 * Between the two, each account whose files are to be watched, in any order,
 * more than once too. Where the kernel has no watch to give they are not.
 */
void secret_watch_begin(struct secret_watch *w);
void secret_watch_want(struct secret_watch *w, const char *account);
void secret_watch_commit(struct secret_watch *w);

#endif
