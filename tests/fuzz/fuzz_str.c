/*
 * fuzz_str - any bytes as text from outside, a time, a number, an address.
 */
#include "config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/addr_class.h"
#include "base/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void printable(const char *data, size_t len)
{
	char out[256], again[256];

	(void)str_printable(data, len, 200, out, sizeof(out));
	if (strlen(out) > 203)
		abort();
	for (const char *p = out; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			abort();
	/* What is printable already stays as it is. */
	(void)str_printable(out, strlen(out), 250, again, sizeof(again));
	if (strcmp(out, again) != 0)
		abort();
	(void)str_printable(data, len, 1, out, 5);
	if (strlen(out) > 4)
		abort();
}

static void numbers(const char *text)
{
	uint64_t ms, back;
	char out[32];
	uint32_t n;

	if (str_to_duration_ms(text, &ms) == 0 &&
	    (str_to_duration_ms(str_duration(ms, out, sizeof(out)), &back) < 0 ||
	     back != ms))
		abort();
	if (str_to_u32(text, 1000, &n) == 0 && n > 1000)
		abort();
}

static void addresses(const char *text)
{
	char out[ADDR_STRLEN], host[64];
	struct addr a, back;
	uint16_t port;

	if (addr_parse(text, &a) == 0) {
		if (addr_parse(addr_print(&a, out), &back) < 0 ||
		    !addr_equal(&a, &back))
			abort();
		(void)addr_class(&a, NULL);
	}
	(void)addr_parse_endpoint(text, 53, &a, &port, host, sizeof(host));
	(void)addr_parse_endpoint(text, 53, &a, &port, NULL, 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const char *const words[] = { "interfaces", "ttl", "", NULL };
	char *text = malloc(len + 1);

	if (!text)
		return 0;
	printable((const char *)data, len);
	memcpy(text, data, len);
	text[len] = '\0';
	numbers(text);
	addresses(text);
	(void)str_nearest(text, words);
	free(text);
	return 0;
}
