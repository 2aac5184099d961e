/*
 * hook_env - one event as a hook sees it: environment and JSON. Pure.
 */
#ifndef HOOKS_HOOK_ENV_H
#define HOOKS_HOOK_ENV_H

#include <stddef.h>

#include "hooks/hooks.h"

/* PATH, the variables of evddns-hooks(7), and the final NULL. */
#define HOOK_ENV_MAX 16

struct hook_env {
	char *envp[HOOK_ENV_MAX]; /* ends with NULL */
	char *json;               /* one line with its newline */
	size_t json_len;
};

/*
 * Bytes of a value that are not printable UTF-8 become '?': a variable is
 * always one line and the JSON is always well formed. 0 or -ENOMEM.
 */
int hook_env_make(const struct hook_event *e, struct hook_env *ret);

/* Fine for one that is all zero. */
void hook_env_done(struct hook_env *env);

#endif
