/*
 * tsig - transaction signatures (RFC 8945) (pure).
 *
 * Signed with libcrypto's HMAC, its key set once; verified by ldns.
 */
#ifndef NOTIFY_TSIG_H
#define NOTIFY_TSIG_H

#include <stdint.h>

#include <ldns/ldns.h>

/* Seconds that the clocks may differ; what everybody uses. */
#define TSIG_FUDGE_S 300

/* Extended rcodes, RFC 8945, section 3. */
enum tsig_error {
	TSIG_BADSIG = 16,
	TSIG_BADKEY = 17,
	TSIG_BADTIME = 18,
	TSIG_BADTRUNC = 22,
};

/* The longest signature, and the longest record that holds one. */
#define TSIG_MAC_MAX 64
#define TSIG_SIZE_MAX (255 + 10 + 16 + 16 + TSIG_MAC_MAX)

struct tsig_key {
	char name[257];     /* lower case, with the final dot */
	char algorithm[16]; /* "hmac-sha256." */
	char *secret;       /* base64; wiped by tsig_key_done() */
	uint8_t name_wire[255], algorithm_wire[16];
	size_t name_len, algorithm_len;
	void *mac; /* libcrypto's, with the key in it */
	bool ready; /* it may begin with a message at once */
};

/* NULL-ended: what ldns can do. */
extern const char *const tsig_algorithms[];

/* 0, -EINVAL: no name, an algorithm not above, no base64; or -ENOMEM. */
int tsig_key_init(struct tsig_key *k, const char *name, const char *algorithm,
		  const char *secret);
void tsig_key_done(struct tsig_key *k);

/* Does of the next signature what needs no message. */
void tsig_key_ready(struct tsig_key *k);

/*
 * Signs the len bytes of a request and adds the record, for which there must
 * be TSIG_SIZE_MAX bytes of room; *ret_mac is the signature, to verify the
 * reply with. 0, or -EINVAL.
 */
int tsig_sign(uint8_t *wire, size_t *len, size_t size,
	      struct tsig_key *k, int64_t now_s,
	      uint8_t ret_mac[TSIG_MAC_MAX], size_t *ret_mac_len);

enum tsig_verdict {
	TSIG_GOOD,
	TSIG_ABSENT,
	TSIG_WRONG,    /* another key, signature or time: not to be believed */
	TSIG_UNSIGNED_ERROR, /* BADSIG, BADKEY: cannot be signed (5.3.2) */
};

struct tsig_answer {
	enum tsig_verdict verdict;
	uint16_t error;   /* an enum tsig_error; 0 */
	int64_t server_s; /* the server's clock, where it was told */
};

/* pkt is wire, parsed; mac that of the request. */
struct tsig_answer tsig_verify(ldns_pkt *pkt, const uint8_t *wire, size_t len,
			       const struct tsig_key *k, const uint8_t *mac,
			       size_t mac_len, int64_t now_s);

#endif
