#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>

#include "base/str.h"
#include "notify/types/digest.h"

static const EVP_MD *method(enum digest_kind kind)
{
	switch (kind) {
	case DIGEST_MD5:
		return EVP_md5();
	case DIGEST_SHA1:
		return EVP_sha1();
	case DIGEST_SHA256:
		return EVP_sha256();
	case DIGEST_NONE:
	default:
		return NULL;
	}
}

int digest_hash(enum digest_kind kind, const void *data, size_t len,
		uint8_t ret[DIGEST_MAX], size_t *ret_len)
{
	unsigned int n = 0;

	if (EVP_Digest(data, len, ret, &n, method(kind), NULL) != 1)
		return -EIO;
	*ret_len = n;
	return 0;
}

int digest_hmac(enum digest_kind kind, const void *key, size_t key_len,
		const void *data, size_t len, uint8_t ret[DIGEST_MAX],
		size_t *ret_len)
{
	unsigned int n = 0;

	if (!HMAC(method(kind), key, (int)key_len, data, len, ret, &n))
		return -EIO;
	*ret_len = n;
	return 0;
}

static void encode_hex(const uint8_t *data, size_t len, struct buf *out)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		const char two[2] = { digits[data[i] >> 4],
				      digits[data[i] & 15] };

		buf_add(out, two, 2);
	}
}

static void encode_base64(const uint8_t *data, size_t len, bool url,
			  struct buf *out)
{
	const char *digits =
		url ? "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
		      "0123456789-_"
		    : "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
		      "0123456789+/";

	for (size_t i = 0; i < len; i += 3) {
		size_t left = len - i < 3 ? len - i : 3;
		uint32_t v = (uint32_t)data[i] << 16;
		char four[4];

		if (left > 1)
			v |= (uint32_t)data[i + 1] << 8;
		if (left > 2)
			v |= data[i + 2];
		four[0] = digits[v >> 18 & 63];
		four[1] = digits[v >> 12 & 63];
		four[2] = left > 1 ? digits[v >> 6 & 63] : '=';
		four[3] = left > 2 ? digits[v & 63] : '=';
		buf_add(out, four, url ? left + 1 : 4);
	}
}

void digest_encode(enum digest_encoding e, const void *data, size_t len,
		   struct buf *out)
{
	switch (e) {
	case DIGEST_HEX:
		encode_hex(data, len, out);
		break;
	case DIGEST_BASE64:
		encode_base64(data, len, false, out);
		break;
	case DIGEST_BASE64URL:
		encode_base64(data, len, true, out);
		break;
	case DIGEST_PLAIN:
	default:
		buf_add(out, data, len);
		break;
	}
}

static EVP_PKEY *read_key(const char *pem)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	EVP_PKEY *key;

	if (!bio)
		return NULL;
	/* No callback and an empty password: nobody is asked on a terminal. */
	key = PEM_read_bio_PrivateKey(bio, NULL, NULL, (void *)(uintptr_t)"");
	(void)BIO_free(bio);
	return key;
}

static int sign_rs256(EVP_PKEY *key, const void *data, size_t len,
		      struct buf *out)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char *sig = NULL;
	size_t n = 0;
	int r = -EIO;

	if (!ctx)
		return -ENOMEM;
	if (EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) != 1 ||
	    EVP_DigestSign(ctx, NULL, &n, data, len) != 1)
		goto out;
	sig = malloc(n);
	if (!sig) {
		r = -ENOMEM;
	} else if (EVP_DigestSign(ctx, sig, &n, data, len) == 1) {
		digest_encode(DIGEST_BASE64URL, sig, n, out);
		r = 0;
	}
out:
	free(sig);
	EVP_MD_CTX_free(ctx);
	return r;
}

int digest_jwt_rs256(const char *claims, size_t len, const char *pem,
		     struct buf *out)
{
	static const char header[] = "{\"alg\":\"RS256\",\"typ\":\"JWT\"}";
	struct buf b = BUF_INIT(65536);
	EVP_PKEY *key = read_key(pem);
	int r = -EINVAL;

	if (!key || EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA)
		goto out;
	digest_encode(DIGEST_BASE64URL, header, sizeof(header) - 1, &b);
	buf_add_str(&b, ".");
	digest_encode(DIGEST_BASE64URL, claims, len, &b);
	r = -ENOMEM;
	if (b.failed)
		goto out;
	buf_add(out, b.data, b.len);
	buf_add_str(out, ".");
	r = sign_rs256(key, b.data, b.len, out);
	if (r == 0 && out->failed)
		r = -ENOMEM;
out:
	EVP_PKEY_free(key);
	buf_wipe(&b);
	return r;
}
