/*
 * whoami - reflectors that are asked by DNS: names whose answer is the
 * asker's address.
 *
 * Pure.
 */
#ifndef RESOLVER_WHOAMI_H
#define RESOLVER_WHOAMI_H

#include "resolver/reflector.h"

/* What to ask for one family. */
struct whoami_question {
	const char *name;
	uint16_t type, class;
	struct addr server; /* family 0: look host up */
	const char *host;
	uint16_t port;
};

/*
 * What follows "dns:": a built-in word, or "NAME@SERVER/TYPE[/CLASS]". 0 or
 * -EINVAL.
 */
int whoami_parse(const char *text, struct reflector *r);

/*
 * 0 or -EAFNOSUPPORT where it can say nothing of that family. Of several
 * addresses of a built-in one random draws.
 */
int whoami_ask(const struct reflector *r, int family, uint32_t random,
	       struct whoami_question *ret);

struct whoami_message {
	const uint8_t *query;
	size_t query_len;
	const uint8_t *data; /* an answer, by dns_answer_open() */
	size_t len;
};

/*
 * The address that an answer tells: 0, or -errno with a reason for people in
 * why. It must come with authority; reflector_judge() is still to be asked.
 */
int whoami_read(const struct whoami_question *q,
		const struct whoami_message *m, struct addr *ret,
		char why[REFLECTOR_WHY_SIZE]);

#endif
