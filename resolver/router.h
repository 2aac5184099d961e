/*
 * router - the question to the router for its own address, by NAT-PMP or
 * PCP; from a fresh port, with a fresh nonce.
 */
#ifndef RESOLVER_ROUTER_H
#define RESOLVER_ROUTER_H

#include "resolver/pcp.h"
#include "resolver/talk.h"

struct router_question {
	bool pcp; /* else NAT-PMP */
	struct addr gateway;
	struct egress egress; /* its source is told in PCP */
	uint32_t timeout_ms;
};

struct router_reply {
	/*
	 * 0: it speaks, epoch_s is meant, and says addr, or that it has no
	 * public one (family 0). Else -errno.
	 */
	int status;
	struct addr addr;
	uint32_t epoch_s;
	const char *why; /* for people, where there is no addr */
	uint32_t rtt_us;
};

typedef void router_done_fn(void *user, const struct router_reply *reply);

/* All zero: nothing is asked, and router_stop() is fine. */
struct router {
	struct talk talk;
	struct router_question question;
	struct pcp_request pcp;
	router_done_fn *done;
	void *user;
};

/* done comes once, never from inside, and may stop it. */
void router_start(struct router *r, struct ev_loop *loop,
		  const struct router_question *q, router_done_fn *done,
		  void *user);
void router_stop(struct router *r);

#endif
