/*
 * digest - hashes, signatures and encodings that providers ask for (pure).
 */
#ifndef NOTIFY_DIGEST_H
#define NOTIFY_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define DIGEST_MAX 64

enum digest_kind { DIGEST_NONE, DIGEST_MD5, DIGEST_SHA1, DIGEST_SHA256 };

enum digest_encoding {
	DIGEST_PLAIN,
	DIGEST_HEX,
	DIGEST_BASE64,
	DIGEST_BASE64URL, /* without "=" (RFC 7515) */
};

/* 0 or -EIO (libcrypto would not, as MD5 under FIPS rules). */
int digest_hash(enum digest_kind kind, const void *data, size_t len,
		uint8_t ret[DIGEST_MAX], size_t *ret_len);
int digest_hmac(enum digest_kind kind, const void *key, size_t key_len,
		const void *data, size_t len, uint8_t ret[DIGEST_MAX],
		size_t *ret_len);

/* Appends. */
void digest_encode(enum digest_encoding e, const void *data, size_t len,
		   struct buf *out);

/*
 * The compact form of a token with these claims (RFC 7519), signed with
 * RS256 by the private key in PEM. 0, -EINVAL (no such key), -ENOMEM, -EIO.
 */
int digest_jwt_rs256(const char *claims, size_t len, const char *pem,
		     struct buf *out);

#endif
