/*
 * endpoint - where a request goes: the step's URL, the type's endpoint and
 * the account's, put together (pure).
 */
#ifndef NOTIFY_ENDPOINT_H
#define NOTIFY_ENDPOINT_H

#include "notify/types/context.h"

/*
 * "https://host[:port]" and the path with its escapes, to be freed. 0,
 * -ENOENT (no endpoint, or a variable of it is missing), -EINVAL, -ENOMEM.
 */
int endpoint_build(struct context *c, char **ret_base, char **ret_path);

/* A URL that is one variable: it needs no endpoint. */
bool endpoint_is_whole(const struct template *url);

#endif
