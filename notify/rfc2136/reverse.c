#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "notify/rfc2136/reverse.h"

#define IPV4_TAIL "in-addr.arpa"
#define IPV6_TAIL "ip6.arpa"
/* A /16, and a /32. */
#define IPV4_LABELS_LEAST 2
#define IPV6_LABELS_LEAST 8

void reverse_name(const struct addr *a, char out[DOMAIN_SIZE])
{
	size_t at = 0;

	for (size_t i = addr_len(a->family); i-- > 0;) {
		unsigned int byte = a->bytes[i];

		at += (size_t)(a->family == AF_INET
				       ? snprintf(out + at, DOMAIN_SIZE - at,
						  "%u.", byte)
				       : snprintf(out + at, DOMAIN_SIZE - at,
						  "%x.%x.", byte & 15,
						  byte >> 4));
	}
	(void)snprintf(out + at, DOMAIN_SIZE - at, "%s",
		       a->family == AF_INET ? IPV4_TAIL : IPV6_TAIL);
}

int reverse_data(const char *name, uint8_t out[REVERSE_DATA_MAX])
{
	size_t at = 0;

	while (*name) {
		size_t len = strcspn(name, ".");

		/* The root's own byte must still fit. */
		if (len == 0 || len > 63 || at + len + 2 > REVERSE_DATA_MAX)
			return -EINVAL;
		out[at++] = (uint8_t)len;
		memcpy(out + at, name, len);
		at += len;
		name += len + (name[len] == '.');
	}
	out[at++] = 0;
	return (int)at;
}

static bool is_below(const char *zone, const char *tail, size_t least)
{
	size_t len = strlen(zone), end = strlen(tail), dots = 0;

	if (len <= end || strcmp(zone + len - end, tail) != 0)
		return false;
	for (size_t i = 0; i < len - end; i++)
		dots += zone[i] == '.';
	return dots >= least;
}

bool reverse_zone_is_local(const char *zone)
{
	return is_below(zone, "." IPV4_TAIL, IPV4_LABELS_LEAST - 1) ||
	       is_below(zone, "." IPV6_TAIL, IPV6_LABELS_LEAST - 1);
}
