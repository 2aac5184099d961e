/*
 * call - one request of a provider type, ready to be sent (pure).
 */
#ifndef NOTIFY_CALL_H
#define NOTIFY_CALL_H

#include "notify/http/http.h"
#include "notify/types/context.h"

struct call_pair {
	char *name, *value; /* as meant, not escaped */
};

struct call_pairs {
	struct call_pair *items;
	size_t n;
};

struct call {
	const char *method;   /* the step's */
	char *base, *path;    /* "https://host:port", "/p%20q" */
	struct call_pairs query, headers;
	bool strict;          /* query escaped as signatures want it */
	char *url;            /* of all these */
	struct http_url host; /* of the URL */
	char *body;           /* NULL: none */
	size_t len;
	char *username, *password; /* Basic, or of aws */
	char *aws;                 /* CURLOPT_AWS_SIGV4; NULL: none */
};

/*
 * The step's request in c. 0; -ENOENT or -EINVAL and a reason in why; or
 * -ENOMEM.
 */
int call_build(struct context *c, struct call *ret, char *why,
	       size_t why_size);
/* Secrets are wiped. */
void call_done(struct call *r);

/* For the signers. 0 or -ENOMEM; values are copied. */
int call_add(struct call_pairs *p, const char *name, const char *value);
/* By name, then value, bytewise. */
void call_sort(struct call_pairs *p);
/* "a=b&c=d" with escapes. */
void call_join(const struct call_pairs *p, bool strict, struct buf *out);

#endif
