/*
 * confirm - does the world see this address? The part of resolver.h that asks
 * reflectors; include that one.
 */
#ifndef RESOLVER_CONFIRM_H
#define RESOLVER_CONFIRM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "net/egress.h"

struct ev_loop;
struct resolver;

struct resolver_confirm {
	struct addr candidate;
	struct egress egress; /* applied as it is */
	struct addr gateway; /* "pcp" and "nat-pmp" ask it; family 0: none */
	const char *ca_file; /* of https reflectors; NULL: the system's */
	/* The words of evddns.conf(5). */
	const char *const *reflectors;
	size_t n_reflectors;
	/* Independent operators that must agree; >= 1. */
	unsigned int quorum;    /* on the candidate */
	unsigned int quorum_as; /* on another address */
	uint32_t timeout_ms;    /* for all of it */
	uint32_t random;        /* draws among equals; 0: as they stand */
};

enum resolver_seen {
	RESOLVER_SEEN,      /* a quorum saw exactly the candidate */
	RESOLVER_SEEN_AS,   /* a quorum saw one other address: seen_as */
	RESOLVER_DISPUTED,  /* answers, but no quorum for any address */
	RESOLVER_NOT_SEEN,  /* nobody who counts answered in time */
};

struct resolver_reflection {
	const char *reflector; /* as configured */
	int status;            /* 0: it said addr; else -errno */
	struct addr addr;
	char why[80]; /* status < 0: for people */
	uint32_t rtt_us;
};

#define RESOLVER_REFLECTORS_MOST 32

struct resolver_confirmation {
	enum resolver_seen seen;
	struct addr seen_as;
	const struct resolver_reflection *reflections;
	size_t n_reflections; /* those asked so far */
	/* Only plain DNS spoke: not enough to publish another address by. */
	bool dns_only;
	/* The router says that it has no public address of its own. */
	bool router_shut_in;
};

typedef void resolver_confirm_fn(void *user,
				 const struct resolver_confirmation *c);

/* The contract of resolver_check(). */
int resolver_confirm(struct resolver *r, const struct resolver_confirm *c,
		     resolver_confirm_fn *done, void *user);

/* Is text a reflector? 0, or -EINVAL for nonsense. */
int resolver_reflector_check(const char *text);

/* ---- what the router announces, where one is between us and the world ---- */

struct resolver_watch;

struct resolver_watch_options {
	struct addr gateway;
	struct egress egress; /* to it */
	int ifindex;          /* where it announces */
};

/* What it answered to a question of our own; announcements only lead there. */
struct resolver_router_word {
	struct addr addr; /* its own; family 0: it has none */
	bool changed;     /* that is not what it said last, or the first word */
	bool lost;        /* it was started anew since (RFC 6887, 8.5) */
	uint64_t heard_ns; /* the announcement; 0: there was none */
};

typedef void resolver_watch_fn(void *user,
			       const struct resolver_router_word *word);

/* 0 or -errno. Costs a socket, and nothing while the router is silent. */
int resolver_watch_new(struct ev_loop *loop,
		       const struct resolver_watch_options *o,
		       resolver_watch_fn *news, void *user,
		       struct resolver_watch **ret);
/* NULL is fine. No callback follows. */
void resolver_watch_free(struct resolver_watch *w);
/* Asks it now. Where it does not speak no callback follows. */
void resolver_watch_ask(struct resolver_watch *w);
/* Has it ever answered, and what last? */
bool resolver_watch_speaks(const struct resolver_watch *w,
			   struct addr *ret_addr);

/* ---- what others do for it ---- */

/*
 * Somebody who fetches by HTTPS, for this room has no TLS. text is the whole
 * answer's body, or what the pointer names in it; status < 0: why it could
 * not be had. The contract of resolver_check().
 */
struct resolver_fetch {
	const char *url;
	size_t url_len;
	const char *pointer; /* into a JSON answer (RFC 6901); NULL: none */
	int family;
	struct egress egress;
	const char *ca_file; /* NULL: the system's */
	uint32_t timeout_ms;
};

typedef void resolver_fetched_fn(void *user, int status, const char *text);

struct resolver_fetcher {
	void *owner;
	int (*start)(void *owner, const struct resolver_fetch *f,
		     resolver_fetched_fn *done, void *user);
	void (*cancel)(void *owner, int id);
};

/*
 * A reflector is let alone until then (seconds since 1970), after so many
 * failures; 0: no more. For who keeps it over a restart.
 */
typedef void resolver_rests_fn(void *user, const char *key,
			       unsigned int failures, int64_t until_s);

/* What resolver_rests_fn said once. */
void resolver_rest(struct resolver *r, const char *key, unsigned int failures,
		   int64_t until_s);

#endif
