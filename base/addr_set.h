/*
 * addr_set - a small set of addresses on the heap. Order does not count.
 */
#ifndef BASE_ADDR_SET_H
#define BASE_ADDR_SET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/addr.h"

/* Most members; more are left out. */
#define ADDR_SET_MAX 64
/* Room for addr_set_print() of a usual set. */
#define ADDR_SET_STRLEN 256

struct addr_set {
	struct addr *items; /* sorted, no duplicates; owned */
	size_t n;
};

/* Replaces the contents. 0 or -ENOMEM (and then nothing has changed). */
int addr_set_assign(struct addr_set *s, const struct addr *items, size_t n);
void addr_set_clear(struct addr_set *s);
bool addr_set_equal(const struct addr_set *a, const struct addr_set *b);
bool addr_set_has(const struct addr_set *s, const struct addr *a);
/* "192.0.2.1, 192.0.2.2", cut with "…"; "none" when empty. Returns out. */
const char *addr_set_print(const struct addr_set *s, char *out, size_t size);

#endif
