/*
 * lookup - names by the configured or the system's resolver, by c-ares.
 *
 * What resolv.conf and /etc/hosts say, followed when resolv.conf changes.
 * For finding servers; never for judging what a zone says.
 */
#ifndef NET_LOOKUP_H
#define NET_LOOKUP_H

#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

struct ev_loop;
struct lookup;

typedef void lookup_changed_fn(void *user);

struct lookup_options {
	const char *const *servers; /* "192.0.2.1", "[2001:db8::1]:5353" */
	size_t n_servers;           /* 0: resolv.conf */
	uint32_t timeout_ms;        /* of one try */
	unsigned int tries;
	/*
	 * May be NULL. resolv.conf says something else: what was under way
	 * is being asked again already; what had failed may be, by the caller.
	 */
	lookup_changed_fn *changed;
	void *user;
};

/* 0 or -errno. Copies the options. */
int lookup_new(struct ev_loop *loop, const struct lookup_options *o,
	       struct lookup **ret);
/* No callback follows. */
void lookup_free(struct lookup *l);

/*
 * status 0 with n >= 1 addresses (borrowed), -ENOENT: the name has none,
 * else -errno: nobody could say.
 */
typedef void lookup_addrs_fn(void *user, int status, const struct addr *addrs,
			     size_t n, uint32_t ttl_s);

/*
 * Addresses of host, both families where family is AF_UNSPEC; a host that
 * is an address is its own answer. Returns an id > 0, or -errno and no
 * callback. The callback comes at most once, never from inside the call.
 */
int lookup_addrs(struct lookup *l, const char *host, int family,
		 lookup_addrs_fn *done, void *user);

/*
 * The raw answer to name/type with RD=1, for dns_answer_open() with query.
 * status 0 also for NXDOMAIN and the like: an answer is an answer.
 */
typedef void lookup_raw_fn(void *user, int status, const uint8_t *query,
			   size_t query_len, const uint8_t *data, size_t len);
int lookup_raw(struct lookup *l, const char *name, uint16_t type,
	       lookup_raw_fn *done, void *user);

void lookup_cancel(struct lookup *l, int id);

#endif
