/*
 * fuzz_quorum - a byte per vote, counted here the simple way: nothing wins
 * without its quorum, and what is decided is never changed by what was open.
 */
#include "config.h"

#include <stdlib.h>

#include "resolver/order.h"
#include "resolver/quorum.h"

#define MOST 8
#define OPERATORS 8

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Operators whose first word is this address; with one that is no DNS? */
static unsigned int voices(const struct quorum_vote *votes, size_t n,
			   const struct addr *addr, bool *ret_other)
{
	unsigned int found = 0;

	*ret_other = false;
	for (unsigned int o = 0; o < OPERATORS; o++)
		for (size_t i = 0; i < n; i++) {
			if (votes[i].operator != o ||
			    votes[i].state != QUORUM_SAID)
				continue;
			found += addr_equal(&votes[i].addr, addr);
			break;
		}
	for (size_t i = 0; i < n; i++)
		if (votes[i].state == QUORUM_SAID && !votes[i].plain_dns &&
		    addr_equal(&votes[i].addr, addr))
			*ret_other = true;
	return found;
}

static void check(const struct quorum_vote *votes, size_t n,
		  const struct quorum_need *need)
{
	static const struct addr candidate = { AF_INET, { 192, 0, 2, 1 } };
	struct quorum_vote later[MOST];
	struct quorum_result q, after;
	bool other;

	q = quorum_judge(&candidate, votes, n, need);
	if (q.seen == RESOLVER_SEEN &&
	    voices(votes, n, &candidate, &other) < need->seen)
		abort();
	if (q.seen == RESOLVER_SEEN_AS &&
	    (voices(votes, n, &q.seen_as, &other) < need->seen_as || !other))
		abort();
	if (!q.decided)
		return;
	for (size_t i = 0; i < n; i++) {
		later[i] = votes[i];
		if (later[i].state == QUORUM_OPEN)
			later[i].state = QUORUM_FAILED;
	}
	after = quorum_judge(&candidate, later, n, need);
	if (!after.decided || after.seen != q.seen)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct quorum_vote votes[MOST] = { 0 };
	struct quorum_need need;
	bool asked[MOST];
	size_t n = 0, next;

	if (len < 2)
		return 0;
	need.seen = 1 + data[0] % 4;
	need.seen_as = 1 + data[1] % 4;
	for (; n < MOST && n + 2 < len; n++) {
		uint8_t b = data[n + 2];

		votes[n].operator = b >> 4 & (OPERATORS - 1);
		votes[n].plain_dns = b >> 7;
		votes[n].state = (b & 3) == 0 ? QUORUM_OPEN :
				 (b & 3) == 1 ? QUORUM_FAILED : QUORUM_SAID;
		votes[n].addr = (struct addr){ AF_INET,
					       { 192, 0, 2,
						 1 + (b >> 2 & 3) } };
		asked[n] = votes[n].state != QUORUM_OPEN;
	}
	check(votes, n, &need);
	next = order_next(votes, asked, n, data[0] & 0x80);
	if (next > n || (next < n && asked[next]))
		abort();
	return 0;
}
