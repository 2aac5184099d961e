#include "config.h"

#include <errno.h>
#include <string.h>

#include "net/dns_msg.h"
#include "notify/core/zone.h"

/* A zone's names must be host names for us; "." prints as "". */
static int take(const struct dns_record *r, const char *name, struct zone *ret)
{
	size_t len = strlen(r->name), target = strlen(r->target);

	if (len >= sizeof(ret->name) || target >= sizeof(ret->primary) ||
	    !domain_is_within(name, r->name))
		return -ENOENT;
	memcpy(ret->name, r->name, len + 1);
	memcpy(ret->primary, r->target, target + 1);
	return 0;
}

int zone_from_answer(const char *name, const uint8_t *query, size_t query_len,
		     const uint8_t *data, size_t len, struct zone *ret)
{
	struct dns_answer a;
	struct dns_record r;
	int more, e = dns_answer_open(query, query_len, data, len, &a);

	if (e < 0)
		return e;
	if (a.rcode != DNS_NOERROR && a.rcode != DNS_NXDOMAIN)
		return -EACCES;
	while ((more = dns_answer_next(&a, &r)) > 0)
		if (r.type == DNS_SOA && r.class == DNS_IN &&
		    r.section != DNS_ADDITIONAL && take(&r, name, ret) == 0)
			return 0;
	return more < 0 ? more : -ENOENT;
}
