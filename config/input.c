#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/input.h"

/* All of size bytes and the end after them. 0 or -errno. */
static int input_fill(int fd, char *data, size_t size)
{
	size_t n = 0;
	char more;

	for (;;) {
		bool full = n == size;
		ssize_t got = read(fd, full ? &more : data + n,
				   full ? 1 : size - n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			return full ? 0 : -EAGAIN;
		if (full)
			return -EAGAIN;
		n += (size_t)got;
	}
}

static int input_from_fd(int fd, size_t max, struct input *ret)
{
	struct input in = { 0 };
	int r;

	if (fstat(fd, &in.st) < 0)
		return -errno;
	if (S_ISDIR(in.st.st_mode))
		return -EISDIR;
	if (!S_ISREG(in.st.st_mode))
		return -ENODEV;
	if (in.st.st_size < 0 || (uintmax_t)in.st.st_size > max)
		return -EFBIG;
	in.len = (size_t)in.st.st_size;
	in.data = malloc(in.len + 1);
	if (!in.data)
		return -ENOMEM;
	r = input_fill(fd, in.data, in.len);
	if (r < 0) {
		input_done(&in);
		return r;
	}
	*ret = in;
	return 0;
}

int input_read(const char *path, size_t max, struct input *ret)
{
	/* Not blocking: somebody may have put a FIFO there. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int r;

	if (fd < 0)
		return errno == ENXIO ? -ENODEV : -errno;
	r = input_from_fd(fd, max, ret);
	(void)close(fd);
	return r;
}

const char *input_error_text(int error, char *out, size_t size)
{
	if (error == -EISDIR)
		(void)snprintf(out, size, "is a directory, not a file");
	else if (error == -ENODEV)
		(void)snprintf(out, size, "is not a regular file");
	else if (error == -EFBIG)
		(void)snprintf(out, size, "is larger than 1 MiB");
	else if (error == -EAGAIN)
		(void)snprintf(out, size, "changed while it was read");
	else
		(void)snprintf(out, size, "cannot be read: %s",
			       strerror(-error));
	return out;
}

void input_done(struct input *in)
{
	if (in->data)
		explicit_bzero(in->data, in->len);
	free(in->data);
	*in = (struct input){ 0 };
}
