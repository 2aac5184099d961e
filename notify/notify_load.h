/*
 * notify_load - evddns-notify --load, run and heard to its end.
 */
#ifndef NOTIFY_NOTIFY_LOAD_H
#define NOTIFY_NOTIFY_LOAD_H

#include <sys/types.h>

#include "notify/protocol.h"

struct ev_loop;
struct load;

/* The configuration, behind notify.h's opaque name. */
struct notify_config {
	struct protocol_accounts accounts;
	int fd; /* sealed */
};

/* The contract of notify_loaded_fn. The load may be freed in it. */
int load_start(struct ev_loop *loop, const char *program, gid_t group,
	       const char *path, notify_loaded_fn *done, void *user,
	       struct load **ret);
/* NULL is fine. No callback follows. */
void load_free(struct load *l);

#endif
