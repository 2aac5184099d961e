/*
 * template - text with {expansions}, escaped for the place where it goes, so
 * that no value can leave its place (pure).
 */
#ifndef NOTIFY_TEMPLATE_H
#define NOTIFY_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "base/buf.h"

enum template_place {
	PLACE_TEXT,   /* as it is */
	PLACE_HOST,   /* letters, digits, ".", "-", and "[:]" */
	PLACE_PATH,   /* percent signs (RFC 3986), but "," and ":" stay */
	PLACE_QUERY,  /* the same */
	PLACE_STRICT, /* a query or form without these exceptions */
	PLACE_HEADER, /* no control character */
	PLACE_XML,
};

struct template_piece {
	char *text;     /* what stands there, or the variable's name */
	char *filter;   /* NULL: none */
	bool variable;
};

struct template {
	struct template_piece *pieces;
	size_t n;
};

/* "{{" and "}}" are braces. 0, -ENOMEM, or -EINVAL and a reason. */
int template_parse(const char *text, struct template *ret, const char **why);
void template_done(struct template *t);

/* The one variable that is all of it, if that has this filter; or NULL. */
const char *template_only(const struct template *t, const char *filter);

/*
 * A variable's value, a new reference; NULL: missing. An object with the one
 * member TEMPLATE_RAW is text that is escaped already.
 */
#define TEMPLATE_RAW "$raw"
typedef json_t *template_get_fn(void *user, const char *variable);

struct template_values {
	template_get_fn *get;
	void *user;
	/* Out: what was missing or did not fit its place; the template's. */
	const char *culprit;
};

/*
 * Appends. 0, -ENOENT (a variable is missing), -EINVAL (its value cannot
 * stand there), -ENOMEM. Of a failure nothing stays.
 */
int template_expand(const struct template *t, enum template_place place,
		    struct template_values *v, struct buf *out);
/* To be freed, without anything for its place. */
int template_text(const struct template *t, struct template_values *v,
		  char **ret);

/* Appends one text as the place wants it. 0 or -EINVAL. */
int template_escape(enum template_place place, const char *text, size_t len,
		    struct buf *out);

#endif
