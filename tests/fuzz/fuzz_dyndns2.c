/* A body as a dyndns2 server might send it; two bytes make its status. */
#include "config.h"

#include <stddef.h>
#include <stdint.h>

#include "notify/dyndns2.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct outcome o[3];
	struct dyndns2_answer a = { .http_status = 200 };

	if (size < 2)
		return 0;
	a.http_status = data[0] ? 100U + 2U * data[0] : 200;
	a.retry_after_s = data[1];
	a.body = (const char *)data + 2;
	a.len = size - 2;
	dyndns2_judge(&a, 3, o);
	for (int i = 0; i < 3; i++)
		if (o[i].text[0] == '\0' ||
		    (a.http_status / 100 != 2 &&
		     (o[i].status == NOTIFY_DONE ||
		      o[i].status == NOTIFY_UNCHANGED)))
			__builtin_trap();
	return 0;
}
