/*
 * talk - a datagram to one server and its answer, sent again at growing
 * intervals until one comes or the time is over.
 *
 * Each talk has a connected socket, so a port, of its own: datagrams of
 * others do not get here. An address or a route that is only just coming is
 * waited for some milliseconds, as probe does.
 */
#ifndef RESOLVER_TALK_H
#define RESOLVER_TALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ev.h>

#include "base/addr.h"
#include "net/egress.h"

#define TALK_REQUEST_MAX 64
#define TALK_ANSWER_MAX	 2048 /* longer ones are dropped */

struct talk_question {
	struct addr server;
	uint16_t port;
	struct egress egress; /* applied as it is */
	uint32_t first_ms;    /* after the first sending, then doubled */
	uint32_t timeout_ms;
};

/* What the talk is about; user is the starter's. */
struct talk_about {
	/* Writes the request, once the port that it leaves from is known. */
	size_t (*build)(void *user, uint16_t port,
			uint8_t out[TALK_REQUEST_MAX]);
	/*
	 * A datagram has come. False: it is no answer, go on. True: it was,
	 * and the talk may be gone.
	 */
	bool (*take)(void *user, const uint8_t *data, size_t len);
	/* -errno; no answer will come. */
	void (*failed)(void *user, int status);
};

/* All zero: nothing is asked, and talk_stop() is fine. */
struct talk {
	struct ev_loop *loop;
	ev_io io; /* fd is open while it is active */
	ev_timer timer;
	struct talk_question question;
	const struct talk_about *about; /* borrowed */
	void *user;
	uint8_t request[TALK_REQUEST_MAX];
	size_t len;
	uint32_t wait_ms;
	uint64_t begun_ns, deadline_ns;
	unsigned int failures; /* to open it */
	int status;
};

/* Nothing is called from inside; take or failed follows, once at the end. */
void talk_start(struct talk *t, struct ev_loop *loop,
		const struct talk_question *q, const struct talk_about *about,
		void *user);
/* Sends another datagram and expects nothing of it. */
void talk_say(struct talk *t, const uint8_t *data, size_t len);
uint32_t talk_rtt_us(const struct talk *t);
void talk_stop(struct talk *t);

/*
 * Worth another try: the address that we leave from, or the route, may be a
 * moment away.
 */
bool talk_may_come(int error, unsigned int failures, double *ret_delay_s);

#endif
