/*
 * fuzz_natpmp - the bytes as a router's answer.
 */
#include "config.h"

#include <stdlib.h>

#include "resolver/natpmp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct natpmp_answer a;

	if (natpmp_read(data, len, &a) < 0)
		return 0;
	if ((a.result == 0) != (a.addr.family == AF_INET) ||
	    natpmp_result_text(a.result)[0] == '\0')
		abort();
	return 0;
}
