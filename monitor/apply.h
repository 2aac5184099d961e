/*
 * apply - one rtnetlink message into the mirror. Pure, but for the memory.
 */
#ifndef MONITOR_APPLY_H
#define MONITOR_APPLY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"

struct nlmsghdr;
struct table;

/* What the message was about. */
struct apply_about {
	int ifindex;      /* 0: no interface, or several */
	struct addr addr; /* family 0: not about an address, or not only */
	bool early; /* the kernel's routing is yet to follow */
};

/*
 * Returns what it did (enum table_effect), or -errno: those of the parsers,
 * where -ENOMSG and -EAFNOSUPPORT only mean that it is not for us. now_ms:
 * the monotonic time at which it was read.
 */
int apply_message(struct table *t, const struct nlmsghdr *h, uint64_t now_ms,
		  struct apply_about *ret);

#endif
