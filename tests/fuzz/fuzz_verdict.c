/*
 * fuzz_verdict - any servers with any answers: the verdict is held against
 * one that is come to in another way, and each line for people ends in time.
 *
 * Bytes: how many are wanted, and which; then of each server its outcome,
 * how many it says, and which. An address is one byte's last digit.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "net/dns_msg.h"
#include "resolver/resolver.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define ADDRS	8 /* different ones, so that they meet */
#define SERVERS 16

struct reading {
	struct addr wanted[4];
	size_t n_wanted;
	struct resolver_server servers[SERVERS];
	struct addr said[SERVERS][4];
	size_t n;
};

static uint8_t next(struct buf_reader *r)
{
	uint8_t byte = 0;

	(void)buf_read_u8(r, &byte);
	return byte;
}

static size_t read_set(struct buf_reader *r, struct addr set[4])
{
	size_t n = next(r) % 5;

	for (size_t i = 0; i < n; i++)
		set[i] = (struct addr){ .family = AF_INET,
					.bytes = { 5, 6, 7, next(r) % ADDRS } };
	return n;
}

static void read_all(struct buf_reader *r, struct reading *ret)
{
	ret->n_wanted = read_set(r, ret->wanted);
	while (buf_left(r) > 0 && ret->n < SERVERS) {
		struct resolver_server *s = &ret->servers[ret->n];

		s->outcome = next(r) % (RESOLVER_SILENT + 1);
		s->name = "ns.example";
		s->port = (uint16_t)(next(r) % 2 ? 53 : 5353);
		s->doubt = next(r) % (RESOLVER_INSIDE + 1);
		s->rcode = next(r);
		s->error = -(int)next(r);
		s->by_tcp = next(r) & 1;
		s->cname = s->outcome == RESOLVER_CNAME ? "x.example" : NULL;
		s->addr.family = AF_INET;
		s->n_addrs = read_set(r, ret->said[ret->n]);
		s->addrs = ret->said[ret->n];
		ret->n++;
	}
}

/* A set as bits. */
static unsigned int bits(const struct addr *set, size_t n)
{
	unsigned int b = 0;

	for (size_t i = 0; i < n; i++)
		b |= 1u << set[i].bytes[3];
	return b;
}

static enum resolver_verdict expected(const struct reading *r, bool shared)
{
	unsigned int wanted = bits(r->wanted, r->n_wanted);
	size_t votes = 0, agree = 0, aliases = 0;

	for (size_t i = 0; i < r->n; i++) {
		const struct resolver_server *s = &r->servers[i];
		unsigned int said = bits(s->addrs, s->n_addrs);

		aliases += s->outcome == RESOLVER_CNAME;
		if (s->outcome != RESOLVER_ANSWERED)
			continue;
		votes++;
		agree += shared ? (said & wanted) == wanted : said == wanted;
	}
	if (votes == 0)
		return aliases ? RESOLVER_ALIAS : RESOLVER_UNKNOWN;
	if (agree == 0)
		return RESOLVER_DIFFERS;
	return agree == votes && aliases == 0 ? RESOLVER_RIGHT
					      : RESOLVER_PROPAGATING;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct buf_reader b = buf_reader(data, len);
	struct reading r = { .n = 0 };
	struct resolver_answer a = { .servers = r.servers };
	char line[200];

	read_all(&b, &r);
	a.n_servers = r.n;
	if (resolver_verdict(&a, r.wanted, r.n_wanted) !=
		    expected(&r, false) ||
	    resolver_verdict_shared(&a, r.wanted, r.n_wanted) !=
		    expected(&r, true))
		abort();
	for (size_t i = 0; i < r.n; i++) {
		size_t size = 1 + (len + i) % sizeof(line);

		if (strlen(resolver_server_print(&r.servers[i], line, size)) >=
		    size)
			abort();
	}
	a.status = -1;
	if (resolver_verdict(&a, r.wanted, r.n_wanted) != RESOLVER_UNKNOWN)
		abort();
	return 0;
}
