/*
 * answer - a resolver's answer, kept: one block of memory.
 */
#ifndef DAEMON_ANSWER_H
#define DAEMON_ANSWER_H

#include "resolver/resolver.h"

/* NULL where there is no memory. */
struct resolver_answer *answer_copy(const struct resolver_answer *a);
void answer_free(struct resolver_answer *a); /* NULL is fine */

/* The same, as if the servers held nothing but these addresses. */
struct resolver_answer *answer_only(const struct resolver_answer *a,
				    const struct addr *only, size_t n);

/* The longest TTL that any server gave, in seconds; 0: none did. */
uint32_t answer_ttl_s(const struct resolver_answer *a);

#endif
