/* A type file, as a user might write it; packed, unpacked and put together. */
#include "config.h"

#include <stddef.h>
#include <stdint.h>

#include "notify/types/ptype_find.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct faults faults = { .n = 0 };
	struct ptype *p = NULL;

	if (ptype_parse("fuzz", (const char *)data, size, &p, &faults) == 0)
		ptype_free(p);
	else if (faults.n == 0)
		__builtin_trap(); /* whatever is wrong is told */
	faults_done(&faults);
	return 0;
}
