#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/str.h"
#include "daemon/state/state_disk.h"

/* Makes each missing folder of the path, the last one for us alone. */
static int make_directory(const char *directory)
{
	char *path = str_dup(directory);
	int r = path ? 0 : -ENOMEM;

	for (char *p = path ? path + 1 : NULL; p && *p; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		(void)mkdir(path, 0755);
		*p = '/';
	}
	if (r == 0 && mkdir(path, 0700) < 0 && errno != EEXIST)
		r = -errno;
	free(path);
	return r;
}

void state_disk_done(struct state_disk *d)
{
	if (d->fd >= 0)
		(void)close(d->fd);
	free(d->directory);
	free(d->path);
	free(d->new_path);
	free(d->bad_path);
	*d = (struct state_disk){ .fd = -1 };
}

int state_disk_open(struct state_disk *d, const char *directory)
{
	d->fd = -1;
	d->directory = str_dup(directory);
	d->path = str_dupf("%s/state.json", directory);
	d->new_path = str_dupf("%s/state.json.new", directory);
	d->bad_path = str_dupf("%s/state.json.bad", directory);
	if (!d->directory || !d->path || !d->new_path || !d->bad_path) {
		state_disk_done(d);
		return -ENOMEM;
	}
	return 0;
}

/* Ours, and still what the path leads to. */
static bool disk_is_owned(struct state_disk *d)
{
	struct stat st;

	if (d->fd >= 0 && fstat(d->fd, &st) == 0 && st.st_nlink > 0)
		return true;
	if (d->fd >= 0)
		(void)close(d->fd);
	d->fd = -1;
	return false;
}

int state_disk_own(struct state_disk *d)
{
	int r;

	if (disk_is_owned(d))
		return 0;
	r = make_directory(d->directory);
	if (r < 0)
		return r;
	d->fd = open(d->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (d->fd < 0)
		return errno == EACCES ? 0 : -errno;
	/* Old NFS, say, locks no directory: as good as alone. */
	if (flock(d->fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK) {
		(void)close(d->fd);
		d->fd = -1;
		return -EBUSY;
	}
	return 0;
}

/* ---- reading ---- */

/* Whoever owns the directory could have written it as well. */
static bool is_of_a_stranger(const struct state_disk *d,
			     const struct stat *st)
{
	struct stat dir;

	if (st->st_uid == 0 || st->st_uid == geteuid())
		return false;
	return stat(d->directory, &dir) < 0 || dir.st_uid != st->st_uid;
}

/* NULL: it may be read and believed. */
static const char *judge(const struct state_disk *d, const struct stat *st,
			 size_t most)
{
	if (!S_ISREG(st->st_mode))
		return "it is no plain file";
	if (is_of_a_stranger(d, st))
		return "it belongs to somebody else";
	if (st->st_mode & S_IWOTH)
		return "everybody can write to it";
	if ((uintmax_t)st->st_size > most)
		return "it is too large";
	return NULL;
}

static int fail(int error, const char **ret_why)
{
	*ret_why = error == -ELOOP ? "it is a symbolic link"
				   : strerror(-error);
	return error;
}

static int read_from(const struct state_disk *d, int fd, size_t most,
		     char **ret, size_t *ret_len, const char **ret_why)
{
	size_t size, len = 0;
	struct stat st;
	char *text;
	int r;

	if (fstat(fd, &st) < 0)
		return fail(-errno, ret_why);
	*ret_why = judge(d, &st, most);
	if (*ret_why)
		return -EINVAL;
	size = (size_t)st.st_size;
	text = malloc(size + 1);
	if (!text)
		return fail(-ENOMEM, ret_why);
	r = file_read_all(fd, text, size, &len);
	if (r < 0) {
		free(text);
		return fail(r, ret_why);
	}
	*ret = text;
	*ret_len = len;
	return 0;
}

int state_disk_read(const struct state_disk *d, size_t most, char **ret,
		    size_t *ret_len, const char **ret_why)
{
	int fd = open(d->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	int r;

	if (fd < 0)
		return fail(-errno, ret_why);
	r = read_from(d, fd, most, ret, ret_len, ret_why);
	(void)close(fd);
	return r;
}

int state_disk_put_aside(const struct state_disk *d)
{
	if (rename(d->path, d->bad_path) == 0)
		return 0;
	/* A file and a directory do not take each other's place. */
	if (errno != EISDIR && errno != ENOTDIR && errno != ENOTEMPTY &&
	    errno != EEXIST)
		return -errno;
	if (unlink(d->bad_path) < 0 && rmdir(d->bad_path) < 0)
		return -errno;
	return rename(d->path, d->bad_path) < 0 ? -errno : 0;
}

/* ---- writing ---- */

/*
 * Always one that was not there: what somebody has put in its place (a link,
 * a FIFO, a file that is open elsewhere) is not written to.
 */
static int open_new(const struct state_disk *d)
{
	int fd;

	(void)unlink(d->new_path);
	fd = open(d->new_path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	return fd < 0 ? -errno : fd;
}

int state_disk_write(struct state_disk *d, const char *text, size_t len)
{
	int r = state_disk_own(d), fd;

	if (r < 0)
		return r;
	fd = open_new(d);
	/* Taken away, or made impossible while it was not yet writable. */
	if (fd == -ENOENT && make_directory(d->directory) == 0)
		fd = open_new(d);
	if (fd < 0)
		return fd;
	r = file_write_all(fd, text, len);
	if (close(fd) < 0 && r == 0)
		r = -errno;
	if (r == 0 && rename(d->new_path, d->path) < 0)
		r = -errno;
	if (r < 0)
		(void)unlink(d->new_path);
	return r;
}
