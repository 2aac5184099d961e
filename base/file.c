#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

int file_write_all(int fd, const void *data, size_t len)
{
	const char *p = data;

	while (len > 0) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return -EIO; /* or it would be asked for ever */
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

int file_read_all(int fd, void *data, size_t size, size_t *ret_len)
{
	char *p = data;
	size_t len = 0;

	while (len < size) {
		ssize_t n = read(fd, p + len, size - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		len += (size_t)n;
	}
	*ret_len = len;
	return 0;
}

int file_open_standard(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		/* The lowest that is free is this one. */
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) < 0)
			return -errno;
	return 0;
}

static uint64_t stamp_of(const struct stat *st)
{
	const uint64_t parts[] = {
		(uint64_t)st->st_ino,	      (uint64_t)st->st_size,
		(uint64_t)st->st_mtim.tv_sec, (uint64_t)st->st_mtim.tv_nsec,
		(uint64_t)st->st_ctim.tv_sec, (uint64_t)st->st_ctim.tv_nsec,
	};
	uint64_t stamp = 0xcbf29ce484222325;

	/* As FNV-1a does, by words. */
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		stamp = (stamp ^ parts[i]) * 0x100000001b3;
		stamp ^= stamp >> 32;
	}
	return stamp;
}

int file_stamp(const char *path, uint64_t *ret)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return -errno;
	*ret = stamp_of(&st);
	return 0;
}
