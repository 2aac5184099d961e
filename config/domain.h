/*
 * domain - host names as the DNS wants them.
 *
 * Pure, but for IDNA, which loads libidn2 the first time a name needs it.
 */
#ifndef CONFIG_DOMAIN_H
#define CONFIG_DOMAIN_H

#include <stdbool.h>
#include <stddef.h>

/* Longest name in text without the final dot, and its NUL. */
#define DOMAIN_SIZE 254

/*
 * A host name (RFC 1123; a first label of "*" and underscores at a label's
 * start are let through) in A-labels or, where built with it, UTF-8, with
 * or without the final dot: made lower case, A-labels, no final dot.
 * 0, -EINVAL with a reason in *ret_why (a constant text), or -EOPNOTSUPP
 * where IDNA is needed and not to be had.
 */
int domain_normalize(const char *text, char ret[DOMAIN_SIZE],
		     const char **ret_why);

/* Is name at or below parent? Both normalized; "" is the root. */
bool domain_is_within(const char *name, const char *parent);

/* "b.example" for "a.b.example"; "" for "example"; NULL for "". */
const char *domain_parent(const char *name);

#endif
