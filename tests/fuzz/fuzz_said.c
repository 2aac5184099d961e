/*
 * fuzz_said - any bytes as a name server's answer: what it says of a name,
 * whether that is believed, and which zone and servers it tells of.
 *
 * The first byte says how the question is put.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "net/dns_msg.h"
#include "resolver/doubt.h"
#include "resolver/said.h"
#include "resolver/zone_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define NAME "home.example"
#define ID   0x1234

static void read_answer(uint8_t how, const uint8_t *data, size_t len)
{
	static const struct addr from = { .family = AF_INET,
					  .bytes = { 5, 6, 7, 8 } };
	struct said_question q = {
		.name = NAME,
		.family = how & 1 ? AF_INET6 : AF_INET,
		.need_aa = how & 2,
	};
	struct resolver_server out = { .name = "server", .port = 53 };
	struct resolver_answer a = { .servers = &out, .n_servers = 1 };
	uint8_t query[DNS_QUERY_SIZE];
	enum resolver_verdict verdict;
	char text[64];
	struct said s;
	int n = dns_query_build(NAME, how & 1 ? DNS_AAAA : DNS_A, DNS_IN, ID,
				false, false, 0, query);

	q.query = query;
	q.query_len = (size_t)n;
	said_read(&q, data, len, &s);
	if (s.n_addrs > SAID_ADDRS ||
	    (s.outcome == RESOLVER_SILENT) != (s.error != 0) ||
	    memchr(s.cname, '\0', sizeof(s.cname)) == NULL)
		abort();
	for (size_t i = 0; i < s.n_addrs; i++)
		if (s.addrs[i].family != q.family)
			abort();
	out.doubt = doubt_of(&s, &from, how & 4);
	said_copy(&s, &out);
	if (strlen(resolver_server_print(&out, text, sizeof(text))) >=
	    sizeof(text))
		abort();
	/* Who has no vote decides nothing. */
	verdict = resolver_verdict(&a, s.addrs, s.n_addrs);
	if ((s.outcome == RESOLVER_ANSWERED) != (verdict == RESOLVER_RIGHT))
		abort();
	free((void *)(uintptr_t)out.addrs);
	free((void *)(uintptr_t)out.cname);
}

static void read_zone(uint8_t how, const uint8_t *data, size_t len)
{
	uint8_t query[DNS_QUERY_SIZE];
	struct zone_message m = { query, 0, data, len };
	char zone[DNS_NAME_SIZE] = "";
	struct zone_names names;
	uint32_t ttl_s;
	int n = dns_query_build(NAME, how & 1 ? DNS_SOA : DNS_NS, DNS_IN, ID,
				true, false, 0, query);

	m.query_len = (size_t)n;
	/* A zone that does not hold the name is none of ours. */
	if (zone_read_soa(&m, NAME, how & 2, zone, &ttl_s) == 0 &&
	    !zone_holds(zone, NAME))
		abort();
	if (zone_read_ns(&m, NAME, &names) == 0 &&
	    (names.n == 0 || names.n > ZONE_SERVERS_MOST))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	uint8_t how;

	if (len == 0)
		return 0;
	how = data[0];
	data++;
	len--;
	if (how & 8)
		read_zone(how, data, len);
	else
		read_answer(how, data, len);
	return 0;
}
