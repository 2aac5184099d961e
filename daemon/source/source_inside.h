/*
 * source_inside - what source.c, candidate.c, concern.c, loss.c and explain.c
 * share; nobody else looks.
 */
#ifndef DAEMON_SOURCE_INSIDE_H
#define DAEMON_SOURCE_INSIDE_H

#include <ev.h>

#include "base/log.h"
#include "daemon/source/pick.h"
#include "daemon/source/source.h"

struct source {
	const struct source_world *world;
	const struct config_source *config;
	const char *prefix_from;
	source_event_fn *event;
	void *user;
	int family;
	struct source_candidate candidates[PICK_MAX];
	size_t n;
	struct addr_set public;
	bool known; /* public is what the world was said to see */
	enum pick_nat nat;
	bool said_nat;
	bool announce; /* the candidates were not told about yet */
	uint64_t heard_ns;
	unsigned int failures; /* of confirmation, in a row */
	int uplink;            /* of the last look; 0: none */
	struct {
		struct addr addr;
		int ifindex;
	} held[PICK_MAX]; /* last */
	size_t n_held;
	bool gone;      /* none of them is there */
	bool verifying; /* a dump is asked for */
	unsigned int resyncs; /* before that */
	struct nat *behind; /* NULL: not behind NAT */
	bool said_carrier;
	bool left; /* for now, and that was told */
	ev_timer timer;        /* to go out alone, or to ask again */
	ev_timer again;        /* there was no memory to look */
};

/* The fields of its log lines; event is a constant. */
struct log_fields source_fields(const struct source *s, const char *event);
struct pick_request source_request(const struct source *s);
void source_arm(struct source *s, uint64_t delay_ms);

/*
 * An address that is there all the same (deprecated, without a route) is not
 * lost for good; one that was deleted, or whose link is down, is, when a dump
 * says so too. True: that has just become so.
 */
bool source_note_loss(struct source *s);
/* After a look; news: what that said. */
void source_tell_loss(struct source *s, bool news);

/* Is every candidate settled, and what is then to be published? */
void source_conclude(struct source *s);

#endif
