/*
 * egress - how a socket leaves this machine: source, interface and mark.
 *
 * The one function that binds sockets. A refused bind is an error, never a
 * silent unbound send.
 */
#ifndef NET_EGRESS_H
#define NET_EGRESS_H

#include <net/if.h>
#include <stdint.h>

#include "base/addr.h"

struct route;

/* All zero: as the kernel likes. */
struct egress {
	struct addr source; /* family 0: the kernel's choice */
	int ifindex;        /* 0: the route's */
	uint32_t mark;      /* SO_MARK; 0: none */
	char device[IFNAMSIZ]; /* instead of ifindex, by name; "": none */
};

/*
 * To a fresh socket, before connect(). 0 or -errno: -EADDRNOTAVAIL where this
 * machine does not hold the source (or it is tentative), -EPERM (mark),
 * -ENODEV, -EAFNOSUPPORT where the source is of another family than the
 * socket. After an error the socket is not to be used.
 *
 * IPv4 addresses are announced a moment before the kernel lets sockets bind
 * to them: such a one is bound all the same, by IP_FREEBIND, once the kernel
 * has been seen to hold it. What connect() and send() say then: 0; or
 * ENETUNREACH, EHOSTUNREACH: no route yet, or the address has gone since
 * (EINVAL on older kernels). IPv6 has no such moment, and never a free bind:
 * with one the kernel would send from addresses that are not ours.
 */
int egress_apply(int fd, int family, const struct egress *e);

/*
 * What of want applies to this destination: all of it where the kernel
 * would reach dst by a default route; nothing but the mark where dst is
 * local, on-link or behind a more specific route, or of the other family.
 * route may be NULL: want as it is; so it is where no route is known, which
 * connect() then tells.
 */
void egress_for(struct route *route, const struct addr *dst,
		const struct egress *want, struct egress *ret);

#endif
