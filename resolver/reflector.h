/*
 * reflector - those who say from which address a question came: what the
 * configuration's word for one means, and what its answer says.
 *
 * Pure.
 */
#ifndef RESOLVER_REFLECTOR_H
#define RESOLVER_REFLECTOR_H

#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "net/dns_msg.h"

struct reflector_builtin;

struct reflector {
	const struct reflector_builtin *builtin; /* NULL: as follows */
	char name[DNS_NAME_SIZE];
	uint16_t type, class;
	char server[DNS_NAME_SIZE + 8]; /* as written, lower case */
	struct addr addr;               /* family 0: host is to be looked up */
	char host[DNS_NAME_SIZE];
	uint16_t port;
};

/* What to ask for one family. */
struct reflector_question {
	const char *name;
	uint16_t type, class;
	struct addr server; /* family 0: look host up */
	const char *host;
	uint16_t port;
};

/* 0, -EINVAL, or -EOPNOTSUPP for a kind that this build cannot ask. */
int reflector_parse(const char *text, struct reflector *ret);

/* One operator has one voice, however many reflectors it runs. */
const char *reflector_operator(const struct reflector *r);

/*
 * 0 or -EAFNOSUPPORT where it can say nothing of that family. Of several
 * addresses of a built-in one random draws.
 */
int reflector_ask(const struct reflector *r, int family, uint32_t random,
		  struct reflector_question *ret);

#define REFLECTOR_WHY_SIZE 80

struct reflector_message {
	const uint8_t *query;
	size_t query_len;
	const uint8_t *data; /* an answer, by dns_answer_open() */
	size_t len;
};

/*
 * The address that an answer tells: 0, or -errno with a reason for people in
 * why. It must come with authority, be of the candidate's family, and be
 * either the candidate or a global unicast address.
 */
int reflector_read(const struct reflector_question *q,
		   const struct reflector_message *m,
		   const struct addr *candidate, struct addr *ret,
		   char why[REFLECTOR_WHY_SIZE]);

#endif
