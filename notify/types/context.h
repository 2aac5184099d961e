/*
 * context - where a template stands: type, step, thing and account, and so
 * what its variables are (pure, but for the clock it is given).
 */
#ifndef NOTIFY_CONTEXT_H
#define NOTIFY_CONTEXT_H

#include "notify/core/account.h"
#include "notify/types/thing.h"

struct context {
	const struct ptype *type;
	const struct ptype_step *step; /* NULL: none */
	const struct account *account;
	struct thing *thing;
	int64_t now_s;
	uint32_t page; /* of repeat; 0: first */
	char nonce[40];
	unsigned int depth;
	const char *culprit; /* a variable that was missing or did not fit */
	int error; /* of what was computed: 0, -EINVAL, … */
};

/* A new reference; NULL: missing, or c->error. */
json_t *context_get(struct context *c, const char *variable);
/* Do all hold? */
bool context_holds(struct context *c, const struct ptype_conditions *when);

/* Contracts of template_expand() and template_text(). */
int context_expand(struct context *c, const struct template *t,
		   enum template_place place, struct buf *out);
int context_text(struct context *c, const struct template *t, char **ret);

/*
 * The JSON of a body with all expansions made, loops unrolled. 0, -ENOENT,
 * -EINVAL, -ENOMEM; c->culprit.
 */
int context_json(struct context *c, json_t *body, json_t **ret);

/* value_at() with a pointer that may hold expansions. */
json_t *context_at(struct context *c, json_t *v, const char *pointer);

/* The group (1: first) of a regular expression in text; NULL: no match. */
char *context_match(const struct ptype_regex *re, const char *text,
		    size_t group);

#endif
