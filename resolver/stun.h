/*
 * stun - a STUN Binding request, and what its answer says (RFC 8489).
 *
 * Pure. Without authentication, as public servers have it.
 */
#ifndef RESOLVER_STUN_H
#define RESOLVER_STUN_H

#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

#define STUN_PORT	  3478
#define STUN_HEADER_SIZE  20
#define STUN_REQUEST_SIZE 28 /* the header, and a FINGERPRINT */
#define STUN_ID_SIZE	  12
#define STUN_WHY_SIZE	  80
/* Longest message that is taken from TCP. */
#define STUN_MESSAGE_MAX  2048

void stun_request(const uint8_t id[STUN_ID_SIZE],
		  uint8_t out[STUN_REQUEST_SIZE]);

/*
 * How long is the message that begins so (STUN_HEADER_SIZE bytes)? -EBADMSG
 * where no STUN message does, or only one longer than STUN_MESSAGE_MAX.
 */
int stun_length(const uint8_t header[STUN_HEADER_SIZE]);

/*
 * 0 and the address that the server saw. -EAGAIN where it is no answer to
 * this request, so that a forged one ends nothing; else another -errno: it
 * is, and holds no address, with a reason for people in why.
 */
int stun_read(const uint8_t id[STUN_ID_SIZE], const uint8_t *data, size_t len,
	      struct addr *ret, char why[STUN_WHY_SIZE]);

#endif
