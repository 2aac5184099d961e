/*
 * natpmp - the router's own address by NAT-PMP (RFC 6886).
 *
 * Pure.
 */
#ifndef RESOLVER_NATPMP_H
#define RESOLVER_NATPMP_H

#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

#define NATPMP_PORT	    5351 /* PCP's too */
#define NATPMP_REQUEST_SIZE 2
#define NATPMP_FIRST_MS	    250 /* between tries, then doubled: 3.1 */

/* The public address request (3.2). */
extern const uint8_t natpmp_request[NATPMP_REQUEST_SIZE];

struct natpmp_answer {
	unsigned int result; /* 0: success; 3: it has no address now */
	uint32_t epoch_s;    /* since the router's mappings were made */
	struct addr addr;    /* family 0 where result is not 0 */
};

#define NATPMP_UNSUPPORTED_VERSION 1
#define NATPMP_NETWORK_FAILURE	   3

/* 0, or -EAGAIN where it is no answer to natpmp_request. */
int natpmp_read(const uint8_t *data, size_t len, struct natpmp_answer *ret);

/* "not authorized", … for a result. */
const char *natpmp_result_text(unsigned int result);

#endif
