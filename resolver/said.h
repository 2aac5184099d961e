/*
 * said - what one server's answer says of a name.
 *
 * Pure.
 */
#ifndef RESOLVER_SAID_H
#define RESOLVER_SAID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/dns_msg.h"
#include "resolver/resolver.h"

/* More than these in one RRset are cut: nobody wants so many. */
#define SAID_ADDRS 64

struct said {
	enum resolver_outcome outcome;
	unsigned int rcode;
	int error; /* RESOLVER_SILENT: -errno */
	bool ra;
	struct addr addrs[SAID_ADDRS];
	size_t n_addrs;
	uint32_t ttl_s; /* the least of the RRset; of its absence: SOA's */
	char cname[DNS_NAME_SIZE];
};

struct said_question {
	const char *name;
	int family;
	bool need_aa; /* false: a recursive resolver was asked */
	const uint8_t *query;
	size_t query_len;
};

/*
 * Never fails: what cannot be read is RESOLVER_SILENT with -EBADMSG. data
 * is an answer to the query, by dns_answer_open().
 */
void said_read(const struct said_question *q, const uint8_t *data, size_t len,
	       struct said *ret);

/*
 * Puts it into *out in place of what that said before; addresses and alias
 * are copies, for the caller to free. A copy that fails makes it silent.
 */
void said_copy(const struct said *s, struct resolver_server *out);

#endif
