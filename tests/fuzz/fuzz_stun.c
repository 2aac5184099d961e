/*
 * fuzz_stun - the bytes as a server's answer: what is believed came for our
 * request, and its length is what a stream would be cut by.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/stun.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const uint8_t id[STUN_ID_SIZE] = "abcdefghijkl";
	char why[STUN_WHY_SIZE] = "";
	struct addr got = { 0 };
	int r = stun_read(id, data, len, &got, why), n;

	if (r == -EAGAIN)
		return 0;
	n = stun_length(data);
	if (n != (int)len || n > STUN_MESSAGE_MAX ||
	    memcmp(data + 8, id, STUN_ID_SIZE) != 0)
		abort();
	if ((r == 0) != (addr_len(got.family) > 0) ||
	    (r < 0) != (why[0] != '\0'))
		abort();
	return 0;
}
