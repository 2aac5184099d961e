/*
 * privilege - becoming somebody with fewer rights.
 */
#ifndef DAEMON_PRIVILEGE_H
#define DAEMON_PRIVILEGE_H

/*
 * user is "USER" or "USER:GROUP", by name or number; the user's own group
 * where none is named. Each returns 0, -ENOENT for nobody of that name, or
 * -errno.
 */
int privilege_check(const char *user);
/*
 * Supplementary groups are the user's. What was made before (each path, or
 * NULL) then belongs to the user; its group stays. NULL as user is nothing
 * to do.
 */
int privilege_leave(const char *user, const char *state, const char *socket);

#endif
