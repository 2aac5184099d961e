#include "config.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "base/str.h"
#include "notify/rfc2136/key_file.h"
#include "notify/rfc2136/tsig.h"

/* The fields of a TSIG record (RFC 8945, section 4.2). */
enum tsig_field {
	FIELD_ALGORITHM,
	FIELD_TIME,
	FIELD_FUDGE,
	FIELD_MAC,
	FIELD_ID,
	FIELD_ERROR,
	FIELD_OTHER,
	N_FIELDS,
};

const char *const tsig_algorithms[] = { "hmac-sha1", "hmac-sha256",
					"hmac-sha512", NULL };

/* libcrypto's words for tsig_algorithms[]. */
static const char *const digests[] = { "SHA1", "SHA256", "SHA512" };

/* Text and wire of a name, both in lower case. */
static int take_name(struct tsig_key *k, const char *name)
{
	char *text = NULL;
	ldns_rdf *d;
	int r = -EINVAL;

	errno = 0; /* ldns says NULL, whatever was the matter */
	d = ldns_dname_new_frm_str(name);
	if (d)
		ldns_dname2canonical(d);
	text = d ? ldns_rdf2str(d) : NULL;
	if (text && strlen(text) + 1 < sizeof(k->name) &&
	    ldns_rdf_size(d) > 1 && ldns_rdf_size(d) <= sizeof(k->name_wire)) {
		(void)snprintf(k->name, sizeof(k->name), "%s", text);
		k->name_len = ldns_rdf_size(d);
		memcpy(k->name_wire, ldns_rdf_data(d), k->name_len);
		r = 0;
	}
	if (r < 0 && errno == ENOMEM)
		r = -ENOMEM;
	ldns_rdf_deep_free(d);
	free(text);
	return r;
}

static void take_algorithm(struct tsig_key *k, const char *name)
{
	size_t len = strlen(name);

	(void)snprintf(k->algorithm, sizeof(k->algorithm), "%s.", name);
	k->algorithm_wire[0] = (uint8_t)len;
	memcpy(k->algorithm_wire + 1, name, len + 1); /* its NUL is the root */
	k->algorithm_len = len + 2;
}

/* The key goes in once: what follows from it is kept, not computed anew. */
static int take_secret(struct tsig_key *k, const char *secret,
		       const char *digest)
{
	OSSL_PARAM params[2] = {
		OSSL_PARAM_construct_utf8_string(
			OSSL_MAC_PARAM_DIGEST, (char *)(uintptr_t)digest, 0),
		OSSL_PARAM_construct_end(),
	};
	ldns_rdf *raw = NULL;
	EVP_MAC *hmac;
	int r = -ENOMEM;

	errno = 0;
	if (ldns_str2rdf_b64(&raw, secret) != LDNS_STATUS_OK)
		return errno == ENOMEM ? -ENOMEM : -EINVAL;
	hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	k->mac = hmac ? EVP_MAC_CTX_new(hmac) : NULL;
	EVP_MAC_free(hmac);
	k->secret = str_dup(secret);
	if (k->mac && k->secret &&
	    EVP_MAC_init(k->mac, ldns_rdf_data(raw), ldns_rdf_size(raw),
			 params) == 1)
		r = 0;
	k->ready = r == 0;
	explicit_bzero(ldns_rdf_data(raw), ldns_rdf_size(raw));
	ldns_rdf_deep_free(raw);
	return r;
}

int tsig_key_init(struct tsig_key *k, const char *name, const char *algorithm,
		  const char *secret)
{
	struct tsig_key key = { .secret = NULL };
	size_t i = 0;
	int r;

	while (tsig_algorithms[i] &&
	       str_case_compare(tsig_algorithms[i], algorithm) != 0)
		i++;
	if (!tsig_algorithms[i] || key_file_secret_check(secret) < 0)
		return -EINVAL;
	r = take_name(&key, name);
	if (r < 0)
		return r;
	take_algorithm(&key, tsig_algorithms[i]);
	r = take_secret(&key, secret, digests[i]);
	if (r < 0)
		tsig_key_done(&key);
	else
		*k = key;
	return r;
}

