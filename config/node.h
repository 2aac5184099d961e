/*
 * node - the parts of a tree: made, found, freed.
 *
 * Private to the reader (config/grammar.c, config/tree.c).
 */
#ifndef CONFIG_NODE_H
#define CONFIG_NODE_H

#include "base/buf.h"
#include "config/tree.h"

/* What one section may hold of each kind, and one list of values. */
#define NODE_MAX_SETTINGS 256
#define NODE_MAX_VALUES 10000

/*
 * An array that grows one by one: items, now of n entries of size bytes,
 * with room for one more. NULL: no memory, and items is as it was.
 */
void *node_grow(void *items, size_t n, size_t size);

/* These take over what the part points at, or free it and say -ENOMEM. */
int node_add_section(struct config_section **items, size_t *n,
		     struct config_section *s);
int node_add_setting(struct config_section *s, struct config_setting *set);
int node_add_value(struct config_setting *set, struct config_value *v);

/* They free what the part points at, values wiped, not the part itself. */
void node_section_done(struct config_section *s);
void node_setting_done(struct config_setting *set);
void node_value_done(struct config_value *v);

/* The text, taken out of the buffer; NULL where there is none. */
char *node_take_text(struct buf *b);

#endif
