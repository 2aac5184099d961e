#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/str.h"
#include "notify/desk/secret.h"

#define SECRET_MAX 65536

static gid_t allowed_group;

void secret_allow_group(gid_t group)
{
	allowed_group = group;
}

int secret_mode_check(mode_t mode, gid_t group)
{
	if (mode & S_IROTH)
		return -EACCES;
	if ((mode & S_IRGRP) && group != 0 && group != getegid() &&
	    group != allowed_group)
		return -EACCES;
	return 0;
}

/* What is read is a plain file that no stranger can read. */
static int check_file(int fd, char *why, size_t why_size)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode)) {
		(void)snprintf(why, why_size, "not a plain file");
		return -EINVAL;
	}
	if (secret_mode_check(st.st_mode, st.st_gid) < 0) {
		(void)snprintf(why, why_size,
			       "others can read it (mode %04o, group %u): "
			       "chmod 0600, or 0640 and a group of ours",
			       (unsigned int)(st.st_mode & 07777),
			       (unsigned int)st.st_gid);
		return -EACCES;
	}
	return 0;
}

static int read_fd(int fd, char **ret, char *why, size_t why_size)
{
	char *text = calloc(1, SECRET_MAX + 2);
	size_t len = 0;
	int r = text ? check_file(fd, why, why_size) : -ENOMEM;

	if (r == 0)
		r = file_read_all(fd, text, SECRET_MAX + 1, &len);
	if (r == 0 && len > SECRET_MAX) {
		(void)snprintf(why, why_size, "larger than 64 KiB");
		r = -EFBIG;
	}
	if (r == 0 && memchr(text, '\0', len)) {
		(void)snprintf(why, why_size, "holds a NUL byte");
		r = -EINVAL;
	}
	if (r < 0) {
		if (text)
			explicit_bzero(text, SECRET_MAX + 2);
		free(text);
		return r;
	}
	if (len > 0 && text[len - 1] == '\n')
		text[--len] = '\0';
	if (len > 0 && text[len - 1] == '\r')
		text[--len] = '\0';
	*ret = text;
	return 0;
}

int secret_read(const char *path, char **ret, char *why, size_t why_size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK), r;

	if (why_size > 0)
		why[0] = '\0';
	if (fd < 0)
		r = -errno;
	else
		r = read_fd(fd, ret, why, why_size);
	if (r < 0 && why_size > 0 && why[0] == '\0')
		(void)snprintf(why, why_size, "%s", strerror(-r));
	if (fd >= 0)
		(void)close(fd);
	return r;
}

int secret_credential(const char *name, char **ret, char *why,
		      size_t why_size)
{
	const char *dir = getenv("CREDENTIALS_DIRECTORY");
	char *path;

	if (!dir || *dir != '/') {
		(void)snprintf(why, why_size, "$CREDENTIALS_DIRECTORY is not "
			       "set: the service was given no credentials");
		return -ENOENT;
	}
	if (*name == '\0' || *name == '.' || strchr(name, '/')) {
		(void)snprintf(why, why_size, "no name of a credential");
		return -EINVAL;
	}
	path = str_dupf("%s/%s", dir, name);
	if (!path)
		return -ENOMEM;
	*ret = path;
	return 0;
}