void tsig_key_done(struct tsig_key *k)
{
	str_wipe_free(k->secret);
	k->secret = NULL;
	EVP_MAC_CTX_free(k->mac);
	k->mac = NULL;
}

static size_t put_u16(uint8_t *out, size_t at, unsigned int n)
{
	out[at] = (uint8_t)(n >> 8);
	out[at + 1] = (uint8_t)n;
	return at + 2;
}

static size_t put(uint8_t *out, size_t at, const void *data, size_t len)
{
	memcpy(out + at, data, len);
	return at + len;
}

static size_t put_time(uint8_t *out, size_t at, int64_t now_s)
{
	for (int shift = 40; shift >= 0; shift -= 8)
		out[at++] = (uint8_t)(now_s >> shift);
	return put_u16(out, at, TSIG_FUDGE_S);
}

/* The key stays in from take_secret(). */
void tsig_key_ready(struct tsig_key *k)
{
	if (!k->ready)
		k->ready = EVP_MAC_init(k->mac, NULL, 0, NULL) == 1;
}

/* Over the message and the TSIG variables (RFC 8945, section 4.3.3). */
static int compute(const uint8_t *wire, size_t len, struct tsig_key *k,
		   int64_t now_s, uint8_t mac[TSIG_MAC_MAX], size_t *mac_len)
{
	uint8_t vars[255 + 16 + 32];
	size_t n = put(vars, 0, k->name_wire, k->name_len);
	int good;

	n = put_u16(vars, n, LDNS_RR_CLASS_ANY);
	n = put_u16(vars, n, 0); /* TTL */
	n = put_u16(vars, n, 0);
	n = put(vars, n, k->algorithm_wire, k->algorithm_len);
	n = put_time(vars, n, now_s);
	n = put_u16(vars, n, 0); /* error */
	n = put_u16(vars, n, 0); /* other data */
	tsig_key_ready(k);
	good = k->ready &&
	       EVP_MAC_update(k->mac, wire, len) == 1 &&
	       EVP_MAC_update(k->mac, vars, n) == 1 &&
	       EVP_MAC_final(k->mac, mac, mac_len, TSIG_MAC_MAX) == 1;
	k->ready = false;
	return good ? 0 : -EINVAL;
}

int tsig_sign(uint8_t *wire, size_t *len, size_t size,
	      struct tsig_key *k, int64_t now_s,
	      uint8_t ret_mac[TSIG_MAC_MAX], size_t *ret_mac_len)
{
	uint8_t mac[TSIG_MAC_MAX];
	size_t at = *len, mac_len = 0, rdlen;

	assert(*len >= 12 && size - *len >= TSIG_SIZE_MAX);
	if (compute(wire, *len, k, now_s, mac, &mac_len) < 0)
		return -EINVAL;
	at = put(wire, at, k->name_wire, k->name_len);
	at = put_u16(wire, at, LDNS_RR_TYPE_TSIG);
	at = put_u16(wire, at, LDNS_RR_CLASS_ANY);
	at = put_u16(wire, at, 0);
	at = put_u16(wire, at, 0);
	rdlen = k->algorithm_len + 6 + 2 + 2 + mac_len + 6;
	at = put_u16(wire, at, (unsigned int)rdlen);
	at = put(wire, at, k->algorithm_wire, k->algorithm_len);
	at = put_time(wire, at, now_s);
	at = put_u16(wire, at, (unsigned int)mac_len);
	at = put(wire, at, mac, mac_len);
	at = put(wire, at, wire, 2); /* the id */
	at = put_u16(wire, at, 0);
	at = put_u16(wire, at, 0);
	(void)put_u16(wire, 10, (unsigned int)wire[11] + 1); /* ARCOUNT */
	*len = at;
	memcpy(ret_mac, mac, mac_len);
	*ret_mac_len = mac_len;
	return 0;
}

/* 48 bits, big endian; -1 where there are none. */
static int64_t time_of(const uint8_t *p, size_t len)
{
	int64_t t = 0;

	if (len != 6)
		return -1;
	for (size_t i = 0; i < len; i++)
		t = t << 8 | p[i];
	return t;
}

