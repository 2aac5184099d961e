/*
 * fuzz_reflector - a reflector's word, a line end, then its answer: what is
 * parsed can be asked, and what is believed is fit to be believed. The same
 * bytes are also taken for a name server's answer.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/addr_class.h"
#include "resolver/said.h"
#include "resolver/whoami.h"
#include "resolver/zone_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void read_server(const struct zone_message *m, const char *name)
{
	struct said_question q = {
		.name = name, .family = AF_INET, .need_aa = true,
		.query = m->query, .query_len = m->query_len,
	};
	char zone[DNS_NAME_SIZE];
	struct zone_names names;
	uint32_t ttl_s;
	struct said s;

	said_read(&q, m->data, m->len, &s);
	if (s.n_addrs > SAID_ADDRS ||
	    (s.outcome == RESOLVER_SILENT) != (s.error < 0))
		abort();
	if (zone_read_soa(m, name, false, zone, &ttl_s) == 0 &&
	    !zone_holds(zone, name))
		abort();
	if (zone_read_ns(m, name, &names) == 0 && names.n == 0)
		abort();
}

static void read_reflector(const struct reflector *r, const uint8_t *data,
			   size_t len)
{
	static const struct addr candidate = { AF_INET, { 192, 168, 1, 1 } };
	uint8_t query[DNS_QUERY_SIZE];
	struct zone_message z = { query, 0, data, len };
	struct whoami_message m = { query, 0, data, len };
	struct whoami_question q;
	char why[REFLECTOR_WHY_SIZE];
	struct addr got;
	int n;

	if (r->kind != REFLECTOR_DNS ||
	    whoami_ask(r, AF_INET, (uint32_t)len, &q) < 0)
		return;
	n = dns_query_build(q.name, q.type, q.class, 0x1234, false, false, 0,
			    query);
	if (n < 0)
		abort();
	m.query_len = z.query_len = (size_t)n;
	if (whoami_read(&q, &m, &got, why) == 0 &&
	    reflector_judge(&got, &candidate, why) == 0 &&
	    !addr_equal(&got, &candidate) &&
	    (got.family != AF_INET || addr_class(&got, NULL) != ADDR_GLOBAL))
		abort();
	read_server(&z, q.name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const uint8_t *end = memchr(data, '\n', len);
	size_t n = end ? (size_t)(end - data) : len;
	struct reflector r;
	char *word;

	word = malloc(n + 1);
	if (!word)
		return 0;
	memcpy(word, data, n);
	word[n] = '\0';
	if (reflector_parse(word, &r) == 0) {
		if (reflector_operator(&r)[0] == '\0' ||
		    (r.kind == REFLECTOR_HTTPS && r.url_len > n))
			abort();
		if (end)
			read_reflector(&r, end + 1, len - n - 1);
	}
	free(word);
	return 0;
}
