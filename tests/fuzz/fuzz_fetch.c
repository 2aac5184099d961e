/*
 * fuzz_fetch - the bytes as an HTTPS reflector's page, with a pointer before
 * the first line end or without: what is believed is of the family.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "notify/desk/fetch_judge.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void judge(const char *pointer, const uint8_t *data, size_t len)
{
	struct fetch_answer a = {
		.status = 200, .body = (const char *)data, .len = len,
		.pointer = pointer, .family = AF_INET6,
	};
	char why[FETCH_WHY_SIZE] = "";
	struct addr got;
	int r = fetch_judge(&a, &got, why);

	if (r == 0 && (got.family != AF_INET6 || len > FETCH_BODY_MAX))
		abort();
	if (r < 0 && why[0] == '\0')
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const uint8_t *end = memchr(data, '\n', len);
	size_t n = end ? (size_t)(end - data) : 0;
	char *pointer;

	judge(NULL, data, len);
	if (!end || n == 0 || data[0] != '/')
		return 0;
	pointer = strndup((const char *)data, n);
	if (pointer)
		judge(pointer, end + 1, len - n - 1);
	free(pointer);
	return 0;
}
