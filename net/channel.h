/*
 * channel - one c-ares channel on libev: its sockets, its tries, and one
 * deadline for all of it.
 *
 * Private to net/. A channel lives as long as what it was made to ask, so
 * each burst of questions leaves from ports of its own, and nothing wakes
 * the process when nothing is asked.
 */
#ifndef NET_CHANNEL_H
#define NET_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ares.h>
#include <ev.h>

#include "net/dns_msg.h"
#include "net/egress.h"

/* Queries that an answer is held against: of the last ones. */
#define CHANNEL_SENT 4

/* One UDP and one TCP socket for each of the servers that c-ares takes. */
#define CHANNEL_SOCKETS 8

struct channel_options {
	const char *servers; /* "192.0.2.1:53,…"; NULL: resolv.conf */
	struct egress egress;
	int flags;           /* ARES_FLAG_* */
	uint32_t try_ms;     /* the first try; c-ares doubles it */
	unsigned int tries;
	uint32_t total_ms;
	/*
	 * Datagrams that dns_answer_open() refuses for what was sent are
	 * dropped, so that forged ones end nothing.
	 */
	bool verify;
};

struct channel;

/*
 * c-ares has worked, or (expired) the time is up. Called from the event
 * loop, never from inside c-ares: the channel may be ended in it.
 */
typedef void channel_step_fn(void *user, bool expired);

struct channel_socket {
	ev_io io; /* io.fd is -1 where the slot is free */
	bool tcp;
};

struct channel_sent {
	uint8_t data[DNS_QUERY_SIZE];
	size_t len;
};

struct channel {
	struct ev_loop *loop;
	ares_channel ares;
	struct channel_socket sockets[CHANNEL_SOCKETS];
	ev_timer timer;
	uint64_t deadline_ns;
	struct egress egress;
	int error; /* what a socket call said last; 0: nothing */
	bool verify;
	struct channel_sent sent[CHANNEL_SENT];
	size_t n_sent; /* all that were, also those that have gone since */
	/*
	 * One was dropped for nothing but its letters' case: forged, or by a
	 * server that does not keep it (0x20). TCP tells.
	 */
	bool case_lost;
	/* Whose datagram was taken last; family 0: none was. */
	struct addr from;
	uint16_t from_port;
	channel_step_fn *step;
	void *user;
};

/* 0, or -errno and nothing to end. */
int channel_init(struct channel *c, struct ev_loop *loop,
		 const struct channel_options *o, channel_step_fn *step,
		 void *user);
/*
 * Asks this one before the others, where it is one of them. To be called
 * before any question.
 */
void channel_prefer(struct channel *c, const struct addr *server,
		    uint16_t port);
/*
 * To be called after questions were put to c->ares. Never calls step; one
 * that c-ares has answered at once is the caller's to see.
 */
void channel_arm(struct channel *c);
/* c-ares calls back with ARES_EDESTRUCTION for what is still open. */
void channel_done(struct channel *c);

/* c-ares' status as -errno, sharpened by what a socket call said. */
int channel_errno(const struct channel *c, int ares_status);

/*
 * How long the first of n tries may last so that all of them, each twice as
 * long as the one before, fill total_ms.
 */
uint32_t channel_first_try_ms(uint32_t total_ms, unsigned int tries);

#endif
