/*
 * addr_class - what IANA's special-purpose registries say of an address.
 *
 * Pure. The table's date is ADDR_CLASS_DATE.
 */
#ifndef BASE_ADDR_CLASS_H
#define BASE_ADDR_CLASS_H

#include <stdbool.h>

#include "base/addr.h"

/*
 * When both registries were last updated, as the table holds them (RFC 6890,
 * RFC 8190 and their updates): the date at the head of
 * iana.org/assignments/iana-ipv4-special-registry and its IPv6 sister.
 */
#define ADDR_CLASS_DATE "2025-10-09"

enum addr_class {
	ADDR_GLOBAL,        /* global unicast: fit for everybody */
	ADDR_PRIVATE,       /* RFC 1918 */
	ADDR_SHARED,        /* 100.64/10, RFC 6598, and 192.0.0.0/29, RFC 7335 */
	ADDR_UNIQUE_LOCAL,  /* fc00::/7, RFC 4193 */
	ADDR_LINK_LOCAL,    /* 169.254/16, fe80::/10 */
	ADDR_LOOPBACK,      /* 127/8, ::1 */
	ADDR_DOCUMENTATION, /* 192.0.2/24 and friends, 2001:db8::/32, 3fff::/20 */
	ADDR_MULTICAST,
	ADDR_SPECIAL,       /* any other entry that is not globally reachable */
	ADDR_NONE,          /* no address at all */
};

/*
 * The class, and in *ret_name (may be NULL) the registry entry's name, or
 * NULL for a global one.
 */
enum addr_class addr_class(const struct addr *a, const char **ret_name);

#endif
