#include "config.h"

#include <string.h>
#include <strings.h>

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

	/* A resolver that does not care to answer this is one as well. */
	if (s->outcome == RESOLVER_INTERCEPTED ||
	    (s->outcome == RESOLVER_LAME && s->ra))
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

bool doubt_is_resolver(const char *version)
{
	static const char *const programs[] = {
		"dnsmasq", "unbound", "PowerDNS Recursor", "Knot Resolver",
		"AdGuard", "Pi-hole",
	};

	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++)
		if (strncasecmp(version, programs[i],
				strlen(programs[i])) == 0)
			return true;
	return false;
}

enum doubt_end doubt_settle(enum resolver_doubt doubt,
			    const struct doubt_proofs *p)
{
	switch (doubt) {
	case RESOLVER_SURE:
		return DOUBT_BELIEVED;
	case RESOLVER_INSIDE:
		return DOUBT_CONFIRMED;
	case RESOLVER_RA:
	case RESOLVER_PRIVATE:
		if (p->soa == PROOF_GIVEN && p->ident == PROOF_GIVEN)
			return DOUBT_BELIEVED;
		if (p->tcp == PROOF_GIVEN)
			return DOUBT_BELIEVED_TCP;
		if (p->soa != PROOF_FAILED && p->ident != PROOF_FAILED)
			return DOUBT_OPEN;
		break;
	case RESOLVER_NO_AA:
		/* Never what it said; the server itself may be heard by TCP. */
		break;
	}
	if (p->tcp == PROOF_OPEN)
		return DOUBT_OPEN;
	return p->tcp == PROOF_GIVEN ? DOUBT_BELIEVED_TCP : DOUBT_CONFIRMED;
}
