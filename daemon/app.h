/*
 * app - the daemon as a whole: owns the modules, starts, reloads, stops.
 */
#ifndef DAEMON_APP_H
#define DAEMON_APP_H

struct app;
struct ev_loop;
struct options;
struct paths;

/*
 * Called once when everything is open (or -t found nothing wrong); for the
 * parent that waits in -b, and the pid file.
 */
typedef void app_ready_fn(void *user);

/*
 * Runs until it is told to stop, and returns the exit status (sysexits).
 * Everything is borrowed.
 */
int app_run(struct ev_loop *loop, const struct options *options,
	    const struct paths *paths, app_ready_fn *ready, void *user);

#endif
