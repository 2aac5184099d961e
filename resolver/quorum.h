/*
 * quorum - what the answers of several reflectors come to.
 *
 * Pure.
 */
#ifndef RESOLVER_QUORUM_H
#define RESOLVER_QUORUM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/addr.h"
#include "resolver/resolver.h"

enum quorum_state {
	QUORUM_OPEN,   /* not asked, or not answered yet */
	QUORUM_FAILED, /* will say nothing that counts */
	QUORUM_SAID,   /* addr */
};

struct quorum_vote {
	unsigned int operator; /* equal numbers are one operator */
	bool plain_dns;
	enum quorum_state state;
	struct addr addr;
};

struct quorum_result {
	bool decided; /* no open vote can change the rest */
	enum resolver_seen seen;
	struct addr seen_as;
	bool dns_only;
};

/* How many operators must agree; 0 counts as 1. */
struct quorum_need {
	unsigned int seen;    /* on the candidate */
	unsigned int seen_as; /* on another address */
};

/*
 * The candidate itself may be confirmed by plain DNS alone; any other address
 * takes one voice of another kind, for a box that redirects port 53 makes
 * every name answer with its own view. An operator has one voice: its first
 * vote that said something.
 */
struct quorum_result quorum_judge(const struct addr *candidate,
				  const struct quorum_vote *votes, size_t n,
				  const struct quorum_need *need);

#endif
