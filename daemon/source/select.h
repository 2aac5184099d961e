/*
 * select - which of an interface's addresses to publish, and why not the
 * others.
 *
 * Pure.
 */
#ifndef DAEMON_SELECT_H
#define DAEMON_SELECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "config/config.h"
#include "monitor/monitor.h"

struct select_policy {
	int family;
	enum config_temporary temporary; /* IPv6 only */
	bool scope_any;                  /* private and ULA too */
	uint64_t now_ms;                 /* monotonic */
	/* The kernel's source for a global destination; family 0: unknown. */
	struct addr kernel_choice;
	struct addr current; /* chosen before; family 0: none */
};

enum select_reason {
	SELECT_CHOSEN,
	SELECT_USABLE, /* fit, but another one is better */
	/* The rest are losers. */
	SELECT_FAMILY,
	SELECT_TENTATIVE,
	SELECT_DADFAILED,
	SELECT_DEPRECATED,
	SELECT_LINK_LOCAL,
	SELECT_NOT_UNICAST, /* multicast, anycast, loopback, unspecified */
	SELECT_PRIVATE,     /* RFC 1918, when global is wanted */
	SELECT_SHARED,      /* 100.64/10: carrier NAT */
	SELECT_UNIQUE_LOCAL,
	SELECT_SPECIAL,     /* another entry of IANA's registries */
	SELECT_TEMPORARY,   /* a privacy address, and none is wanted */
	SELECT_NOT_TEMPORARY, /* and only privacy addresses are wanted */
};

struct select_entry {
	const struct monitor_addr *addr; /* borrowed */
	enum select_reason reason;
};

/*
 * Ranks n addresses into out (room for n): those that are fit first, best
 * first, the first of them SELECT_CHOSEN, then the losers in their order.
 * Returns how many are fit.
 *
 * IPv4: the kernel's own choice, then primary before secondary, then the
 * current one, then the order of announcement. IPv6: as ipv6-temporary
 * says, then the longest preferred lifetime, where the current one keeps
 * its place unless another's is for ever or more than twice as long, or the
 * kernel chooses one of another /64 that lives as long by that measure; then
 * the kernel's choice, then the order of announcement.
 */
size_t select_rank(const struct select_policy *p,
		   const struct monitor_addr *addrs, size_t n,
		   struct select_entry *out);

/* For people: "tentative (DAD under way)", "temporary (privacy) address"… */
const char *select_reason_text(enum select_reason r);

#endif
