/*
 * reload - another configuration while the daemon runs: read, compared with
 * the one in use, and put in its place, or refused as a whole.
 */
#ifndef DAEMON_RELOAD_H
#define DAEMON_RELOAD_H

struct config;
struct front;
struct loading;
struct modules;
struct notify_config;
struct options;
struct paths;
struct upkeep;

/* All but loading is given by the owner, and borrowed. */
struct reload {
	struct modules *modules;
	struct front *front;
	struct upkeep *upkeep;
	const struct options *options;
	const struct paths *paths;
	struct loading *loading; /* NULL: none is under way */
};

/*
 * Reads the configuration; one that is being read already is begun anew, for
 * the file may be another by now. Whoever waits at the front, the service
 * manager, the log and the hooks are told what came of it. 0 or -errno.
 */
int reload_start(struct reload *r);

/* What is being read is not used any more. */
void reload_cancel(struct reload *r);

/*
 * From now on this is what counts, for the log too. See modules_use(). 0 or
 * -errno.
 */
int reload_use(const struct reload *r, struct config *config,
	       struct notify_config *accounts);

#endif
