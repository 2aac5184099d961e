/*
 * secret - secrets that stand in files of their own.
 */
#ifndef NOTIFY_SECRET_H
#define NOTIFY_SECRET_H

#include <stddef.h>
#include <sys/types.h>

/*
 * May a file of this mode and group hold a secret: nobody else may read it,
 * and its group is root's, ours, or the one allowed by secret_allow_group().
 */
int secret_mode_check(mode_t mode, gid_t group);
/* The group of a daemon that will give up root. */
void secret_allow_group(gid_t group);

/*
 * The text of a file (at most 64 KiB, without its last line end), to be freed
 * with str_wipe_free(). 0 or -errno, with a reason in why.
 */
int secret_read(const char *path, char **ret, char *why, size_t why_size);

/* The path of a credential of this service, to be freed; or -errno and why. */
int secret_credential(const char *name, char **ret, char *why,
		      size_t why_size);

#endif
