/* Answers to the question for the marks of a shared name, and what follows. */
#include "config.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "net/dns_msg.h"
#include "notify/rfc2136/owner.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct addr a = { .family = AF_INET, .bytes = { 192, 0, 2, 1 } };
	struct job j = { .name = "h.example.org", .owner = "gw1",
			 .owner_expire_s = 9,
			 .ipv4 = { .given = true, .addrs = &a, .n = 1 } };
	struct rfc2136_message m;
	struct owner_marks marks;
	struct owner_plan *p;
	uint8_t query[DNS_QUERY_SIZE];
	int len = dns_query_build("_evddns.h.example.org", DNS_TXT, DNS_IN,
				  0x4141, false, false, 0, query);

	if (len < 0 || owner_marks_read(query, (size_t)len, data, size,
					&marks) < 0)
		return 0;
	if (owner_plan_new(&j, &marks, 1900000000, false, &p) == 0) {
		/* All of it fits, as it came from one message. */
		if (rfc2136_build("example.org", &p->change, 1, NULL, 1, 0,
				  &m) == 0)
			rfc2136_message_done(&m);
		owner_plan_free(p);
	}
	owner_marks_done(&marks);
	return 0;
}
