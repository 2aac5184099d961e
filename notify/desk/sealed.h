/*
 * sealed - the checked accounts in a memory file that nobody can change.
 */
#ifndef NOTIFY_SEALED_H
#define NOTIFY_SEALED_H

#include "notify/desk/accounts.h"

/* A descriptor, close-on-exec, or -errno. */
int sealed_write(const struct accounts *as);

/* Takes it back, seals checked. 0, -EPERM (not sealed), -EBADMSG, -errno. */
int sealed_read(int fd, struct accounts *ret);

#endif
