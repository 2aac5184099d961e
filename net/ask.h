/*
 * ask - one DNS question to one server at one address, by c-ares on libev.
 *
 * UDP, and TCP where the answer is truncated. Each question has a socket, so
 * a port, of its own, bound by egress_apply().
 */
#ifndef NET_ASK_H
#define NET_ASK_H

#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "net/egress.h"

struct ev_loop;
struct ask;

struct ask_question {
	struct addr server;
	uint16_t port;
	struct egress egress; /* applied as it is: see egress_for() */
	const uint8_t *query; /* copied */
	size_t query_len;
	uint32_t timeout_ms;  /* the whole question, tries and TCP included */
	unsigned int tries;
	bool tcp;             /* TCP from the start */
};

/*
 * status 0: a message that dns_answer_open() accepts for the query; data is
 * borrowed for the call. Else -ETIMEDOUT, -ECONNREFUSED, -ENETUNREACH,
 * -EADDRNOTAVAIL, … and no data.
 */
typedef void ask_done_fn(void *user, int status, const uint8_t *data,
			 size_t len);

/*
 * 0 and a question to be freed by the caller, in done or any time; done comes
 * once at most, never from inside this call, never after ask_free(). Or
 * -errno and no done.
 */
int ask_start(struct ev_loop *loop, const struct ask_question *q,
	      ask_done_fn *done, void *user, struct ask **ret);
void ask_free(struct ask *a);

#endif
