/*
 * rest - reflectors that failed or lied, and are let alone for a while, each
 * time longer.
 *
 * Pure, but for the memory that it takes.
 */
#ifndef RESOLVER_REST_H
#define RESOLVER_REST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Most that are remembered; the one that is up first is forgotten. */
#define REST_MAX 64
#define REST_KEY_MAX 1200

struct rest_entry {
	char *key;
	unsigned int failures; /* in a row */
	int64_t until_s;       /* since 1970 */
};

/* All zero: nobody rests. */
struct rest {
	struct rest_entry *items;
	size_t n;
};

void rest_done(struct rest *r);

bool rest_has(const struct rest *r, const char *key, int64_t now_s);

/* Failed once more: what is now remembered, or NULL (no memory). */
const struct rest_entry *rest_failed(struct rest *r, const char *key,
				     int64_t now_s, uint32_t random);
/* True where it was remembered. */
bool rest_forget(struct rest *r, const char *key);

/*
 * As it was remembered. No rest lasts longer from now on than a new one
 * could: the clock may have been wrong.
 */
void rest_restore(struct rest *r, const char *key, unsigned int failures,
		  int64_t until_s, int64_t now_s);

#endif
