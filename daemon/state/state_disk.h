/*
 * state_disk - the state file in its directory.
 *
 * A new one is written beside the old one and takes its place, so that
 * whoever reads finds the old or the new one, never half of either. No
 * fsync: what a power cut takes away, DNS tells.
 *
 * The directory is one daemon's at a time, by a lock (flock) on the directory
 * itself, which ends with its holder however that ends. Where the file system
 * knows no such lock, it goes without.
 */
#ifndef DAEMON_STATE_DISK_H
#define DAEMON_STATE_DISK_H

#include <stddef.h>

struct state_disk {
	char *directory, *path, *new_path, *bad_path;
	int fd; /* of the directory, ours; -1: it is not */
};

/* 0 or -ENOMEM. Touches nothing yet. */
int state_disk_open(struct state_disk *d, const char *directory);
void state_disk_done(struct state_disk *d);

/*
 * Makes the directory where it is missing, and takes it. 0 or -errno; -EBUSY:
 * another daemon has it.
 */
int state_disk_own(struct state_disk *d);

/*
 * 0 and the text, which the caller frees; -ENOENT: there is none; or -errno.
 * Then *ret_why says what is the matter: also who else could have written it.
 */
int state_disk_read(const struct state_disk *d, size_t most, char **ret,
		    size_t *ret_len, const char **ret_why);
/* As state_disk_own(), then writes. 0 or -errno; the old one stands then. */
int state_disk_write(struct state_disk *d, const char *text, size_t len);
/* What cannot be read is kept for people to look at. 0 or -errno. */
int state_disk_put_aside(const struct state_disk *d);

#endif
