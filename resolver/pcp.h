/*
 * pcp - the router's own address by a short-lived mapping (RFC 6887).
 *
 * Pure. PCP tells its external address with a mapping only, so one is made
 * of the very port that asks, behind which nobody listens, and taken back.
 */
#ifndef RESOLVER_PCP_H
#define RESOLVER_PCP_H

#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

#define PCP_REQUEST_SIZE 60   /* a MAP request without options */
#define PCP_NONCE_SIZE	 12
#define PCP_FIRST_MS	 500  /* between tries, then doubled */
#define PCP_LIFETIME_S	 120  /* should the taking back be lost */
#define PCP_MESSAGE_MAX	 1100 /* section 7 */

struct pcp_request {
	struct addr client; /* whom it is sent from: section 8.1 */
	uint16_t port;	    /* of ours */
	uint8_t nonce[PCP_NONCE_SIZE];
	uint32_t lifetime_s; /* 0: take it back */
};

struct pcp_answer {
	unsigned int result; /* 0: success */
	uint32_t epoch_s;
	struct addr addr; /* family 0 where result is not 0 */
};

#define PCP_UNSUPPORTED_VERSION	  1
#define PCP_NETWORK_FAILURE	  7

void pcp_request_build(const struct pcp_request *q,
		       uint8_t out[PCP_REQUEST_SIZE]);

/*
 * 0, or -EAGAIN where it is no answer to this request: its nonce, port and
 * protocol are checked, in errors too (11.4).
 */
int pcp_read(const struct pcp_request *q, const uint8_t *data, size_t len,
	     struct pcp_answer *ret);

const char *pcp_result_text(unsigned int result);

#endif
