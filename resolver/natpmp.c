#include "config.h"

#include <errno.h>

#include "base/buf.h"
#include "resolver/natpmp.h"

#define VERSION	    0
#define OP_ADDRESS  0
#define OP_RESPONSE 128
#define ANSWER_SIZE 12
#define ERROR_SIZE  8 /* some routers leave the address out of an error */

const uint8_t natpmp_request[NATPMP_REQUEST_SIZE] = { VERSION, OP_ADDRESS };

int natpmp_read(const uint8_t *data, size_t len, struct natpmp_answer *ret)
{
	struct buf_reader r = buf_reader(data, len);
	struct natpmp_answer a = { .result = 0 };
	uint8_t version, op;
	const uint8_t *bytes;
	uint16_t result;

	if (buf_read_u8(&r, &version) < 0 || buf_read_u8(&r, &op) < 0 ||
	    buf_read_u16(&r, &result) < 0 ||
	    buf_read_u32(&r, &a.epoch_s) < 0 ||
	    version != VERSION || op != OP_RESPONSE + OP_ADDRESS)
		return -EAGAIN;
	a.result = result;
	if (result == 0) {
		if (len != ANSWER_SIZE || buf_read_bytes(&r, 4, &bytes) < 0 ||
		    addr_from_bytes(AF_INET, bytes, 4, &a.addr) < 0)
			return -EAGAIN;
	} else if (len != ANSWER_SIZE && len != ERROR_SIZE) {
		return -EAGAIN;
	}
	*ret = a;
	return 0;
}

const char *natpmp_result_text(unsigned int result)
{
	static const char *const texts[] = {
		"success", "unsupported version", "not authorized",
		"it has no public address now", "out of resources",
		"unsupported opcode",
	};

	if (result < sizeof(texts) / sizeof(texts[0]))
		return texts[result];
	return "an error that nobody knows";
}
