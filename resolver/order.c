#include "config.h"

#include "resolver/order.h"

static bool before(const struct order_key *a, const struct order_key *b)
{
	if (a->rests != b->rests)
		return b->rests;
	if (a->cost != b->cost)
		return a->cost < b->cost;
	return a->random < b->random;
}

void order_sort(struct order_key *keys, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		struct order_key key = keys[i];
		size_t at = i;

		for (; at > 0 && before(&key, &keys[at - 1]); at--)
			keys[at] = keys[at - 1];
		keys[at] = key;
	}
}

static bool operator_was_asked(const struct quorum_vote *votes,
			       const bool *asked, size_t n, size_t i)
{
	for (size_t j = 0; j < n; j++)
		if (asked[j] && votes[j].operator == votes[i].operator)
			return true;
	return false;
}

size_t order_next(const struct quorum_vote *votes, const bool *asked,
		  size_t n, bool other_kind)
{
	size_t other = n, fresh = n, any = n;

	for (size_t i = n; i-- > 0;) {
		bool was = operator_was_asked(votes, asked, n, i);

		if (asked[i])
			continue;
		any = i;
		if (!was)
			fresh = i;
		/* A fresh operator of another kind is the best of these. */
		if (!votes[i].plain_dns && other_kind &&
		    (other == n || !was ||
		     operator_was_asked(votes, asked, n, other)))
			other = i;
	}
	if (other < n)
		return other;
	return fresh < n ? fresh : any;
}
