#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "resolver/said.h"

/* What the records come to, before the header's flags are held against it. */
struct found {
	bool addr, cname;
	bool any;      /* something in the answer section */
	bool soa;
	bool referral; /* NS in the authority section */
	uint32_t negative_ttl_s;
};

static void take_addr(struct said *s, const struct dns_record *rec)
{
	if (s->n_addrs == 0 || rec->ttl_s < s->ttl_s)
		s->ttl_s = rec->ttl_s;
	for (size_t i = 0; i < s->n_addrs; i++)
		if (addr_equal(&s->addrs[i], &rec->addr))
			return;
	if (s->n_addrs < SAID_ADDRS)
		s->addrs[s->n_addrs++] = rec->addr;
}

static void take_answer(const struct said_question *q,
			const struct dns_record *rec, struct said *s,
			struct found *f)
{
	uint16_t type = q->family == AF_INET6 ? DNS_AAAA : DNS_A;

	f->any = true;
	if (rec->class != DNS_IN || !dns_name_equal(rec->name, q->name))
		return;
	if (rec->type == type) {
		take_addr(s, rec);
		f->addr = true;
	} else if (rec->type == DNS_CNAME) {
		memcpy(s->cname, rec->target, sizeof(s->cname));
		s->ttl_s = rec->ttl_s;
		f->cname = true;
	}
}

static void take_authority(const struct dns_record *rec, struct found *f)
{
	if (rec->type == DNS_NS)
		f->referral = true;
	if (rec->type != DNS_SOA)
		return;
	f->soa = true;
	/* RFC 2308 5 */
	f->negative_ttl_s = rec->ttl_s < rec->minimum_s ? rec->ttl_s :
							  rec->minimum_s;
}

static int read_records(const struct said_question *q, struct dns_answer *a,
			struct said *s, struct found *f)
{
	struct dns_record rec;
	int r;

	while ((r = dns_answer_next(a, &rec)) == 1) {
		if (rec.section == DNS_ANSWER)
			take_answer(q, &rec, s, f);
		else if (rec.section == DNS_AUTHORITY)
			take_authority(&rec, f);
	}
	return r;
}

static enum resolver_outcome judge(const struct said_question *q,
				   const struct dns_answer *a,
				   const struct found *f)
{
	bool absent = !f->addr && !f->cname;

	if (a->rcode != DNS_NOERROR && a->rcode != DNS_NXDOMAIN)
		return RESOLVER_LAME;
	if (a->rcode == DNS_NXDOMAIN && f->addr && !f->cname)
		return RESOLVER_LAME; /* it contradicts itself */
	if (!a->aa && q->need_aa) {
		/* A referral, or nothing at all: it does not hold the zone. */
		if (a->rcode == DNS_NOERROR && !f->any && !f->soa &&
		    (f->referral || !a->ra))
			return RESOLVER_LAME;
		return RESOLVER_INTERCEPTED;
	}
	if (!a->aa && absent && f->referral && !f->soa)
		return RESOLVER_LAME; /* a resolver that does not recurse */
	return f->cname ? RESOLVER_CNAME : RESOLVER_ANSWERED;
}

void said_read(const struct said_question *q, const uint8_t *data, size_t len,
	       struct said *ret)
{
	struct found f = { 0 };
	struct dns_answer a;

	ret->outcome = RESOLVER_SILENT;
	ret->rcode = 0;
	ret->error = -EBADMSG;
	ret->ra = false;
	ret->n_addrs = 0;
	ret->ttl_s = 0;
	ret->cname[0] = '\0';
	if (dns_answer_open(q->query, q->query_len, data, len, &a) < 0)
		return;
	/* c-ares has asked by TCP already: half an answer is none. */
	if (a.tc || read_records(q, &a, ret, &f) < 0) {
		ret->n_addrs = 0;
		return;
	}
	ret->error = 0;
	ret->rcode = a.rcode;
	ret->ra = a.ra;
	ret->outcome = judge(q, &a, &f);
	if (!f.addr && !f.cname)
		ret->ttl_s = f.negative_ttl_s;
}

void said_copy(const struct said *s, struct resolver_server *out)
{
	size_t size = s->n_addrs * sizeof(s->addrs[0]);
	struct addr *copy = NULL;

	free((void *)(uintptr_t)out->addrs);
	free((void *)(uintptr_t)out->cname);
	out->addrs = NULL;
	out->n_addrs = 0;
	out->cname = NULL;
	out->outcome = s->outcome;
	out->rcode = s->rcode;
	out->error = s->error;
	out->ra = s->ra;
	out->ttl_s = s->ttl_s;
	if (s->outcome == RESOLVER_CNAME)
		out->cname = str_dup(s->cname);
	if (size == 0)
		return;
	copy = malloc(size);
	if (!copy) {
		out->outcome = RESOLVER_SILENT;
		out->error = -ENOMEM;
		return;
	}
	memcpy(copy, s->addrs, size);
	out->addrs = copy;
	out->n_addrs = s->n_addrs;
}
