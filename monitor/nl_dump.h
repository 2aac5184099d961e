/*
 * nl_dump - what the kernel holds now: links, addresses, routes.
 *
 * The kernel answers inside the system calls: nothing here waits.
 */
#ifndef MONITOR_NL_DUMP_H
#define MONITOR_NL_DUMP_H

#include <stddef.h>

struct nlmsghdr;

/* 0; 1: it was of no use; or -errno which ends the dump. */
typedef int nl_dump_take_fn(void *user, const struct nlmsghdr *h);

/*
 * Links, IPv4 and IPv6 addresses, IPv4 and IPv6 routes, in this order, each
 * message handed to take, some maybe twice. buf (aligned to 4) is where they
 * are read. Of an IPv4 table that is as long as the Internet's only the
 * beginning is read, where default routes are. 0;
 * -EINTR: things changed meanwhile, so what was taken may not be all;
 * -errno.
 */
int nl_dump_all(void *buf, size_t size, nl_dump_take_fn *take, void *user);

#endif
