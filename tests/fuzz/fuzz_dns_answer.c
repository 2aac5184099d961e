/*
 * fuzz_dns_answer - any bytes as the answer to one fixed question: read to
 * its end, and what was read must be what the header promises.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "net/dns_msg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	uint8_t query[DNS_QUERY_SIZE], again[DNS_QUERY_SIZE];
	struct dns_record rec;
	struct dns_answer a;
	int n = dns_query_build("home.example", DNS_A, DNS_IN, 0x1234, false,
				false, 0, query);

	if (dns_answer_open(query, (size_t)n, data, len, &a) < 0)
		return 0;
	while (dns_answer_next(&a, &rec) == 1) {
		if (memchr(rec.name, '\0', sizeof(rec.name)) == NULL ||
		    memchr(rec.target, '\0', sizeof(rec.target)) == NULL ||
		    memchr(rec.text, '\0', sizeof(rec.text)) == NULL ||
		    a.at > len)
			abort();
		/* What was read as a name can be asked for. */
		if (dns_query_build(rec.name, DNS_A, DNS_IN, 1, false, true,
				    (uint32_t)len, again) < 0)
			abort();
	}
	return 0;
}
