/*
 * lookups - whom this process asks for the addresses of hosts: the resolver
 * section, as the daemon has it.
 */
#ifndef NOTIFY_DESK_LOOKUPS_H
#define NOTIFY_DESK_LOOKUPS_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

struct config_tree;

struct lookups {
	char **servers;
	size_t n_servers;    /* 0: resolv.conf */
	uint32_t timeout_ms; /* of one try; 0: the default */
	uint32_t tries;      /* the same */
};

/*
 * What is wrong with the section is left out: the daemon's reader tells it.
 * 0 or -ENOMEM.
 */
int lookups_read(const struct config_tree *t, struct lookups *ret);
void lookups_done(struct lookups *l);

/* Between the processes. 0, -EBADMSG or -ENOMEM. */
json_t *lookups_pack(const struct lookups *l);
int lookups_unpack(json_t *o, struct lookups *ret);

#endif
