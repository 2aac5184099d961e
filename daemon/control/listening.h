/*
 * listening - a Unix socket in the file system, at which one may ask.
 */
#ifndef DAEMON_CONTROL_LISTENING_H
#define DAEMON_CONTROL_LISTENING_H

struct peer_groups;

/*
 * Listens at path, in a folder that is made where it is missing; one that
 * nobody listens at any more is replaced. Open to root, and to groups as
 * peer_open_up() has it, never to more on the way there. The descriptor, or
 * -errno: -EADDRINUSE where somebody else answers there.
 */
int listening_open(const char *path, const struct peer_groups *groups);

#endif
