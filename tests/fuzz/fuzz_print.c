/*
 * fuzz_print - any JSON as the daemon's answer: evddnsctl prints it, and what
 * it prints is text.
 */
#include "config.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "ctl/print.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static void (*const prints[])(const json_t *, FILE *) = {
		print_status, print_why, print_metrics, print_event,
		print_faults,
	};
	json_t *answer = json_loadb((const char *)data, len, 0, NULL);

	for (size_t i = 0; answer && i < sizeof(prints) / sizeof(*prints);
	     i++) {
		char *text = NULL;
		size_t size = 0;
		FILE *out = open_memstream(&text, &size);

		if (!out)
			abort();
		prints[i](answer, out);
		if (fclose(out) != 0 || strlen(text) != size)
			abort();
		free(text);
	}
	json_decref(answer);
	return 0;
}
