/*
 * nap - when a socket has something all the time, look at it now and then.
 *
 * To be woken for each message of a storm costs more than all that is done
 * with it. After so many wakings in so short a time the socket is only looked
 * at every NAP_MS, until once there is nothing: then it wakes us again.
 */
#ifndef MONITOR_NAP_H
#define MONITOR_NAP_H

#include <stdbool.h>
#include <stdint.h>

#include <ev.h>

/* A small receive buffer holds 7 ms of the worst storm. */
#define NAP_MS 2

/* Reads; was there anything? */
typedef bool nap_read_fn(void *user);

struct nap {
	struct ev_loop *loop;
	ev_io *io; /* the socket's watcher */
	nap_read_fn *read;
	void *user;
	ev_timer timer;
	uint64_t since_ns;
	unsigned int wakings;
};

void nap_init(struct nap *n, struct ev_loop *loop, ev_io *io,
	      nap_read_fn *read, void *user);
/* The watcher woke us; the socket has been read. */
void nap_waking(struct nap *n, uint64_t now_ns);
/* The watcher is another one now, or none. */
void nap_end(struct nap *n);

#endif
