/*
 * fake_dns - a DNS server on loopback that answers by a script, UDP and TCP,
 * on the test's own loop, on a port from the kernel.
 */
#ifndef TESTS_SUPPORT_FAKE_DNS_H
#define TESTS_SUPPORT_FAKE_DNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

struct ev_loop;
struct fake_dns;

enum fake_dns_flag {
	FAKE_AA = 1 << 0,
	FAKE_RA = 1 << 1,
	FAKE_TC = 1 << 2,       /* over UDP: empty and truncated */
	FAKE_SILENT = 1 << 3,
	/* A bad datagram, instead of the answer or, with FAKE_THEN, before. */
	FAKE_BAD_ID = 1 << 4,
	FAKE_BAD_CASE = 1 << 5,
	FAKE_GARBAGE = 1 << 6,
	FAKE_THEN = 1 << 7,
	FAKE_HUGE = 1 << 8,     /* padded with 40,000 bytes of TXT over TCP */
	FAKE_CUT = 1 << 9,      /* the message ends within its last record */
	FAKE_UDP = 1 << 10,     /* this rule is not for TCP */
	FAKE_NO_TCP = 1 << 11,  /* a question by TCP ends the connection */
	FAKE_LOWER = 1 << 12,   /* over UDP: the question in lower case */
};

/*
 * records: lines of "SECTION OWNER TTL TYPE DATA", where SECTION is an, au or
 * ar, OWNER "@" is the name asked, "." the root. TXT's data is one string.
 */
struct fake_dns_rule {
	const char *name;   /* NULL: any */
	uint16_t type;      /* 0: any */
	unsigned int flags; /* FAKE_* */
	unsigned int rcode;
	const char *records;
	unsigned int skip; /* so many questions are dropped before */
};

struct fake_dns_seen {
	unsigned int udp, tcp; /* questions */
	struct addr from;
	uint16_t port;
	bool rd;
	bool mixed_case;
};

/*
 * rules are borrowed; the first that matches is used; none: REFUSED. text is
 * the address to listen at, port 0: any. Ends the test program on failure.
 */
struct fake_dns *fake_dns_new(struct ev_loop *loop, const char *text,
			      uint16_t port, const struct fake_dns_rule *rules,
			      unsigned int n_rules);
void fake_dns_free(struct fake_dns *f);
/* Other rules from now on. */
void fake_dns_use(struct fake_dns *f, const struct fake_dns_rule *rules,
		  unsigned int n_rules);
uint16_t fake_dns_port(const struct fake_dns *f);
const struct fake_dns_seen *fake_dns_seen(const struct fake_dns *f);
/* "127.0.0.1:5300", for settings. */
const char *fake_dns_text(const struct fake_dns *f);

/* The answer to a query by one rule, without any server: its length. */
size_t fake_dns_build(const struct fake_dns_rule *r, const uint8_t *query,
		      uint8_t *out, size_t size);

#endif
