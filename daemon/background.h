/*
 * background - detaching (-b) once everything is open, and the pid file.
 */
#ifndef DAEMON_BACKGROUND_H
#define DAEMON_BACKGROUND_H

#include <stdbool.h>

struct background;

/*
 * Where detach, forks; the parent then waits for the child's word. pidfile
 * may be NULL. 0 or -errno.
 */
int background_start(bool detach, const char *pidfile,
		     struct background **ret);
bool background_is_parent(const struct background *b);

/* The parent: 0 once the child is ready, else the child's exit status. */
int background_wait(struct background *b);

/* An app_ready_fn; user is the background: writes the pid file, lets go. */
void background_ready(void *user);

/* Removes the pid file that background_ready() wrote. NULL is fine. */
void background_end(struct background *b);

#endif
