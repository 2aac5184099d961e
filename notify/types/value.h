/*
 * value - what a variable of a provider type holds: a JSON value that is
 * written as text (pure).
 *
 * Strings need not be UTF-8: they hold what the operator wrote.
 */
#ifndef NOTIFY_VALUE_H
#define NOTIFY_VALUE_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "base/buf.h"

/* A string of any bytes; NULL without memory. */
json_t *value_new(const char *text, size_t len);
json_t *value_new_text(const char *text);

/* As text; the items of an array with commas between. */
void value_append(const json_t *v, struct buf *out);
/* The same, to be freed; NULL without memory. */
char *value_text(const json_t *v);

/* Does it say anything: not missing, null, false, 0, "" or empty? */
bool value_is_set(const json_t *v);

/* Is its text this one, letters of either case alike? */
bool value_is(const json_t *v, const char *text);

/*
 * RFC 6901. NULL where there is nothing; "" is the whole. Borrowed.
 */
json_t *value_at(json_t *v, const char *pointer);
bool value_pointer_is_valid(const char *pointer);

#endif
