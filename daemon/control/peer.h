/*
 * peer - who may ask at the control socket, and who may act.
 */
#ifndef DAEMON_PEER_H
#define DAEMON_PEER_H

#include <stdbool.h>
#include <sys/types.h>

struct peer_groups {
	bool has_group, has_admin_group;
	gid_t group, admin_group;
};

/* NULL: none. 0, or -ENOENT, and then *ret is as before. */
int peer_groups_find(const char *group, const char *admin_group,
		     struct peer_groups *ret);

/* Lets these groups connect to the socket at path. 0 or -errno. */
int peer_open_up(const char *path, const struct peer_groups *g);

/* By the credentials of whoever has connected. */
bool peer_may_ask(const struct peer_groups *g, int fd, bool *ret_act);

#endif
