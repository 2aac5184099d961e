/*
 * fuzz_domain - any bytes as a name: one that stays what it is when it is
 * normalized again, or a reason. Also as ipv6-host and as an endpoint.
 */
#include "config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "config/domain.h"
#include "config/form.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void name(const char *text)
{
	char once[DOMAIN_SIZE], twice[DOMAIN_SIZE];
	const char *why = NULL;
	int r = domain_normalize(text, once, &why);

	if (r < 0)
		return;
	if (strlen(once) == 0 || strlen(once) >= DOMAIN_SIZE ||
	    domain_normalize(once, twice, &why) < 0 ||
	    strcmp(once, twice) != 0)
		abort();
	for (const char *p = once; p; p = domain_parent(p))
		if (!domain_is_within(once, p))
			abort();
}

static void host(const char *text)
{
	static const struct addr zero = { .family = AF_INET6 };
	const char *why = NULL;
	struct addr a;

	for (unsigned int prefix = 1; prefix < 128; prefix += 21) {
		if (form_ipv6_host(text, prefix, &a, &why) < 0) {
			if (!why)
				abort();
			continue;
		}
		if (!addr_in(&a, &zero, prefix) || addr_equal(&a, &zero))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text = malloc(len + 1);

	if (!text)
		return 0;
	memcpy(text, data, len);
	text[len] = '\0';
	name(text);
	host(text);
	(void)form_server(text);
	(void)form_address(text);
	(void)form_interface(text);
	free(text);
	return 0;
}
