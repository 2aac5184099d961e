/*
 * front - where people and programs meet the daemon: its control socket,
 * and what can be asked there.
 */
#ifndef DAEMON_FRONT_H
#define DAEMON_FRONT_H

#include <stdint.h>

struct config;
struct control;
struct ev_loop;
struct faults;
struct modules;

struct front {
	struct ev_loop *loop;
	const char *path;        /* of the socket; NULL: there is to be none */
	struct control *control; /* NULL: none */
	struct modules *modules;
	uint64_t started_ms;
	int (*reload)(void *user); /* 0: front_reloaded() follows; or -errno */
	void *user;
};

/* Without it the daemon does its work all the same: that is only said. */
void front_open(struct front *f, struct ev_loop *loop, const char *path,
		const struct config *config);
/* By another configuration. A socket that could not be opened may be now. */
void front_use(struct front *f, const struct config *config);
/* A reload has ended: whoever asked for it is told of each fault. */
void front_reloaded(struct front *f, const struct faults *faults, int error);
void front_close(struct front *f);

#endif
