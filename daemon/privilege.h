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
/* What was made before belongs to whom we become; its group stays. */
int privilege_give(const char *user, const char *path);
/* Supplementary groups are the user's. */
int privilege_drop(const char *user);

#endif
