#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "resolver/whoami.h"

#define DNS_PORT      53
#define SERVERS_MOST  4
#define WHY_TEXT_MOST 40 /* of what a server said */

/* What is asked of a built-in one, by family. */
struct whoami_by_family {
	const char *name;
	uint16_t type;
	const char *servers[SERVERS_MOST]; /* none: host is looked up */
};

struct whoami_builtin {
	const char *word, *operator;
	uint16_t class;
	const char *host;
	struct whoami_by_family v4, v6;
};

/* Addresses that have not moved for many years, so that none is looked up. */
static const struct whoami_builtin builtins[] = {
	{ "google", "google.com", DNS_IN, "ns1.google.com",
	  { "o-o.myaddr.l.google.com", DNS_TXT,
	    { "216.239.32.10", "216.239.34.10", "216.239.36.10",
	      "216.239.38.10" } },
	  { "o-o.myaddr.l.google.com", DNS_TXT,
	    { "2001:4860:4802:32::a", "2001:4860:4802:34::a",
	      "2001:4860:4802:36::a", "2001:4860:4802:38::a" } } },
	{ "opendns", "opendns.com", DNS_IN, "resolver1.opendns.com",
	  { "myip.opendns.com", DNS_A,
	    { "208.67.222.222", "208.67.220.220" } },
	  { "myip.opendns.com", DNS_AAAA,
	    { "2620:119:35::35", "2620:119:53::53" } } },
	{ "cloudflare", "cloudflare.com", DNS_CH, "one.one.one.one",
	  { "whoami.cloudflare", DNS_TXT, { "1.1.1.1", "1.0.0.1" } },
	  { "whoami.cloudflare", DNS_TXT,
	    { "2606:4700:4700::1111", "2606:4700:4700::1001" } } },
	{ "akamai", "akamai.com", DNS_IN, "ns1-1.akamaitech.net",
	  { "whoami.akamai.net", DNS_A, { "193.108.88.1" } },
	  { "whoami.ipv6.akamai.net", DNS_AAAA, { NULL } } },
};

static int builtin_find(const char *word, const struct whoami_builtin **ret)
{
	for (size_t i = 0; i < sizeof(builtins) / sizeof(builtins[0]); i++) {
		if (strcmp(builtins[i].word, word) != 0)
			continue;
		*ret = &builtins[i];
		return 0;
	}
	return -EINVAL;
}

/* "TYPE" or "TYPE/CLASS" */
static int type_parse(const char *text, struct reflector *r)
{
	static const struct {
		const char *name;
		uint16_t type;
	} types[] = {
		{ "A", DNS_A }, { "AAAA", DNS_AAAA }, { "TXT", DNS_TXT },
	};
	char word[8];
	const char *slash = strchr(text, '/');
	size_t len = slash ? (size_t)(slash - text) : strlen(text);

	if (len >= sizeof(word))
		return -EINVAL;
	memcpy(word, text, len);
	word[len] = '\0';
	r->class = DNS_IN;
	if (slash && str_case_compare(slash + 1, "CH") == 0)
		r->class = DNS_CH;
	else if (slash && str_case_compare(slash + 1, "IN") != 0)
		return -EINVAL;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (str_case_compare(types[i].name, word) != 0)
			continue;
		r->type = types[i].type;
		/* Addresses are the Internet's alone. */
		return r->class == DNS_CH && r->type != DNS_TXT ? -EINVAL : 0;
	}
	return -EINVAL;
}

/* "NAME@SERVER/TYPE[/CLASS]" */
static int custom_parse(const char *text, struct reflector *r)
{
	const char *at = strchr(text, '@');
	const char *slash = at ? strchr(at, '/') : NULL;
	size_t n_name = at ? (size_t)(at - text) : 0;
	size_t n_server = slash ? (size_t)(slash - at) - 1 : 0;
	char server[DNS_NAME_SIZE + 8];

	if (n_name == 0 || n_server == 0 || n_name >= sizeof(r->name) ||
	    n_server >= sizeof(server))
		return -EINVAL;
	memcpy(r->name, text, n_name);
	memcpy(server, at + 1, n_server);
	server[n_server] = '\0';
	if (!reflector_is_name(r->name) ||
	    reflector_server_parse(server, DNS_PORT, r) < 0)
		return -EINVAL;
	return type_parse(slash + 1, r);
}

