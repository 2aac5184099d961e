/*
 * op - one question of the resolver's caller: its id, its place in the list,
 * and what all kinds of question share.
 *
 * Private to resolver/.
 */
#ifndef RESOLVER_OP_H
#define RESOLVER_OP_H

#include <stdint.h>

#include "net/gate.h"
#include "resolver/resolver.h"
#include "resolver/rest.h"

struct ev_loop;
struct lookup;
struct op;
struct route;
struct zones;

/* Ends whatever is under way and frees it; it is off the list already. */
typedef void op_free_fn(struct op *op);

/* First in each kind's struct. */
struct op {
	struct op *next;
	struct resolver *resolver;
	int id;
	op_free_fn *free;
};

struct resolver {
	struct ev_loop *loop;
	struct route *route;
	struct lookup *lookup;
	struct zones *zones;
	struct gate gate;   /* of the questions to name servers */
	struct gate checks; /* of the names asked about */
	uint32_t timeout_ms;
	unsigned int tries;
	const struct resolver_fetcher *fetcher; /* NULL: none */
	struct rest rest;
	resolver_rests_fn *rests;
	void *rests_user;
	struct op *ops;
	int last_id;
};

/* Puts it on the list; its id. */
int op_enter(struct resolver *r, struct op *op, op_free_fn *free);
/* Takes it off, so that its answer may be told. */
void op_leave(struct op *op);

#endif
