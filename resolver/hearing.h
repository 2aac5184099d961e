/*
 * hearing - one server is heard about a name: asked by UDP, and, where its
 * answer is in doubt, for the proofs of doubt.h in the same burst.
 *
 * Private to resolver/.
 */
#ifndef RESOLVER_HEARING_H
#define RESOLVER_HEARING_H

#include <stdbool.h>
#include <stdint.h>

#include "resolver/doubt.h"
#include "resolver/probe.h"
#include "resolver/resolver.h"

struct ev_loop;

struct hearing_question {
	struct probe_question probe; /* name borrowed until it has ended */
	int family;
	const char *zone; /* whose SOA is the proof; NULL: not known */
	bool global;      /* private addresses are suspect */
	/* It was in doubt before: its proof is asked for at once. */
	bool doubted;
};

/* *out is filled: outcome, addresses and so on, to be freed by the caller. */
typedef void hearing_done_fn(void *user);

/* All zero: nothing is asked, and hearing_stop() is fine. */
struct hearing {
	struct ev_loop *loop;
	struct hearing_question question;
	struct probe udp, soa, ident, tcp;
	enum resolver_doubt doubt;
	enum resolver_outcome first; /* by UDP, believed or not */
	bool answered; /* by UDP */
	bool early; /* its proofs were asked for at once */
	struct doubt_proofs proofs;
	struct resolver_server *out;
	hearing_done_fn *done;
	void *user;
};

/*
 * 0 or -errno and no done. done comes once, never from inside this call, and
 * may stop the hearing. out is borrowed until then.
 */
int hearing_start(struct hearing *h, struct ev_loop *loop,
		  const struct hearing_question *q,
		  struct resolver_server *out, hearing_done_fn *done,
		  void *user);
void hearing_stop(struct hearing *h);
/* Or does it wait for its turn? */
bool hearing_has_begun(const struct hearing *h);

#endif
