/*
 * zone_read - which zone holds a name, and by which servers, as an answer
 * says it.
 *
 * Pure. data is an answer to the query, by dns_answer_open().
 */
#ifndef RESOLVER_ZONE_READ_H
#define RESOLVER_ZONE_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/dns_msg.h"

#define ZONE_SERVERS_MOST 16

struct zone_message {
	const uint8_t *query;
	size_t query_len;
	const uint8_t *data;
	size_t len;
};

/*
 * The answer to name/SOA: 0 and the zone. -EAGAIN: nothing of use, ask for
 * the name above (an alias; no SOA told). -ENOENT: the root says that there
 * is no such name. -EREMOTEIO: a refusal, or, where need_aa, no authority.
 * -EBADMSG.
 */
int zone_read_soa(const struct zone_message *m, const char *name, bool need_aa,
		  char ret_zone[DNS_NAME_SIZE], uint32_t *ret_ttl_s);

struct zone_names {
	char names[ZONE_SERVERS_MOST][DNS_NAME_SIZE];
	size_t n;
	uint32_t ttl_s;
};

/* The answer to zone/NS: 0 and at least one name; -ENOENT; -EBADMSG. */
int zone_read_ns(const struct zone_message *m, const char *zone,
		 struct zone_names *ret);

/* "b.example" for "a.b.example", "" for "example"; NULL for "". */
const char *zone_above(const char *name);
/* Is name zone itself or below it? "" is the root. */
bool zone_holds(const char *zone, const char *name);

#endif