static bool name_is(const ldns_rdf *owner, const char *name)
{
	ldns_rdf *ours = ldns_dname_new_frm_str(name);
	bool same = ours && owner && ldns_dname_compare(owner, ours) == 0;

	ldns_rdf_deep_free(ours);
	return same;
}

/* Every field there, of the sizes that ldns's own code takes for granted. */
static bool well_formed(const ldns_rr *rr)
{
	static const size_t least[N_FIELDS] = { 1, 6, 2, 2, 2, 2, 2 };

	if (ldns_rr_rd_count(rr) != N_FIELDS)
		return false;
	for (size_t i = 0; i < N_FIELDS; i++) {
		const ldns_rdf *f = ldns_rr_rdf(rr, i);

		if (!f || ldns_rdf_size(f) < least[i])
			return false;
	}
	return true;
}

/*
 * A secondary that forwards updates gives them another id, and the answer the
 * first one: it is signed with the one in the record (RFC 8945, section
 * 5.3.2), which ldns does not put back.
 */
static bool verify(ldns_pkt *pkt, const uint8_t *wire, size_t len,
		   const struct tsig_key *k, const uint8_t *mac,
		   size_t mac_len)
{
	const ldns_rdf *id = ldns_rr_rdf(ldns_pkt_tsig(pkt), FIELD_ID);
	uint8_t sized[2 + TSIG_MAC_MAX];
	uint8_t *was = malloc(len);
	ldns_rdf *request;
	bool good;

	(void)put_u16(sized, 0, (unsigned int)mac_len);
	memcpy(sized + 2, mac, mac_len);
	request = ldns_rdf_new_frm_data(LDNS_RDF_TYPE_INT16_DATA, mac_len + 2,
					sized);
	if (was) {
		memcpy(was, wire, len);
		memcpy(was, ldns_rdf_data(id), 2);
	}
	good = request && was &&
	       ldns_pkt_tsig_verify(pkt, was, len, k->name, k->secret,
				    request);
	ldns_rdf_deep_free(request);
	free(was);
	return good;
}

struct tsig_answer tsig_verify(ldns_pkt *pkt, const uint8_t *wire, size_t len,
			       const struct tsig_key *k, const uint8_t *mac,
			       size_t mac_len, int64_t now_s)
{
	struct tsig_answer a = { .verdict = TSIG_WRONG, .server_s = -1 };
	const ldns_rr *rr = ldns_pkt_tsig(pkt);
	const ldns_rdf *f;
	int64_t signed_s, off_s;

	if (!rr) {
		a.verdict = TSIG_ABSENT;
		return a;
	}
	if (!well_formed(rr) || !name_is(ldns_rr_owner(rr), k->name) ||
	    !name_is(ldns_rr_rdf(rr, FIELD_ALGORITHM), k->algorithm))
		return a;
	a.error = ldns_rdf2native_int16(ldns_rr_rdf(rr, FIELD_ERROR));
	if ((a.error == TSIG_BADSIG || a.error == TSIG_BADKEY) &&
	    ldns_rdf_size(ldns_rr_rdf(rr, FIELD_MAC)) == 2) {
		a.verdict = TSIG_UNSIGNED_ERROR;
		return a;
	}
	f = ldns_rr_rdf(rr, FIELD_OTHER);
	if (a.error == TSIG_BADTIME)
		a.server_s = time_of(ldns_rdf_data(f) + 2,
				     ldns_rdf_size(f) - 2);
	f = ldns_rr_rdf(rr, FIELD_TIME);
	signed_s = time_of(ldns_rdf_data(f), ldns_rdf_size(f));
	if (a.error != TSIG_BADTIME)
		a.server_s = signed_s;
	off_s = signed_s > now_s ? signed_s - now_s : now_s - signed_s;
	if (a.error != TSIG_BADTIME && off_s > TSIG_FUDGE_S)
		return a;
	if (verify(pkt, wire, len, k, mac, mac_len))
		a.verdict = TSIG_GOOD;
	return a;
}
