/*
 * update - DNS UPDATE carried to its servers: what rfc2136 builds goes out,
 * comes back, and is judged by it.
 */
#ifndef NOTIFY_UPDATE_H
#define NOTIFY_UPDATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "config/domain.h"
#include "notify/rfc2136/dns_io.h"
#include "notify/rfc2136/tsig.h"

struct account;
struct batch;
struct engine;
struct work;

#define UPDATE_SERVERS_MAX 16
#define UPDATE_PORT 53

struct update_server {
	char host[DOMAIN_SIZE];
	uint16_t port;
};

/* An open account. */
struct update {
	struct engine *engine;
	struct account *account;
	bool has_key;
	struct tsig_key key;
	const char *zone; /* NULL: find it */
	struct update_server servers[UPDATE_SERVERS_MAX];
	size_t n_servers; /* 0: the zone's primary */
	size_t good_server; /* it did what others would not */
	uint64_t good_until_ms;
	struct update_zone *zones; /* found before */
	struct batch *batches;
	struct update_ptr *ptrs; /* reverse names on their way */
	bool warm;
	/* Made before it is needed, and bound to what the last one left by. */
	struct dns_io_spare spare;
	char device[IFNAMSIZ];
};

/* The acts of the type; u is filled but for its lists. */
void update_prepare(struct update *u);
void update_submit(struct update *u, struct work *const *works, size_t n);
void update_cancel(struct work *w);
/* Every batch ends without an answer. */
void update_done(struct update *u);

#endif