int whoami_parse(const char *text, struct reflector *r)
{
	int rc;

	r->kind = REFLECTOR_DNS;
	if (strchr(text, '@'))
		return custom_parse(text, r);
	rc = builtin_find(text, &r->builtin);
	if (rc == 0)
		(void)snprintf(r->operator, sizeof(r->operator), "%s",
			       r->builtin->operator);
	return rc;
}

static int builtin_ask(const struct whoami_builtin *b, int family,
		       uint32_t random, struct whoami_question *ret)
{
	const struct whoami_by_family *f = family == AF_INET6 ? &b->v6 :
								   &b->v4;
	struct whoami_question q = {
		.name = f->name, .type = f->type, .class = b->class,
		.host = b->host, .port = DNS_PORT,
	};
	unsigned int n = 0;

	while (n < SERVERS_MOST && f->servers[n])
		n++;
	if (n > 0 && addr_parse(f->servers[random % n], &q.server) < 0)
		return -EINVAL;
	*ret = q;
	return 0;
}

int whoami_ask(const struct reflector *r, int family, uint32_t random,
	       struct whoami_question *ret)
{
	if (addr_len(family) == 0)
		return -EAFNOSUPPORT;
	if (r->builtin)
		return builtin_ask(r->builtin, family, random, ret);
	if ((r->addr.family != 0 && r->addr.family != family) ||
	    (r->type == DNS_A && family != AF_INET) ||
	    (r->type == DNS_AAAA && family != AF_INET6))
		return -EAFNOSUPPORT;
	*ret = (struct whoami_question){
		.name = r->name, .type = r->type, .class = r->class,
		.server = r->addr, .host = r->host, .port = r->port,
	};
	return 0;
}

/* The address in one record: 1; 0 where it is a note; -EBADMSG. */
static int read_record(const struct dns_record *rec, struct addr *ret,
		       char *why)
{
	/* Google tells the resolver's client subnet in a TXT of its own. */
	static const char note[] = "edns0-client-subnet ";
	char text[REFLECTOR_WHY_SIZE];

	if (rec->type != DNS_TXT) {
		*ret = rec->addr;
		return 1;
	}
	if (strncmp(rec->text, note, sizeof(note) - 1) == 0)
		return 0;
	if (addr_parse(rec->text, ret) == 0)
		return 1;
	str_printable(rec->text, strlen(rec->text), WHY_TEXT_MOST, text,
		      sizeof(text));
	return reflector_refuse(why, -EBADMSG, "not an address: %s", text);
}

static int read_all(const struct whoami_question *q, struct dns_answer *a,
		    struct addr *ret, char *why)
{
	struct addr found = { 0 }, one;
	struct dns_record rec;
	int r;

	while ((r = dns_answer_next(a, &rec)) == 1) {
		if (rec.section != DNS_ANSWER || rec.type != q->type ||
		    rec.class != q->class || !dns_name_equal(rec.name, q->name))
			continue;
		r = read_record(&rec, &one, why);
		if (r < 0)
			return r;
		if (r == 0)
			continue;
		if (found.family != 0 && !addr_equal(&found, &one))
			return reflector_refuse(why, -EBADMSG, "several addresses");
		found = one;
	}
	if (r < 0)
		return reflector_refuse(why, r, "a garbled answer");
	if (found.family == 0)
		return reflector_refuse(why, -ENOENT, "no address in the answer");
	*ret = found;
	return 0;
}

int whoami_read(const struct whoami_question *q,
		const struct whoami_message *m, struct addr *ret,
		char why[REFLECTOR_WHY_SIZE])
{
	struct dns_answer a;
	int r;

	r = dns_answer_open(m->query, m->query_len, m->data, m->len, &a);
	if (r < 0 || a.tc)
		return reflector_refuse(why, -EBADMSG, "a garbled answer");
	if (a.rcode != DNS_NOERROR)
		return reflector_refuse(why, -EREMOTEIO, "%s",
					dns_rcode_name(a.rcode));
	if (!a.aa)
		return reflector_refuse(why, -EPERM, "answered without "
					"authority: intercepted?");
	return read_all(q, &a, ret, why);
}
