/*
 * fuzz_pcp - the bytes as a router's answer: one without our nonce is never
 * taken, but for a router that speaks NAT-PMP only.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "resolver/pcp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct pcp_request request = {
		.client = { AF_INET, { 192, 168, 77, 2 } },
		.port = 0x1234,
		.nonce = "abcdefghijkl",
		.lifetime_s = 120,
	};
	struct pcp_answer a;

	if (pcp_read(&request, data, len, &a) < 0)
		return 0;
	if ((a.result == 0) != (addr_len(a.addr.family) > 0) ||
	    pcp_result_text(a.result)[0] == '\0')
		abort();
	if (data[0] != 0 &&
	    (len < 36 || memcmp(data + 24, request.nonce, PCP_NONCE_SIZE)))
		abort();
	return 0;
}
