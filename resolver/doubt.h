/*
 * doubt - may what a server answered be taken for its own words?
 *
 * A box that redirects port 53, and a resolver that rewrites names, can set
 * AA as easily as they can lie. A server that holds the zone can prove it:
 * it knows the zone's SOA, or says the same by TCP.
 *
 * Pure.
 */
#ifndef RESOLVER_DOUBT_H
#define RESOLVER_DOUBT_H

#include <stdbool.h>

#include "resolver/said.h"

/*
 * Why the answer is not believed as it stands. from is the server's address;
 * global: addresses that the whole world can reach are wanted.
 */
enum resolver_doubt doubt_of(const struct said *s, const struct addr *from,
			     bool global);

/* A proof that was asked for. */
enum doubt_proof {
	PROOF_OPEN, /* not asked for yet, or no answer yet */
	PROOF_GIVEN,
	PROOF_FAILED,
};

struct doubt_proofs {
	enum doubt_proof soa;   /* the zone's, with AA */
	enum doubt_proof ident; /* it does not say that it is a resolver */
	enum doubt_proof tcp;   /* by TCP there is nothing to doubt */
};

/*
 * Is this, in answer to version.bind, the name of a program that resolves
 * and rewrites but serves no zones? Such a one passes on the SOA, and even
 * its AA, of a server that it may reach where we do not.
 */
bool doubt_is_resolver(const char *version);

enum doubt_end {
	DOUBT_OPEN,        /* one of the proofs must be waited for */
	DOUBT_BELIEVED,    /* what it said at first stands */
	DOUBT_BELIEVED_TCP, /* what it said by TCP does */
	DOUBT_CONFIRMED,   /* somebody else answered in its place */
};

/* What the proofs come to, for an answer in doubt. */
enum doubt_end doubt_settle(enum resolver_doubt doubt,
			    const struct doubt_proofs *p);

#endif
