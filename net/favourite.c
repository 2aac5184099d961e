#include "config.h"

#include "net/favourite.h"

bool favourite_has(const struct favourite *f, uint64_t now_ns)
{
	return f->addr.family != 0 && now_ns < f->until_ns;
}

void favourite_note(struct favourite *f, const struct addr *addr,
		    uint16_t port, uint64_t now_ns)
{
	if (addr->family == 0)
		return;
	/* That it goes on answering does not make it the first for ever. */
	if (favourite_has(f, now_ns) && f->port == port &&
	    addr_equal(&f->addr, addr))
		return;
	*f = (struct favourite){
		.addr = *addr, .port = port,
		.until_ns = now_ns + FAVOURITE_S * 1000000000ULL,
	};
}
