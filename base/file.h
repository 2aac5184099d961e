/*
 * file - reading and writing whole files.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stddef.h>

/* Every byte, also where a signal comes in between. 0 or -errno. */
int file_write_all(int fd, const void *data, size_t len);

#endif
