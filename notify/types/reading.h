/*
 * reading - values and records out of an answer (pure).
 */
#ifndef NOTIFY_READING_H
#define NOTIFY_READING_H

#include "notify/types/rule.h"

/* The value of a header of the answer, to be freed; NULL: none. */
typedef char *reading_header_fn(void *user, const char *name);

/*
 * The step's read sections, into the variables of `into`. 0; -ENOENT where a
 * required one is not there; -ENOMEM.
 */
int reading_values(struct context *c, const struct rule_answer *a,
		   reading_header_fn *header, void *user, struct thing *into);

/*
 * The step's records, added to those of every family at or below the present
 * thing. 0 or -ENOMEM.
 */
int reading_records(struct context *c, const struct rule_answer *a);

#endif
