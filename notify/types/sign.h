/*
 * sign - what authorizes a request: logins, tokens and signatures (pure).
 */
#ifndef NOTIFY_SIGN_H
#define NOTIFY_SIGN_H

#include "notify/types/call.h"

/*
 * Adds to q what the type's auth says. The rest of q is there, but for the
 * URL. 0, -ENOENT, -EINVAL, -ENOMEM.
 */
int sign_call(struct context *c, struct call *q);

#endif
