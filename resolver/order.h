/*
 * order - which reflectors are asked first, and which one next.
 *
 * Pure.
 */
#ifndef RESOLVER_ORDER_H
#define RESOLVER_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "resolver/quorum.h"

struct order_key {
	bool rests;
	unsigned int cost;
	uint32_t random; /* among equals; the same for all: as they stand */
	size_t index;    /* which one this is */
};

/* Those that rest come last, then by cost; equals are drawn by lot. */
void order_sort(struct order_key *keys, size_t n);

/*
 * The next to ask, of those not asked yet: one that is not plain DNS where
 * other_kind, else the first of an operator that was not asked yet, else the
 * first. n: there is none.
 */
size_t order_next(const struct quorum_vote *votes, const bool *asked,
		  size_t n, bool other_kind);

#endif
