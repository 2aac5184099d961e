/*
 * nl_link - RTM_NEWLINK and RTM_DELLINK as values. Pure.
 */
#ifndef MONITOR_NL_LINK_H
#define MONITOR_NL_LINK_H

#include <stdbool.h>
#include <stddef.h>

#include "monitor/monitor.h"

struct nlmsghdr;

struct nl_link {
	bool gone;
	struct monitor_link link; /* without altnames */
	/* The attributes that hold them, as checked; borrowed. */
	const void *props;
	size_t props_len;
};

/*
 * 0; -EAFNOSUPPORT: a bridge's word about its port, not about the link;
 * -ENOMSG: a wireless event, which tells only a part; -EBADMSG.
 */
int nl_link_parse(const struct nlmsghdr *h, struct nl_link *ret);

/*
 * Writes the alternative names as struct monitor_link holds them, with the
 * empty one that ends them, if size is enough. Returns how much is.
 */
size_t nl_link_altnames(const struct nl_link *l, char *out, size_t size);

#endif
