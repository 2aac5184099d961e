/*
 * fresh - a new mirror, read from the kernel's tables.
 */
#ifndef MONITOR_FRESH_H
#define MONITOR_FRESH_H

#include <stddef.h>

struct table;

/*
 * buf (aligned to 4) is where messages are read. 0; -EINTR: others changed
 * things each time while it was read; -ENOMEM; another -errno.
 */
int fresh_table(void *buf, size_t size, struct table **ret);

#endif
