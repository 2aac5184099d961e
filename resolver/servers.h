/*
 * servers - sets of name servers with their addresses: a zone's NS set, or
 * those that the operator lists. Kept by TTL, found once for all who ask.
 */
#ifndef RESOLVER_SERVERS_H
#define RESOLVER_SERVERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "resolver/waiter.h"

struct ev_loop;
struct lookup;
struct servers;

/* More addresses than these are not asked. */
#define SERVERS_MOST 24

/* How long what was found counts as fresh. */
#define SERVERS_TTL_LEAST_S 30
#define SERVERS_TTL_MOST_S  86400

struct server {
	char *name; /* of the NS record, or as listed */
	struct addr addr;
	uint16_t port;
	bool silent;  /* it was, when others answered last */
	bool doubted; /* it gave its proof last: see doubt.h */
	/* How long it has taken of late, rather too much; 0: never heard. */
	uint32_t rtt_us;
};

/* How a server did. */
struct server_note {
	bool silent, doubted;
	uint32_t rtt_us; /* 0: nothing was heard */
};

/* One set. Those outside read; it lives as long as the servers. */
struct server_set {
	struct server_set *next;
	char *key;
	struct server *items;
	size_t n; /* 0: not known yet */
	size_t n_unreachable;
	uint64_t fresh_until_ns;
	struct waiter *waiters;
	struct server_search *search; /* NULL: none under way */
};

/* 0 or -ENOMEM. port is where a zone's servers are asked: 53. */
int servers_new(struct ev_loop *loop, struct lookup *lookup, uint16_t port,
		struct servers **ret);
/* Nobody is told any more. */
void servers_free(struct servers *s);

/* The set, known or not; NULL: no memory. */
struct server_set *servers_of_zone(struct servers *s, const char *zone);
struct server_set *servers_listed(struct servers *s, const char *const *list,
				  size_t n);

bool server_set_is_fresh(const struct server_set *set);

/*
 * Begins to find the set (again), unless that is under way. w (may be NULL)
 * is told; never from inside this call. 0, or -errno and w is not told.
 */
int server_set_refresh(struct servers *s, struct server_set *set,
		       struct waiter *w);

/* Remembers it, if the set still holds the server. */
void server_set_note(struct server_set *set, const struct addr *addr,
		     uint16_t port, const struct server_note *note);

/* A TTL within the bounds, as a time from now. */
uint64_t servers_fresh_until_ns(uint32_t ttl_s);

#endif
