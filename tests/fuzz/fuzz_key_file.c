/* A key file of any form. */
#include "config.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "notify/rfc2136/key_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct key_file k;
	const char *why = NULL;

	if (key_file_parse((const char *)data, size, NULL, &k, &why) == 0) {
		if (key_file_secret_check(k.secret) < 0)
			__builtin_trap();
	} else if (!why) {
		__builtin_trap();
	}
	(void)key_file_parse((const char *)data, size, "gw", &k, &why);
	return 0;
}
