/*
 * route_reply - what the kernel answers to RTM_GETROUTE, as a value. Pure.
 */
#ifndef NET_ROUTE_REPLY_H
#define NET_ROUTE_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

struct route_reply {
	uint8_t type;    /* RTN_* */
	uint8_t dst_len; /* of the route that was asked for as it stands */
	int ifindex;     /* 0: the kernel names none */
	struct addr source, gateway; /* family 0: none */
};

/*
 * The answer in a datagram (aligned to 4) to question seq, which was one of
 * this family. 0; -ENOMSG: it answers another question; -EBADMSG; or what
 * the kernel refuses it with.
 */
int route_reply_read(const void *data, size_t len, uint32_t seq, int family,
		     struct route_reply *ret);

/* A default route, or what stands in for one: see route.h. */
bool route_reply_is_default(const struct route_reply *r, int family);
/* A route that is there to lead nowhere: unreachable, blackhole… */
bool route_reply_is_barred(const struct route_reply *r);

#endif
