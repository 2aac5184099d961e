/*
 * binding - one STUN Binding request to one server, over UDP or TCP
 * (RFC 8489, sections 6.2.1 and 6.2.2).
 */
#ifndef RESOLVER_BINDING_H
#define RESOLVER_BINDING_H

#include "resolver/stun.h"
#include "resolver/talk.h"

struct binding_question {
	struct addr server;
	uint16_t port;
	struct egress egress; /* applied as it is */
	bool tcp;
	uint32_t timeout_ms;
};

struct binding_reply {
	int status; /* 0: addr; else -errno, and why for people */
	struct addr addr;
	const char *why;
	uint32_t rtt_us;
};

typedef void binding_done_fn(void *user, const struct binding_reply *reply);

/* All zero: nothing is asked, and binding_stop() is fine. */
struct binding {
	struct ev_loop *loop;
	struct binding_question question;
	uint8_t id[STUN_ID_SIZE];
	struct talk talk; /* UDP */
	ev_io io;	  /* TCP; fd is open while it is active */
	ev_timer timer;
	uint64_t begun_ns;
	unsigned int failures;
	int status;
	uint8_t *data; /* what has come by TCP; owned */
	size_t len;
	binding_done_fn *done;
	void *user;
};

/* 0 or -ENOMEM. done comes once, never from inside, and may stop it. */
int binding_start(struct binding *b, struct ev_loop *loop,
		  const struct binding_question *q, binding_done_fn *done,
		  void *user);
void binding_stop(struct binding *b);

#endif
