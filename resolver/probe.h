/*
 * probe - one question to one server, tried again at once where only the
 * kernel was not ready.
 *
 * RTM_NEWADDR comes before the address can be used, and the address before
 * its route: a send that fails for that in the first milliseconds is tried
 * a few times more, and only then a failure.
 */
#ifndef RESOLVER_PROBE_H
#define RESOLVER_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ev.h>

#include "net/ask.h"
#include "net/dns_msg.h"
#include "net/egress.h"
#include "net/gate.h"

struct route;

struct probe_question {
	const char *name; /* borrowed until the probe has begun */
	uint16_t type, class;
	struct addr server;
	uint16_t port;
	struct egress egress;
	bool choose;         /* egress_for() the server, by route */
	struct route *route; /* borrowed */
	struct gate *gate;   /* borrowed; NULL: begins at once */
	uint32_t timeout_ms; /* from when it begins */
	unsigned int tries;
	bool tcp; /* TCP from the start */
};

struct probe_reply {
	int status; /* as of ask_done_fn */
	const uint8_t *query;
	size_t query_len;
	const uint8_t *data;
	size_t len;
	uint32_t rtt_us;
};

typedef void probe_done_fn(void *user, const struct probe_reply *reply);

/* All zero: nothing is asked, and probe_stop() is fine. */
struct probe {
	struct gate_slot slot; /* first */
	struct ev_loop *loop;
	struct probe_question question;
	uint8_t query[DNS_QUERY_SIZE];
	size_t query_len;
	struct ask *ask;
	ev_timer timer;
	unsigned int failures;
	int status;
	uint64_t begun_ns;
	probe_done_fn *done;
	void *user;
};

/*
 * 0, or -EINVAL for a name that cannot be asked for, and no done. done comes
 * once, never from inside this call, and may stop the probe.
 */
int probe_start(struct probe *p, struct ev_loop *loop,
		const struct probe_question *q, probe_done_fn *done,
		void *user);
void probe_stop(struct probe *p);

#endif
