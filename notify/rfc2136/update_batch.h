/*
 * update_batch - one UPDATE message on its way: zone found and server
 * resolved here, sent and judged by update_send.c.
 */
#ifndef NOTIFY_UPDATE_BATCH_H
#define NOTIFY_UPDATE_BATCH_H

#include <ev.h>
#include <jansson.h>

#include "net/dns_msg.h"
#include "notify/core/job.h"
#include "notify/core/resolve.h"
#include "notify/rfc2136/rfc2136.h"
#include "notify/rfc2136/update.h"

struct ask;
struct dns_io;
struct owner_plan;
struct update_ask;

/*
 * The next server's next address is the target; where the zone is not known
 * it is asked of the target first, and of the system's resolver where no
 * target can tell.
 */
struct batch {
	struct batch *next;
	struct update *u;
	struct work **works;
	size_t n;
	unsigned int budget;
	bool zone_known;
	char zone[DOMAIN_SIZE];
	char soa_name[DOMAIN_SIZE]; /* asked of the resolver now */
	bool primary_known;         /* no server configured: the zone's */
	struct update_server primary;
	size_t server; /* index; the primary counts as the only one */
	size_t servers_left; /* to be tried, this one included */
	struct addr addrs[RESOLVE_ADDRS_MAX];
	size_t addr, n_addrs; /* of the server */
	uint64_t deadline_ms;
	uint64_t sent_ns;
	char target[ADDR_STRLEN + 8]; /* in words; "": batch_target() */
	struct rfc2136_message message;
	struct outcome last; /* if no server does better */
	bool has_last;
	struct outcome doubt; /* of the target, if nothing better comes of it */
	bool has_doubt;
	/* A shared name: what comes of the marks at the target; NULL: ask. */
	struct owner_plan *plan;
	unsigned int tries;
	/* ... and what went from it, which somebody may have taken up since: */
	struct addr *took;
	size_t n_took;
	bool unsure; /* nothing in the message made sure of that */
	bool gone;   /* all is done but for a look at these; then this: */
	struct outcome good;
	bool soa_by_tcp; /* by UDP the target does not answer */
	bool ptr_asked; /* the target was, as ptr_to wants it */
	/* A look: what is asked next, and what was found. */
	size_t looks;
	json_t *values;
	/*
	 * create = no, and one family of two was not there: each by itself,
	 * first this one. 0: together.
	 */
	int only;
	struct outcome first, whole; /* what came of it; of both together */
	/* One of these is under way. */
	struct dns_io *io;
	struct ask *ask;
	struct update_ask *question;
	int resolving, looking; /* for these: */
	ev_timer late;
	uint8_t query[DNS_QUERY_SIZE];
	size_t query_len;
};

/*
 * The works become the batch's; there is room for them all in one message.
 * zone NULL: find it, and then there is one work only. It starts at once.
 * budget: how many messages more may be spent to send works apart.
 */
void batch_start(struct update *u, struct work *const *works, size_t n,
		 const char *zone, unsigned int budget);
/* Frees it; its works have no batch any more. */
void batch_free(struct batch *b);
/* A cancelled work; frees the batch that has no other. */
void batch_forget(struct batch *b, struct work *w);

/* Between the two files. */
const struct job *batch_job(const struct batch *b); /* its first */
const struct update_server *batch_server(const struct batch *b);
/* Whom it goes to, for people: put into words when somebody asks. */
const char *batch_target(struct batch *b);
uint32_t batch_left_ms(const struct batch *b, uint32_t most_ms);
/* ... for this target: others may come after it. */
uint32_t batch_share_ms(const struct batch *b);
bool batch_is_last_target(const struct batch *b);
/* Whatever comes next. All of these may free the batch. */
void batch_step(struct batch *b);
void batch_next_target(struct batch *b);
void batch_target_failed(struct batch *b, int error);
/* The target's word, which another one may better. */
void batch_target_said(struct batch *b, const struct outcome *o);
/* Answers all works and frees the batch. */
void batch_finish(struct batch *b, const struct outcome *o);
void batch_finish_error(struct batch *b, const char *what, int error);
void batch_send(struct batch *b);

/* update_ptr.c: the reverse names of what was done; forgets them all. */
void update_ptr_follow(struct update *u, const struct batch *b,
		       const struct job *j, const struct outcome *o);
/* A job of nothing else: each is asked for, and set where it is wrong. */
void update_ptr_check(struct update *u, struct work *w);
void update_ptr_cancel(struct work *w);
void update_ptrs_drop(struct update *u);
/* Asks what the reverse name says, then batch_step(), or it is finished. */
void batch_ask_ptr(struct batch *b);

/* update_look.c: asks what is next, then batch_step(). */
void batch_look(struct batch *b);

/* update_owner.c: what other owners say, then batch_step(). */
void batch_ask_owners(struct batch *b);
/* The plan was carried out, for one family or for both. */
void batch_owners_took(struct batch *b);
/*
 * Before o is told: looks once more where values were taken away, or false
 * where there is nothing to look for.
 */
bool batch_owners_after(struct batch *b, const struct outcome *o);
/* They have changed it meanwhile: asks anew, or false if too often. */
bool batch_owners_again(struct batch *b);

/*
 * The server to begin with: the first one, or for a while the one that took
 * an update when those before it did not.
 */
size_t update_first_server(const struct update *u);
void update_server_is_good(struct update *u, size_t server);

/* A zone found before; NULL: none is known for name. */
const char *update_zone_known(const struct update *u, const char *name);
void update_zone_keep(struct update *u, const char *name, const char *zone);
/* Something went wrong: maybe because a zone is another one now. */
void update_zones_forget(struct update *u);

#endif
