#include "config.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>

#include "base/buf.h"
#include "resolver/pcp.h"

#define VERSION	    2
#define OP_MAP	    1
#define OP_RESPONSE 0x80
#define HEADER_SIZE 24
/* The answer of a server that speaks NAT-PMP only: appendix A. */
#define VERSION_NATPMP 0

static const uint8_t v4_mapped[12] = { [10] = 0xff, [11] = 0xff };

static void put_addr(uint8_t out[16], const struct addr *a)
{
	if (a->family == AF_INET) {
		memcpy(out, v4_mapped, sizeof(v4_mapped));
		memcpy(out + 12, a->bytes, 4);
	} else {
		memcpy(out, a->bytes, 16);
	}
}

/* Section 7.1, then 11.1. */
void pcp_request_build(const struct pcp_request *q,
		       uint8_t out[PCP_REQUEST_SIZE])
{
	const struct addr any = { .family = q->client.family };

	memset(out, 0, PCP_REQUEST_SIZE);
	out[0] = VERSION;
	out[1] = OP_MAP;
	for (unsigned int i = 0; i < 4; i++)
		out[4 + i] = (uint8_t)(q->lifetime_s >> (24 - 8 * i));
	put_addr(out + 8, &q->client);
	memcpy(out + 24, q->nonce, PCP_NONCE_SIZE);
	out[36] = IPPROTO_UDP;
	out[40] = (uint8_t)(q->port >> 8);
	out[41] = (uint8_t)q->port;
	/* The suggested port is 0, its address "any": no wish (11.1). */
	put_addr(out + 44, &any);
}

static int take_addr(struct buf_reader *r, struct addr *ret)
{
	const uint8_t *bytes;

	if (buf_read_bytes(r, 16, &bytes) < 0)
		return -EAGAIN;
	if (memcmp(bytes, v4_mapped, sizeof(v4_mapped)) == 0)
		return addr_from_bytes(AF_INET, bytes + 12, 4, ret);
	return addr_from_bytes(AF_INET6, bytes, 16, ret);
}

/* Is the opcode's own part that of our request? */
static bool is_ours(const struct pcp_request *q, struct buf_reader *r)
{
	const uint8_t *nonce;
	uint8_t protocol;
	uint16_t port;

	return buf_read_bytes(r, PCP_NONCE_SIZE, &nonce) == 0 &&
	       memcmp(nonce, q->nonce, PCP_NONCE_SIZE) == 0 &&
	       buf_read_u8(r, &protocol) == 0 && protocol == IPPROTO_UDP &&
	       buf_skip(r, 3) == 0 && buf_read_u16(r, &port) == 0 &&
	       port == q->port;
}

int pcp_read(const struct pcp_request *q, const uint8_t *data, size_t len,
	     struct pcp_answer *ret)
{
	struct buf_reader r = buf_reader(data, len);
	struct pcp_answer a = { .result = 0 };
	uint8_t version, op, reserved, result;
	uint16_t external;

	if (len > PCP_MESSAGE_MAX || buf_read_u8(&r, &version) < 0 ||
	    buf_read_u8(&r, &op) < 0 || buf_read_u8(&r, &reserved) < 0 ||
	    buf_read_u8(&r, &result) < 0)
		return -EAGAIN;
	if (version == VERSION_NATPMP && op >= OP_RESPONSE &&
	    result == PCP_UNSUPPORTED_VERSION) {
		*ret = (struct pcp_answer){ .result = result };
		return 0;
	}
	if (version != VERSION || op != (OP_RESPONSE | OP_MAP) ||
	    len % 4 != 0 || buf_skip(&r, 4) < 0 ||
	    buf_read_u32(&r, &a.epoch_s) < 0 ||
	    buf_skip(&r, HEADER_SIZE - 12) < 0 || !is_ours(q, &r))
		return -EAGAIN;
	a.result = result;
	if (result == 0 && (buf_read_u16(&r, &external) < 0 ||
			    take_addr(&r, &a.addr) < 0))
		return -EAGAIN;
	*ret = a;
	return 0;
}

const char *pcp_result_text(unsigned int result)
{
	static const char *const texts[] = {
		"success", "unsupported version", "not authorized",
		"malformed request", "unsupported opcode",
		"unsupported option", "malformed option",
		"it has no public address now", "out of resources",
		"unsupported protocol", "quota exceeded",
		"no such external address", "address mismatch",
		"too many peers",
	};

	if (result < sizeof(texts) / sizeof(texts[0]))
		return texts[result];
	return "an error that nobody knows";
}
