/* Replies to a DNS UPDATE: the first byte chooses between signed and not. */
#include "config.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "notify/rfc2136.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct rfc2136_message messages[2];
	static struct tsig_key key;
	struct addr a = { .family = AF_INET };
	struct job_set set = { .given = true, .addrs = &a, .n = 1 };
	struct job_set none = { .given = false };
	struct rfc2136_change c = { .name = "h.example.org", .ipv4 = &set,
				    .ipv6 = &none };
	struct rfc2136_sent sent = { .zone = "example.org", .name = c.name,
				     .server = "192.0.2.1" };
	struct outcome o;

	if (!key.secret) {
		if (tsig_key_init(&key, "k", "hmac-sha256", "AAAA") < 0 ||
		    rfc2136_build("example.org", &c, 1, NULL, 0x4141, 0,
				  &messages[0]) < 0 ||
		    rfc2136_build("example.org", &c, 1, &key, 0x4141, 0,
				  &messages[1]) < 0)
			__builtin_trap();
	}
	if (size < 1)
		return 0;
	sent.message = &messages[data[0] & 1];
	sent.key = (data[0] & 1) ? &key : NULL;
	if (rfc2136_judge(&sent, data + 1, size - 1, 0, &o) ==
		    RFC2136_JUDGED &&
	    strlen(o.text) == 0)
		__builtin_trap();
	return 0;
}
