/*
 * nl_dump - what the kernel holds now: links, addresses, routes.
 *
 * The kernel answers inside the system calls: nothing here waits.
 */
#ifndef MONITOR_NL_DUMP_H
#define MONITOR_NL_DUMP_H

#include <stddef.h>

struct nlmsghdr;

/* 0, or -errno which ends the dump. */
typedef int nl_dump_take_fn(void *user, const struct nlmsghdr *h);

/*
 * Links, IPv4 and IPv6 addresses, IPv4 and IPv6 routes, in this order, each
 * message handed to take. buf (aligned to 4) is where they are read. 0;
 * -EINTR: things changed meanwhile, so what was taken may not be all;
 * -errno.
 */
int nl_dump_all(void *buf, size_t size, nl_dump_take_fn *take, void *user);

#endif
