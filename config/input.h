/*
 * input - a whole file of the operator's, in memory that is wiped after use.
 *
 * Private to the reader (config/tree.c).
 */
#ifndef CONFIG_INPUT_H
#define CONFIG_INPUT_H

#include <stddef.h>
#include <sys/stat.h>

struct input {
	char *data; /* no NUL at its end */
	size_t len;
	struct stat st; /* of the very file that was read */
};

/*
 * Regular files of at most max bytes only. 0, or -errno: -EISDIR, -EFBIG,
 * -ENODEV (neither file nor directory), -EAGAIN (it changed while it was
 * read), or what open() and read() say.
 */
int input_read(const char *path, size_t max, struct input *ret);

/* For people: "is a directory", "cannot be read: No such file…". */
const char *input_error_text(int error, char *out, size_t size);

void input_done(struct input *in);

#endif
