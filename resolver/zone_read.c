#include "config.h"

#include <errno.h>
#include <string.h>

#include "resolver/zone_read.h"

const char *zone_above(const char *name)
{
	const char *dot = strchr(name, '.');

	if (name[0] == '\0')
		return NULL;
	return dot ? dot + 1 : "";
}

bool zone_holds(const char *zone, const char *name)
{
	size_t n_zone = strlen(zone), n_name = strlen(name);

	if (n_zone == 0)
		return true;
	if (n_zone > n_name || !dns_name_equal(zone, name + n_name - n_zone))
		return false;
	return n_zone == n_name || name[n_name - n_zone - 1] == '.';
}

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/*
 * A SOA in the answer section belongs to the name, one in the authority
 * section (RFC 2308 2) to the zone that lacks it. One whose owner is not
 * above the name belongs to the target of an alias: then the name above is
 * asked for, which no alias can hide (RFC 1034 3.6.2: an apex is none).
 */
static bool is_soa_of(const struct dns_record *rec, const char *name)
{
	if (rec->type != DNS_SOA || rec->class != DNS_IN)
		return false;
	if (rec->section == DNS_ANSWER)
		return dns_name_equal(rec->name, name);
	return rec->section == DNS_AUTHORITY && zone_holds(rec->name, name);
}

int zone_read_soa(const struct zone_message *m, const char *name, bool need_aa,
		  char ret_zone[DNS_NAME_SIZE], uint32_t *ret_ttl_s)
{
	struct dns_record rec, soa = { 0 };
	bool found = false, alias = false;
	struct dns_answer a;
	int r;

	if (dns_answer_open(m->query, m->query_len, m->data, m->len, &a) < 0)
		return -EBADMSG;
	while ((r = dns_answer_next(&a, &rec)) == 1) {
		if (rec.section == DNS_ANSWER && rec.type == DNS_CNAME &&
		    dns_name_equal(rec.name, name))
			alias = true;
		if (!found && is_soa_of(&rec, name)) {
			soa = rec;
			found = true;
		}
	}
	if (r < 0)
		return r;
	if ((a.rcode != DNS_NOERROR && a.rcode != DNS_NXDOMAIN) ||
	    (need_aa && !a.aa))
		return -EREMOTEIO;
	if (!found || alias)
		return -EAGAIN;
	if (soa.name[0] == '\0' && a.rcode == DNS_NXDOMAIN)
		return -ENOENT;
	memcpy(ret_zone, soa.name, DNS_NAME_SIZE);
	*ret_ttl_s = soa.section == DNS_ANSWER ?
			     soa.ttl_s :
			     least(soa.ttl_s, soa.minimum_s);
	return 0;
}

static bool names_hold(const struct zone_names *z, const char *name)
{
	for (size_t i = 0; i < z->n; i++)
		if (dns_name_equal(z->names[i], name))
			return true;
	return false;
}

int zone_read_ns(const struct zone_message *m, const char *zone,
		 struct zone_names *ret)
{
	struct dns_record rec;
	struct dns_answer a;
	int r;

	ret->n = 0;
	ret->ttl_s = UINT32_MAX;
	if (dns_answer_open(m->query, m->query_len, m->data, m->len, &a) < 0)
		return -EBADMSG;
	while ((r = dns_answer_next(&a, &rec)) == 1) {
		if (rec.section != DNS_ANSWER || rec.type != DNS_NS ||
		    rec.class != DNS_IN || !dns_name_equal(rec.name, zone) ||
		    ret->n == ZONE_SERVERS_MOST || names_hold(ret, rec.target))
			continue;
		memcpy(ret->names[ret->n++], rec.target, DNS_NAME_SIZE);
		ret->ttl_s = least(ret->ttl_s, rec.ttl_s);
	}
	if (r < 0)
		return r;
	return ret->n > 0 ? 0 : -ENOENT;
}
