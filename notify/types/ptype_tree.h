/*
 * ptype_tree - a section of a type file as JSON and back, and put together
 * with that of its base. Private to ptype_find.c.
 */
#ifndef NOTIFY_PTYPE_TREE_H
#define NOTIFY_PTYPE_TREE_H

#include <jansson.h>

struct config_section;

/* NULL: not UTF-8, or no memory. */
json_t *ptype_tree_pack(const struct config_section *s);
/* Texts belong to it, file names to the JSON. NULL: no memory, or no tree. */
struct config_section *ptype_tree_unpack(json_t *o);
void ptype_tree_free(struct config_section *s);

/* A setting's first value; NULL: not set. Its line. */
const char *ptype_tree_text(json_t *o, const char *setting);
unsigned int ptype_tree_line(json_t *o, const char *setting);

/* Into own, what only base says; evddns-provider(5), base. 0 or -ENOMEM. */
int ptype_tree_merge(json_t *own, json_t *base);

#endif
