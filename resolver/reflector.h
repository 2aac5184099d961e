/*
 * reflector - those who say from which address a question came: what the
 * configuration's word for one means, and which answers are believed.
 *
 * Pure.
 */
#ifndef RESOLVER_REFLECTOR_H
#define RESOLVER_REFLECTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "net/dns_msg.h"

struct whoami_builtin;

/* In the order of what a question costs. */
enum reflector_kind {
	REFLECTOR_NAT_PMP,
	REFLECTOR_PCP,
	REFLECTOR_DNS,
	REFLECTOR_STUN,
	REFLECTOR_STUN_TCP,
	REFLECTOR_HTTPS,
};

#define REFLECTOR_OPERATOR_SIZE 272
#define REFLECTOR_TEXT_MAX	1024
#define REFLECTOR_WHY_SIZE	80

struct reflector {
	enum reflector_kind kind;
	/* REFLECTOR_DNS */
	const struct whoami_builtin *builtin; /* NULL: as follows */
	char name[DNS_NAME_SIZE];
	uint16_t type, class;
	/* Where to ask; REFLECTOR_DNS and _STUN only. */
	struct addr addr; /* family 0: host is to be looked up */
	char host[DNS_NAME_SIZE];
	uint16_t port;
	/* REFLECTOR_HTTPS */
	size_t url_len; /* of the text; a pointer may follow */
	char operator[REFLECTOR_OPERATOR_SIZE];
};

/* 0 or -EINVAL. */
int reflector_parse(const char *text, struct reflector *ret);

/* "HOST[:PORT]" into r; a part of the words of several kinds. 0 or -EINVAL. */
int reflector_server_parse(const char *text, uint16_t port_default,
			   struct reflector *r);
bool reflector_is_name(const char *name);

/* One operator has one voice, however many reflectors it runs. */
const char *reflector_operator(const struct reflector *r);

/* The router, which may be asked by two protocols: one operator too. */
bool reflector_is_router(const struct reflector *r);

__attribute__((format(printf, 3, 4)))
int reflector_refuse(char why[REFLECTOR_WHY_SIZE], int error,
		     const char *format, ...);

/*
 * Is what was said to be believed? It must be of the candidate's family, and
 * either the candidate or a global unicast address. 0, or -errno with a
 * reason for people in why.
 */
int reflector_judge(const struct addr *said, const struct addr *candidate,
		    char why[REFLECTOR_WHY_SIZE]);

#endif
