/*
 * scrub - what may be shown of a text that may hold secrets (pure).
 */
#ifndef NOTIFY_SCRUB_H
#define NOTIFY_SCRUB_H

#include <stddef.h>

struct scrub {
	char **items; /* each secret, in each of the forms it is sent in */
	size_t n;
};

/* The secret and its escaped forms. 0 or -ENOMEM; "" is none. */
int scrub_add(struct scrub *s, const char *secret);
/* Wipes them. */
void scrub_done(struct scrub *s);

/* A copy with "<redacted>" for every secret; NULL without memory. */
char *scrub_text(const struct scrub *s, const char *text, size_t len);

#endif
