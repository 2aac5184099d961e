/*
 * life_world - a world for entries and accounts: a source, name servers, a
 * network and providers that do as they are told, and what must never
 * happen. Linked in place of resolver, notify, monitor and hooks.
 */
#ifndef TESTS_SUPPORT_LIFE_WORLD_H
#define TESTS_SUPPORT_LIFE_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "daemon/source/source.h"
#include "notify/notify.h"

#define LIFE_NAMES 6
#define LIFE_ACCOUNTS 2

enum life_behaviour {
	LIFE_GOOD,
	LIFE_SILENT,        /* takes nothing, says nothing */
	LIFE_LATER,         /* says: not now */
	LIFE_SLOW,          /* says: in 20 s */
	LIFE_REFUSES,       /* says: never */
	LIFE_STRANGE,       /* says what nobody has heard of */
	LIFE_LOSES_ANSWERS, /* does it, but nobody hears of it */
};

struct life_account {
	enum life_behaviour behaviour;
	uint64_t asked_rest_ms; /* until when it asked to be left alone */
	uint64_t mended_ms;     /* when its settings were changed last */
	uint64_t sent_ms;       /* the last request */
};

struct life_name {
	char name[32];
	struct addr stands;  /* in DNS; family 0: absent */
	struct addr refused; /* the last value that was */
	uint64_t refused_ms;
	int in_flight;
};

struct life_world {
	struct source *source;
	struct addr address; /* the machine's */
	bool net_down;
	struct notify_account infos[LIFE_ACCOUNTS];
	struct life_account accounts[LIFE_ACCOUNTS];
	struct life_name names[LIFE_NAMES];
	uint64_t in_flight_ms; /* the longest that a request may take */
	unsigned int checks, updates; /* so far */
};

struct life_world *life_world_new(void);
void life_world_free(struct life_world *w);

/* Lets so much time pass, with all that happens in it. */
void life_world_run_for(struct life_world *w, uint64_t ms);

/* Another address, not confirmed; and that it is. */
void life_world_address(struct life_world *w);
void life_world_confirm(struct life_world *w);
/* Somebody else writes into DNS. */
void life_world_vandal(struct life_world *w);
/* The daemon was killed: nobody hears the answers to what has left. */
void life_world_orphan(struct life_world *w);

bool life_world_is_right(const struct life_world *w, int name);

#endif
