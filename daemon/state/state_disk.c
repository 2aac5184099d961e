#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
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
	free(d->path);
	free(d->new_path);
	free(d->bad_path);
	*d = (struct state_disk){ 0 };
}

int state_disk_open(struct state_disk *d, const char *directory)
{
	d->path = str_dupf("%s/state.json", directory);
	d->new_path = str_dupf("%s/state.json.new", directory);
	d->bad_path = str_dupf("%s/state.json.bad", directory);
	if (!d->path || !d->new_path || !d->bad_path) {
		state_disk_done(d);
		return -ENOMEM;
	}
	return make_directory(directory);
}

char *state_disk_read(const struct state_disk *d, size_t most,
		      size_t *ret_len, int *ret_error)
{
	int fd = open(d->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	char *text = NULL;
	struct stat st;
	ssize_t n = -1;

	*ret_error = fd < 0 && errno != ENOENT ? -errno : 0;
	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) ||
	    (size_t)st.st_size > most)
		*ret_error = -EINVAL;
	else if (!(text = malloc((size_t)st.st_size + 1)))
		*ret_error = -ENOMEM;
	if (text)
		n = read(fd, text, (size_t)st.st_size);
	if (text && n < 0) {
		*ret_error = -errno;
		free(text);
		text = NULL;
	}
	(void)close(fd);
	*ret_len = n < 0 ? 0 : (size_t)n;
	return text;
}

int state_disk_write(const struct state_disk *d, const char *text, size_t len)
{
	int fd = open(d->new_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC |
					   O_NOFOLLOW, 0600);
	int r = fd < 0 ? -errno : file_write_all(fd, text, len);

	if (fd >= 0 && close(fd) < 0 && r == 0)
		r = -errno;
	if (r == 0 && rename(d->new_path, d->path) < 0)
		r = -errno;
	if (r < 0 && fd >= 0)
		(void)unlink(d->new_path);
	return r;
}

void state_disk_put_aside(const struct state_disk *d)
{
	(void)rename(d->path, d->bad_path);
}
