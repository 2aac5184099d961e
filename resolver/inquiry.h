/*
 * inquiry - one reflector asked once, of whatever kind it is.
 */
#ifndef RESOLVER_INQUIRY_H
#define RESOLVER_INQUIRY_H

#include "resolver/binding.h"
#include "resolver/probe.h"
#include "resolver/reflector.h"
#include "resolver/router.h"
#include "resolver/whoami.h"

struct resolver;

struct inquiry_question {
	const char *text; /* as configured; borrowed, so are all pointers */
	const struct reflector *reflector;
	struct addr candidate;
	struct addr gateway;  /* family 0: none, or not known */
	struct egress egress; /* applied as it is */
	const char *ca_file;  /* NULL: the system's */
	uint32_t timeout_ms;
};

struct inquiry_reply {
	int status; /* 0: addr is to be believed; else -errno, and why */
	struct addr addr;
	const char *why;
	uint32_t rtt_us;
	/* The router says that it has no public address of its own. */
	bool no_public;
};

typedef void inquiry_done_fn(void *user, const struct inquiry_reply *reply);

/* All zero: nothing is asked, and inquiry_stop() is fine. */
struct inquiry {
	struct resolver *resolver;
	struct inquiry_question question;
	struct whoami_question whoami;
	struct addr server; /* REFLECTOR_STUN */
	int lookup_id, fetch_id; /* 0: none under way */
	struct probe probe;
	struct binding binding;
	struct router router;
	uint64_t begun_ns;
	inquiry_done_fn *done;
	void *user;
};

/*
 * 0; or -errno with a reason for people in why, and no done. done comes
 * once, never from inside this call, and may stop it.
 */
int inquiry_start(struct inquiry *i, struct resolver *r,
		  const struct inquiry_question *q, inquiry_done_fn *done,
		  void *user, char why[REFLECTOR_WHY_SIZE]);
void inquiry_stop(struct inquiry *i);

#endif
