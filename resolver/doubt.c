#include "config.h"

#include "base/addr_class.h"
#include "resolver/doubt.h"

static bool is_inside(const struct addr *a)
{
	switch (addr_class(a, NULL)) {
	case ADDR_PRIVATE:
	case ADDR_SHARED:
	case ADDR_UNIQUE_LOCAL:
	case ADDR_LINK_LOCAL:
	case ADDR_LOOPBACK:
		return true;
	case ADDR_GLOBAL:
	case ADDR_DOCUMENTATION:
	case ADDR_MULTICAST:
	case ADDR_SPECIAL:
	case ADDR_NONE:
		break;
	}
	return false;
}

enum resolver_doubt doubt_of(const struct said *s, const struct addr *from,
			     bool global)
{
	bool inside = false;

	if (s->outcome == RESOLVER_INTERCEPTED)
		return RESOLVER_NO_AA;
	if (s->outcome != RESOLVER_ANSWERED && s->outcome != RESOLVER_CNAME)
		return RESOLVER_SURE;
	for (size_t i = 0; i < s->n_addrs; i++)
		inside = inside || is_inside(&s->addrs[i]);
	/*
	 * A server within that speaks of what is within may well hold the
	 * zone: its inner half, which the world does not see.
	 */
	if (global && inside)
		return is_inside(from) ? RESOLVER_INSIDE : RESOLVER_PRIVATE;
	return s->ra ? RESOLVER_RA : RESOLVER_SURE;
}

enum doubt_end doubt_settle(enum resolver_doubt doubt, enum doubt_proof soa,
			    enum doubt_proof tcp)
{
	switch (doubt) {
	case RESOLVER_SURE:
		return DOUBT_BELIEVED;
	case RESOLVER_INSIDE:
		return DOUBT_CONFIRMED;
	case RESOLVER_NO_AA:
		/* Never what it said; the server itself may be heard by TCP. */
		if (tcp == PROOF_OPEN)
			return DOUBT_OPEN;
		return tcp == PROOF_GIVEN ? DOUBT_BELIEVED_TCP
					  : DOUBT_CONFIRMED;
	case RESOLVER_RA:
	case RESOLVER_PRIVATE:
		break;
	}
	if (soa == PROOF_GIVEN)
		return DOUBT_BELIEVED;
	if (tcp == PROOF_GIVEN)
		return DOUBT_BELIEVED_TCP;
	if (soa == PROOF_OPEN || tcp == PROOF_OPEN)
		return DOUBT_OPEN;
	return DOUBT_CONFIRMED;
}
