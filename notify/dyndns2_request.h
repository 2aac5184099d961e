/*
 * dyndns2_request - what dyndns2 asks and is answered, carried by http.
 */
#ifndef NOTIFY_DYNDNS2_REQUEST_H
#define NOTIFY_DYNDNS2_REQUEST_H

#include <stddef.h>

#include "notify/http.h"

struct account;
struct engine;
struct request;
struct work;

/* An open account. */
struct dyndns2 {
	struct engine *engine;
	struct account *account;
	const char *endpoint;
	struct http_url dialled; /* the proxy's where there is one */
	struct request *requests;
};

/* The acts of the type. */
void dyndns2_submit(struct account *a, struct work *const *works, size_t n);
void dyndns2_cancel(struct work *w);
/* Every request ends without an answer. */
void dyndns2_drop(struct dyndns2 *d);

#endif
