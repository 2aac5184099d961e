/*
 * announce - hears that a router announces something, by NAT-PMP or PCP
 * (RFC 6886, section 3.2.1; RFC 6887, section 14.1).
 *
 * Anybody on the link can send such a thing, so what it says is not even
 * looked at: it is a hint, and after each one nothing is heard for a while.
 */
#ifndef RESOLVER_ANNOUNCE_H
#define RESOLVER_ANNOUNCE_H

#include <stdbool.h>
#include <stdint.h>

#include <ev.h>

typedef void announce_fn(void *user, uint64_t heard_ns);

/* All zero: closed. */
struct announce {
	struct ev_loop *loop;
	ev_io io;
	ev_timer deaf;
	announce_fn *heard;
	void *user;
};

/*
 * Listens on this interface, beside others who do. 0 or -errno. heard is
 * called from the loop, and may close it.
 */
int announce_open(struct announce *a, struct ev_loop *loop, int ifindex,
		  announce_fn *heard, void *user);
void announce_close(struct announce *a);

/*
 * Hears nothing for so long from now on, and costs nothing meanwhile; what
 * came in that time is one hint at its end.
 */
void announce_deafen(struct announce *a, uint32_t ms);
/* What has come so far is no hint any more. */
void announce_forget(const struct announce *a);

#endif
