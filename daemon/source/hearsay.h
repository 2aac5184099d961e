/*
 * hearsay - what each reflector said of a candidate, kept for people.
 */
#ifndef DAEMON_HEARSAY_H
#define DAEMON_HEARSAY_H

#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "resolver/resolver.h"

struct hearsay_word {
	char *reflector;
	int status;       /* 0: it said addr */
	struct addr addr;
	char why[80];
	uint32_t rtt_us;
};

struct hearsay {
	size_t n;
	struct hearsay_word words[];
};

/* A copy; NULL without memory. */
struct hearsay *hearsay_new(const struct resolver_confirmation *seen);
/* NULL is fine. */
void hearsay_free(struct hearsay *h);

/* "stun:stun.example: 203.0.113.7 (12.3 ms)"; returns out. */
const char *hearsay_print(const struct hearsay_word *w, char *out,
			  size_t size);

#endif
