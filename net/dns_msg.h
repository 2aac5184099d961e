/*
 * dns_msg - DNS messages on the wire (RFC 1035, RFC 6891): questions built,
 * answers read.
 *
 * Pure. Every byte of an answer is hostile: bounds-checked, compression
 * pointers only go back, and loops end.
 */
#ifndef NET_DNS_MSG_H
#define NET_DNS_MSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

/* Room for a name in text ("a.b.example", no final dot) with its NUL. */
#define DNS_NAME_SIZE 256
#define DNS_QUERY_SIZE 320

enum dns_type {
	DNS_A = 1,
	DNS_NS = 2,
	DNS_CNAME = 5,
	DNS_SOA = 6,
	DNS_PTR = 12,
	DNS_TXT = 16,
	DNS_AAAA = 28,
	DNS_OPT = 41,
};

enum dns_class { DNS_IN = 1, DNS_CH = 3 };

enum dns_rcode {
	DNS_NOERROR = 0,
	DNS_FORMERR = 1,
	DNS_SERVFAIL = 2,
	DNS_NXDOMAIN = 3,
	DNS_NOTIMP = 4,
	DNS_REFUSED = 5,
};

enum dns_section { DNS_ANSWER, DNS_AUTHORITY, DNS_ADDITIONAL };

/*
 * A query with EDNS (1232 bytes). Where mix_case, the letters of the name
 * are drawn upper or lower case from random ("0x20"). Returns its length,
 * or -EINVAL for a name that fits no message.
 */
int dns_query_build(const char *name, uint16_t type, uint16_t class,
		    uint16_t id, bool recursion_desired, bool mix_case,
		    uint32_t random, uint8_t out[DNS_QUERY_SIZE]);

struct dns_answer {
	uint16_t id;
	uint8_t rcode;
	bool aa, tc, ra;
	const uint8_t *data; /* borrowed */
	size_t len;
	size_t at;     /* next record */
	unsigned int left[3]; /* records per section, as the header claims */
};

struct dns_record {
	char name[DNS_NAME_SIZE]; /* lower case */
	enum dns_section section;
	uint16_t type, class;
	uint32_t ttl_s;
	struct addr addr; /* A, AAAA */
	char target[DNS_NAME_SIZE]; /* NS, CNAME, PTR, SOA's MNAME; lower case */
	uint32_t minimum_s;         /* SOA */
	char text[256];             /* TXT: its strings joined, cut */
	const uint8_t *data; /* as it came; names in it may be compressed */
	uint16_t data_len;
};

/*
 * Is this an answer to query: QR, opcode, id, and the question the same to
 * the letter (so 0x20 counts)? 0, or -EBADMSG. An answer without question
 * section is taken only with FORMERR, NOTIMP, SERVFAIL or REFUSED.
 */
int dns_answer_open(const uint8_t *query, size_t query_len,
		    const uint8_t *data, size_t len, struct dns_answer *ret);

/*
 * 1 and a record; 0 at the end; -EBADMSG, and *ret holds nothing of use.
 * Unknown types are passed on too; once an OPT record has been passed, rcode
 * is the extended one (cut at 255).
 */
int dns_answer_next(struct dns_answer *a, struct dns_record *ret);

/*
 * Would it be an answer to query, but for the case of the letters in its
 * question?
 */
bool dns_answer_differs_in_case(const uint8_t *query, size_t query_len,
				const uint8_t *data, size_t len);

/* The letters of a name in text, drawn upper or lower case from random. */
void dns_name_mix(char *name, uint32_t random);

/* Names compared as the DNS does: ASCII case does not count. */
bool dns_name_equal(const char *a, const char *b);

const char *dns_rcode_name(unsigned int rcode);

#endif
