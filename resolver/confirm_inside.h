/*
 * confirm_inside - what confirm.c and confirm_list.c share; nobody else looks.
 */
#ifndef RESOLVER_CONFIRM_INSIDE_H
#define RESOLVER_CONFIRM_INSIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ev.h>

#include "resolver/inquiry.h"
#include "resolver/op.h"
#include "resolver/quorum.h"
#include "resolver/reflector.h"
#include "resolver/resolver.h"

struct confirm_slot {
	struct confirm *confirm;
	char *text;
	struct reflector reflector;
	int error; /* of its text */
	struct inquiry *inquiry; /* NULL: not asked */
	size_t said; /* its reflection, once asked */
	bool blame;  /* it was really asked, and has failed */
};

struct confirm {
	struct op op;
	struct resolver_confirm question;
	char *ca_file;
	bool shut_in; /* nobody can see such a candidate as it is */
	struct quorum_need need;
	uint64_t deadline_ns;
	ev_timer timer;
	bool timer_ends; /* it is set to the deadline */
	struct confirm_slot *slots; /* in the order of asking */
	struct quorum_vote *votes;  /* of each slot */
	bool *asked;		    /* each slot */
	size_t n;
	struct resolver_reflection *reflections; /* as they were asked */
	size_t n_asked;
	bool router_shut_in;
	inquiry_done_fn *answered; /* of each slot */
	resolver_confirm_fn *done;
	void *user;
};

/* Fills slots and votes, in the order of asking. 0 or -ENOMEM. */
int confirm_take_list(struct confirm *c, const struct resolver_confirm *q,
		      size_t n);

/* By which a reflector is remembered; to be freed. NULL: no memory. */
char *confirm_slot_key(const struct confirm_slot *s);

#endif
