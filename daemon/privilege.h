/*
 * privilege - becoming somebody with fewer rights.
 */
#ifndef DAEMON_PRIVILEGE_H
#define DAEMON_PRIVILEGE_H

/*
 * "USER" or "USER:GROUP", by name or number; the user's own group where none
 * is named. Supplementary groups are the user's. 0, -ENOENT for nobody of
 * that name, or -errno.
 */
int privilege_drop(const char *user);

#endif
