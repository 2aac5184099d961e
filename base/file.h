/*
 * file - files and descriptors, whole.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stddef.h>
#include <stdint.h>

/* Every byte, also where a signal comes in between. 0 or -errno. */
int file_write_all(int fd, const void *data, size_t len);

/* Up to size bytes, or to its end, however small the pieces. 0 or -errno. */
int file_read_all(int fd, void *data, size_t size, size_t *ret_len);

/*
 * Opens /dev/null where standard input, output or error is closed: else what
 * is opened next would take its place, and be written to as if it were a log.
 * 0 or -errno.
 */
int file_open_standard(void);

/*
 * A number that is another one when the file at path is another, or was
 * written or given other rights. 0 or -errno.
 */
int file_stamp(const char *path, uint64_t *ret);

#endif
