/*
 * resolver - what the world says: the zone's own servers about a name, and
 * reflectors about an address.
 *
 * Two kinds of question, both asked from the candidate address. Nothing is
 * decided here: resolver_verdict() and the daemon do that.
 *
 * Knows nothing of interfaces, records or updates.
 */
#ifndef RESOLVER_RESOLVER_H
#define RESOLVER_RESOLVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "net/egress.h"
#include "resolver/confirm.h"

struct ev_loop;
struct resolver;
struct route;

struct resolver_options {
	const char *const *servers; /* none: resolv.conf */
	size_t n_servers;
	uint32_t timeout_ms; /* of one question to one server */
	unsigned int tries;
	struct route *route; /* borrowed for life */
	/*
	 * May be NULL. The system's resolver is another one: what failed for
	 * want of an answer may be asked again.
	 */
	void (*changed)(void *user);
	const struct resolver_fetcher *fetcher; /* NULL: none; borrowed */
	resolver_rests_fn *rests;               /* NULL: nobody is told */
	void *user; /* of changed and rests */
};

/* 0 or -errno. Copies the options. */
int resolver_new(struct ev_loop *loop, const struct resolver_options *o,
		 struct resolver **ret);
/* NULL is fine. No callback follows. */
void resolver_free(struct resolver *r);

/* ---- check: what do the zone's own servers say of a name? ---- */

enum resolver_mode {
	RESOLVER_AUTHORITATIVE, /* the zone's servers by address, RD=0 */
	RESOLVER_RECURSIVE,     /* the configured resolver */
};

struct resolver_question {
	const char *name;
	int family;
	enum resolver_mode mode;
	/* Ask these instead of the zone's NS set: host or address, :port. */
	const char *const *nameservers;
	size_t n_nameservers;
	struct egress egress; /* egress_for() is applied for each server */
	/* Addresses that the whole world can reach are wanted. */
	bool global;
	/*
	 * Nothing waits for the answer: a server that was silent the last time
	 * is waited for again, as long as for the others.
	 */
	bool patient;
	/*
	 * A server at one of these is this very machine: it is asked at its
	 * present address of the same family, ours (family 0: none).
	 */
	const struct addr *were_ours;
	size_t n_were_ours;
	struct addr ours4, ours6;
};

/* What one server did. Absent is an answer; no answer is not. */
enum resolver_outcome {
	RESOLVER_ANSWERED,    /* with AA: n addresses, or absent where n is 0 */
	RESOLVER_CNAME,       /* with AA: the name is an alias */
	RESOLVER_INTERCEPTED, /* somebody else's answer: see doubt */
	RESOLVER_LAME,        /* REFUSED, SERVFAIL, NOTIMP, a referral… */
	RESOLVER_SILENT,      /* no answer to be had; error says why */
};

/* What speaks against an answer that pretends to be the server's own. */
enum resolver_doubt {
	RESOLVER_SURE,
	RESOLVER_NO_AA,   /* it does not even pretend */
	RESOLVER_RA,      /* AA, but a resolver answers so as well */
	RESOLVER_PRIVATE, /* private addresses, where global ones are wanted */
	RESOLVER_INSIDE,  /* ... from a server within: a split horizon */
};

struct resolver_server {
	const char *name; /* of the NS record, or as configured */
	struct addr addr;
	uint16_t port;
	enum resolver_outcome outcome;
	unsigned int rcode;
	int error; /* RESOLVER_SILENT: -errno */
	bool ra;
	enum resolver_doubt doubt; /* the outcome says how it ended */
	bool by_tcp; /* what UDP brought was not the server's, TCP's is */
	const struct addr *addrs;
	size_t n_addrs;
	uint32_t ttl_s;
	const char *cname; /* RESOLVER_CNAME: what it points at */
	uint32_t rtt_us;
};

struct resolver_answer {
	/*
	 * 0: every server was asked (each has its outcome). -ENOENT: no zone
	 * holds this name. Else -errno: the zone or its servers could not be
	 * found out now; there are no servers.
	 */
	int status;
	const char *zone; /* NULL: not known; "" is the root */
	const struct resolver_server *servers;
	size_t n_servers;
	/*
	 * Name server names that have no address to ask; they count for
	 * nothing but are told.
	 */
	size_t n_unreachable;
};

/* All pointers are borrowed for the call. */
typedef void resolver_check_fn(void *user, const struct resolver_answer *a);

/*
 * Returns an id > 0, or -errno and no callback. The callback comes once,
 * from the event loop, never from inside this call, never after cancel, and
 * at the latest after the timeouts of finding the zone and of asking.
 */
int resolver_check(struct resolver *r, const struct resolver_question *q,
		   resolver_check_fn *done, void *user);

enum resolver_verdict {
	RESOLVER_RIGHT,       /* all who answered say exactly what is wanted */
	RESOLVER_PROPAGATING, /* some do */
	RESOLVER_DIFFERS,     /* none does */
	RESOLVER_UNKNOWN,     /* nobody who may be believed answered */
	RESOLVER_ALIAS,       /* the name is a CNAME */
};

/*
 * Pure: the answer held against the wanted set (order does not count; an
 * empty set wants the name absent). Servers that were lame, silent or
 * intercepted have no vote; RIGHT needs at least one vote.
 */
enum resolver_verdict resolver_verdict(const struct resolver_answer *a,
				       const struct addr *wanted, size_t n);
/* The same of a name that others hold too: all of wanted is there. */
enum resolver_verdict resolver_verdict_shared(const struct resolver_answer *a,
					      const struct addr *wanted,
					      size_t n);

/* "right", "propagating"… */
const char *resolver_verdict_name(enum resolver_verdict v);
/* Why there are no servers: of a resolver_answer's status < 0, for people. */
const char *resolver_status_text(int status);

/*
 * One line for people about one server: "ns1.example (192.0.2.53): 192.0.2.7",
 * "…: absent", "…: REFUSED", "…: no answer (timed out)". Returns out.
 */
const char *resolver_server_print(const struct resolver_server *s, char *out,
				  size_t size);

/* Of a check or a confirmation; NULL is fine. */
void resolver_cancel(struct resolver *r, int id);

#endif
