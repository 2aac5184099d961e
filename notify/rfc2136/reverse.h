/*
 * reverse - the reverse name of an address (pure).
 */
#ifndef NOTIFY_REVERSE_H
#define NOTIFY_REVERSE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "config/domain.h"

/* Longest name on the wire (RFC 1035, section 3.1). */
#define REVERSE_DATA_MAX 255

/* "7.2.0.192.in-addr.arpa", "….ip6.arpa" (RFC 3596, section 2.5). */
void reverse_name(const struct addr *a, char out[DOMAIN_SIZE]);

/* What a PTR record to name holds. Its length, or -EINVAL. */
int reverse_data(const char *name, uint8_t out[REVERSE_DATA_MAX]);

/*
 * May a zone be somebody's who runs gateways? Those of registries, such as
 * 192.in-addr.arpa, are not even asked.
 */
bool reverse_zone_is_local(const char *zone);

#endif
