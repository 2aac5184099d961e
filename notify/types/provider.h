/*
 * provider - an open account of a type out of a file: its session, zones and
 * ids, and the runs under way.
 */
#ifndef NOTIFY_PROVIDER_H
#define NOTIFY_PROVIDER_H

#include "notify/core/engine.h"
#include "notify/core/limit.h"
#include "notify/types/context.h"
#include "notify/types/scrub.h"

#include <ev.h>

struct run;

/* What is known of a zone. */
struct provider_zone {
	struct provider_zone *next;
	char *name; /* "" where the type needs none */
	struct thing *thing;
	bool valid;
};

struct provider {
	struct engine *engine;
	struct account *account;
	const struct ptype *type;
	struct thing *session;
	bool session_valid;
	unsigned int generation; /* counts sessions */
	uint64_t session_until_ms; /* monotonic; 0: for good */
	struct provider_zone *zones;
	json_t *ids; /* "name type": records */
	struct run *runs, **runs_end;
	size_t active;
	struct run *leader; /* begins the session, or finds a zone */
	/* Whether a request may hold more changes than the type's batch. */
	bool takes_more, takes_fewer;
	struct limit *limits;
	struct scrub scrub;
	ev_timer kick;     /* runs may start */
	ev_timer patience; /* with the leader */
	bool logout_due;
};

/* The acts of all types out of files. */
void provider_acts(struct type *t);

/* Starts what may start; from the loop, soon. */
void provider_kick(struct provider *p);
/* NULL without memory. */
struct provider_zone *provider_zone(struct provider *p, const char *name);
void provider_zone_forget(struct provider_zone *z);
void provider_session_forget(struct provider *p);
bool provider_session_is_valid(const struct provider *p);

/* Remembered records, borrowed; NULL: none. */
json_t *provider_ids(const struct provider *p, const char *name,
		     const char *type);
/* Takes records over; NULL forgets. */
void provider_ids_set(struct provider *p, const char *name, const char *type,
		      json_t *records);

/* How long the account's limits want a request to wait; 0: taken, go. */
uint64_t provider_wait_ms(struct provider *p);

/* To the secrets, from what a session step read. */
void provider_hide(struct provider *p, const struct thing *t);
char *provider_scrub(void *user, const char *text, size_t len);

#endif
