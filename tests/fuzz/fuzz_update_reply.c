/*
 * Replies to a DNS UPDATE, and to a signed question. The first byte chooses:
 * signed, a question, prerequisites of an owner or of create = no.
 */
#include "config.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "net/dns_msg.h"
#include "notify/rfc2136/rfc2136.h"

#define SIGNED 1
#define QUESTION 2
#define EQUALS 4
#define NO_CREATE 8

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct rfc2136_message messages[4];
static struct tsig_key key;

static void make_messages(void)
{
	struct addr a = { .family = AF_INET };
	struct job_set set = { .given = true, .addrs = &a, .n = 1 };
	struct job_set none = { .given = false };
	struct rfc2136_change c = { .name = "h.example.org", .ipv4 = &set,
				    .ipv6 = &none };

	if (tsig_key_init(&key, "k", "hmac-sha256", "AAAA") < 0)
		__builtin_trap();
	for (int i = 0; i < 4; i++) {
		struct tsig_key *k = i & SIGNED ? &key : NULL;
		int r = i & QUESTION
			? rfc2136_ask(c.name, DNS_TXT, k, 0x4141, 0,
				      &messages[i])
			: rfc2136_build("example.org", &c, 1, k, 0x4141, 0,
					&messages[i]);

		if (r < 0)
			__builtin_trap();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rfc2136_sent sent = { .zone = "example.org",
				     .name = "h.example.org",
				     .server = "192.0.2.1" };
	enum rfc2136_verdict v;
	struct outcome o;
	int64_t server_s;

	if (!key.secret)
		make_messages();
	if (size < 1)
		return 0;
	sent.message = &messages[data[0] & (SIGNED | QUESTION)];
	sent.key = data[0] & SIGNED ? &key : NULL;
	sent.question = data[0] & QUESTION;
	sent.equals = data[0] & EQUALS;
	sent.no_create = data[0] & NO_CREATE;
	sent.server_s = data[0] & QUESTION ? &server_s : NULL;
	o.text[0] = '\0';
	v = rfc2136_judge(&sent, data + 1, size - 1, 0, &o);
	if (v != RFC2136_NOT_OURS && v != RFC2136_TRUNCATED &&
	    o.text[0] == '\0')
		__builtin_trap();
	/* Nobody knows the secret: nothing that is signed may be believed. */
	if (sent.key && v == RFC2136_JUDGED && o.status == NOTIFY_DONE)
		__builtin_trap();
	return 0;
}
