#include "config.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/crc32.h"
#include "base/str.h"
#include "resolver/stun.h"

#define COOKIE		 0x2112a442U
#define FINGERPRINT_XOR	 0x5354554eU
#define FINGERPRINT_SIZE 8 /* with its header */

#define BINDING_REQUEST 0x0001
#define BINDING_SUCCESS 0x0101
#define BINDING_ERROR	0x0111

#define MAPPED_ADDRESS	   0x0001
#define ERROR_CODE	   0x0009
#define REFLECTED_FROM	   0x000b /* the last of RFC 3489's */
#define XOR_MAPPED_ADDRESS 0x0020
#define OPTIONAL	   0x8000 /* and above: may be passed over */
#define XOR_MAPPED_OLD	   0x8020 /* as servers had it before RFC 5389 */
#define FINGERPRINT	   0x8028

#define REASON_MOST 40 /* of what a server said */

/* What was found in an answer. */
struct stun_found {
	struct addr plain, xored; /* family 0: not there */
	int error;		  /* ERROR-CODE; 0: none */
	char reason[REASON_MOST + 8];
	bool unknown; /* an attribute that must be understood */
};

static void put_u16(uint8_t *out, unsigned int n)
{
	out[0] = (uint8_t)(n >> 8);
	out[1] = (uint8_t)n;
}

static void put_u32(uint8_t *out, uint32_t n)
{
	put_u16(out, n >> 16);
	put_u16(out + 2, n & 0xffff);
}

void stun_request(const uint8_t id[STUN_ID_SIZE],
		  uint8_t out[STUN_REQUEST_SIZE])
{
	put_u16(out, BINDING_REQUEST);
	put_u16(out + 2, STUN_REQUEST_SIZE - STUN_HEADER_SIZE);
	put_u32(out + 4, COOKIE);
	memcpy(out + 8, id, STUN_ID_SIZE);
	put_u16(out + 20, FINGERPRINT);
	put_u16(out + 22, 4);
	put_u32(out + 24, crc32_of(out, STUN_HEADER_SIZE) ^ FINGERPRINT_XOR);
}

int stun_length(const uint8_t header[STUN_HEADER_SIZE])
{
	int len = header[2] << 8 | header[3];

	/* RFC 8489, section 5: two zero bits first, attributes padded to 4. */
	if ((header[0] & 0xc0) != 0 || len % 4 != 0 ||
	    len > STUN_MESSAGE_MAX - STUN_HEADER_SIZE)
		return -EBADMSG;
	return STUN_HEADER_SIZE + len;
}

/* MAPPED-ADDRESS and its kin (14.1, 14.2); xor is the header from byte 4. */
static void take_address(struct buf_reader v, const uint8_t *xor,
			 struct addr *ret)
{
	uint8_t zero, family;
	const uint8_t *bytes;
	struct addr a;
	uint16_t port;

	if (buf_read_u8(&v, &zero) < 0 || buf_read_u8(&v, &family) < 0 ||
	    buf_read_u16(&v, &port) < 0 || (family != 1 && family != 2))
		return;
	if (buf_read_bytes(&v, family == 1 ? 4 : 16, &bytes) < 0 ||
	    buf_left(&v) != 0 ||
	    addr_from_bytes(family == 1 ? AF_INET : AF_INET6, bytes,
			    family == 1 ? 4 : 16, &a) < 0)
		return;
	for (size_t i = 0; xor && i < addr_len(a.family); i++)
		a.bytes[i] ^= xor[i];
	*ret = a;
}

/* ERROR-CODE (14.8): class and number, then words. */
static void take_error(struct buf_reader v, struct stun_found *f)
{
	const uint8_t *text;
	uint8_t class, number;
	size_t len;

	if (buf_skip(&v, 2) < 0 || buf_read_u8(&v, &class) < 0 ||
	    buf_read_u8(&v, &number) < 0)
		return;
	f->error = (class & 7) * 100 + number;
	len = buf_left(&v);
	if (buf_read_bytes(&v, len, &text) == 0)
		(void)str_printable((const char *)text, len, REASON_MOST,
				    f->reason, sizeof(f->reason));
}

static bool fingerprint_is_right(const uint8_t *data, size_t before,
				 struct buf_reader v)
{
	uint32_t crc;

	return buf_read_u32(&v, &crc) == 0 && buf_left(&v) == 0 &&
	       crc == (crc32_of(data, before) ^ FINGERPRINT_XOR);
}

/* 0, or -EBADMSG: cut, or its fingerprint is another message's. */
static int take_attributes(const uint8_t *data, size_t len,
			   struct stun_found *f)
{
	struct buf_reader r = buf_reader(data, len), v;
	uint16_t type, size;
	const uint8_t *value;

	(void)buf_skip(&r, STUN_HEADER_SIZE);
	while (buf_left(&r) > 0) {
		size_t before = r.at;

		if (buf_read_u16(&r, &type) < 0 ||
		    buf_read_u16(&r, &size) < 0 ||
		    buf_read_bytes(&r, size, &value) < 0 ||
		    buf_skip(&r, (4 - size % 4U) % 4) < 0)
			return -EBADMSG;
		v = buf_reader(value, size);
		if (type == FINGERPRINT) /* the last one: 14.7 */
			return buf_left(&r) == 0 &&
			       fingerprint_is_right(data, before, v) ?
				       0 : -EBADMSG;
		if (type == MAPPED_ADDRESS)
			take_address(v, NULL, &f->plain);
		else if (type == XOR_MAPPED_ADDRESS || type == XOR_MAPPED_OLD)
			take_address(v, data + 4, &f->xored);
		else if (type == ERROR_CODE)
			take_error(v, f);
		else if (type > REFLECTED_FROM && type < OPTIONAL)
			f->unknown = true;
	}
	return 0;
}

int stun_read(const uint8_t id[STUN_ID_SIZE], const uint8_t *data, size_t len,
	      struct addr *ret, char why[STUN_WHY_SIZE])
{
	struct stun_found f = { .error = 0 };
	struct buf_reader r = buf_reader(data, len);
	const struct addr *found;
	uint32_t cookie;
	uint16_t type;

	if (len < STUN_HEADER_SIZE || stun_length(data) != (int)len ||
	    buf_read_u16(&r, &type) < 0 || buf_skip(&r, 2) < 0 ||
	    buf_read_u32(&r, &cookie) < 0 || cookie != COOKIE ||
	    memcmp(data + 8, id, STUN_ID_SIZE) != 0 ||
	    (type != BINDING_SUCCESS && type != BINDING_ERROR) ||
	    take_attributes(data, len, &f) < 0)
		return -EAGAIN;
	if (type == BINDING_ERROR) {
		(void)snprintf(why, STUN_WHY_SIZE, "refused: %d %s", f.error,
			       f.reason);
		return -EREMOTEIO;
	}
	/* RFC 8489, section 6.3.3: then the transaction has failed. */
	if (f.unknown) {
		(void)snprintf(why, STUN_WHY_SIZE,
			       "an attribute that nobody knows");
		return -EBADMSG;
	}
	/* Servers of RFC 3489 know the plain form only. */
	found = f.xored.family ? &f.xored : &f.plain;
	if (found->family == 0) {
		(void)snprintf(why, STUN_WHY_SIZE,
			       "no address in the answer");
		return -ENOENT;
	}
	*ret = *found;
	return 0;
}
