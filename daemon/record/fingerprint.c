#include "config.h"

#include <string.h>

#include "daemon/record/fingerprint.h"

#if __SIZEOF_POINTER__ == 8
/* A setting that is not in a fingerprint would be lost on a reload. */
_Static_assert(sizeof(struct config_record) == 168,
	       "a field of a record has come: is it in its fingerprint?");
_Static_assert(sizeof(struct config_source) == 128,
	       "a field of a source has come: is it in its fingerprint?");
#endif

/* FNV-1a, 64 bits. */
struct print {
	uint64_t sum;
};

static void add(struct print *p, const void *data, size_t len)
{
	const unsigned char *bytes = data;

	for (size_t i = 0; i < len; i++)
		p->sum = (p->sum ^ bytes[i]) * 0x100000001b3ULL;
}

static void add_number(struct print *p, uint64_t n)
{
	add(p, &n, sizeof(n));
}

/* With its end, so that "ab" "c" is not "a" "bc"; NULL is not "". */
static void add_text(struct print *p, const char *text)
{
	add_number(p, text != NULL);
	if (text)
		add(p, text, strlen(text) + 1);
}

static void add_texts(struct print *p, const struct config_strings *list)
{
	add_number(p, list ? list->n : 0);
	for (size_t i = 0; list && i < list->n; i++)
		add_text(p, list->items[i]);
}

static void add_addr(struct print *p, const struct addr *a)
{
	add_number(p, a->family);
	add(p, a->bytes, sizeof(a->bytes));
}

#define PRINT_INIT { 0xcbf29ce484222325ULL }

uint64_t fingerprint_source(const struct config_source *s,
			    const struct config_strings *shipped4,
			    const struct config_strings *shipped6)
{
	struct print p = PRINT_INIT;

	add_texts(&p, &s->interfaces);
	add_number(&p, s->ipv6_temporary);
	add_number(&p, s->scope_any);
	add_number(&p, s->keep_all);
	add_number(&p, s->confirm);
	add_texts(&p, s->reflectors4_set ? &s->reflectors4 : shipped4);
	add_texts(&p, s->reflectors6_set ? &s->reflectors6 : shipped6);
	add_number(&p, s->quorum);
	add_number(&p, s->behind_nat);
	add_number(&p, s->confirm_timeout_ms);
	add_number(&p, s->nat_recheck_ms);
	add_text(&p, s->ca_file);
	add_number(&p, s->fwmark);
	add_number(&p, s->bind);
	return p.sum;
}

uint64_t fingerprint_record(const struct config_record *r)
{
	struct print p = PRINT_INIT;

	/* Whether a family is the only one asked for is a matter of both. */
	add_number(&p, r->ipv4);
	add_number(&p, r->ipv6);
	add_number(&p, r->ttl_s);
	add_addr(&p, &r->ipv6_host);
	add_number(&p, r->ipv6_prefix_length);
	add_text(&p, r->prefix_from);
	add_number(&p, r->remove_on_loss);
	add_number(&p, r->remove_on_stop);
	add_number(&p, r->on_loss_hold_ms);
	add_number(&p, r->check);
	add_texts(&p, &r->nameservers);
	add_number(&p, r->recheck_ms);
	add_number(&p, r->verify);
	add_text(&p, r->owner);
	add_number(&p, r->owner_expire_ms);
	add_number(&p, r->create);
	add_number(&p, r->ptr);
	return p.sum;
}

uint64_t fingerprint_resolver(const struct config *c)
{
	struct print p = PRINT_INIT;

	add_texts(&p, &c->resolver_servers);
	add_number(&p, c->resolver_timeout_ms);
	add_number(&p, c->resolver_tries);
	return p.sum;
}
