/*
 * server_list - the resolver's servers as c-ares reads them.
 *
 * Pure.
 */
#ifndef NET_SERVER_LIST_H
#define NET_SERVER_LIST_H

#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

struct ares_addr_port_node;

/*
 * "[2001:db8::1]:5353,192.0.2.1:53" of servers in the form of settings;
 * *ret is NULL where there are none, else to be freed. 0, -EINVAL for what is
 * no server, or -ENOMEM.
 */
int server_list_join(const char *const *servers, size_t n, char **ret);

/*
 * The same of a list of c-ares, this one first. -ENOENT where it is not one
 * of them, or where the list holds what this form cannot say: a link-local
 * address, whose interface c-ares 1.18 keeps for itself.
 */
int server_list_prefer(const struct ares_addr_port_node *list,
		       const struct addr *first, uint16_t port, char **ret);

#endif
