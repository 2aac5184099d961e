/*
 * hand_world - a world for entries and accounts in which nothing happens but
 * what the test does: it says what the name servers and the provider answer,
 * and when. Linked in place of resolver, notify, monitor, source and hooks,
 * on the clock of fake_ev.
 */
#ifndef TESTS_SUPPORT_HAND_WORLD_H
#define TESTS_SUPPORT_HAND_WORLD_H

#include <stdbool.h>
#include <stddef.h>

#include "daemon/record/entry.h"
#include "notify/notify.h"

struct account;

/* What an account was given. */
struct hand_job {
	int id; /* 0: answered or cancelled */
	char name[64];
	bool ipv4, ipv6; /* families in it */
	struct addr value; /* of either; family 0: withdrawn */
	struct addr was;   /* what exactly is to be taken away */
	bool more;
	notify_done_fn *done;
	void *user;
};

#define HAND_JOBS 64

extern struct hand {
	struct source *ipv4, *ipv6;
	struct notify_account info; /* free, unless the test says otherwise */
	struct entry_world world;
	struct hand_job jobs[HAND_JOBS]; /* all of them, in order */
	size_t n_jobs;
	unsigned int questions, cancelled, healed, verified;
	int submit_error; /* of all further jobs; 0: they are taken */
	struct notify_reply reply; /* what hand_reply() says beside its status */
} hand;

/* In a directory of its own, remembering nothing. */
void hand_begin(void);
void hand_end(void);
/* The state file is written and read again, as over a restart. */
void hand_restart(void);

struct account *hand_account(void);
struct entry *hand_entry(struct account *a, const struct config_record *r,
			 int family);

/* The machine's address, not confirmed yet (NULL: none); and that it is. */
void hand_address(struct source *s, const char *address);
void hand_confirm(struct source *s);
/* ... and the entry is told. */
void hand_tell(struct entry *e, enum source_event event);

/*
 * The name servers answer the entry's question: an address, "": there is
 * none, NULL: nobody answers. It must have asked.
 */
void hand_servers(struct entry *e, const char *address);
bool hand_has_asked(const struct entry *e);

/* The provider answers the last job. */
void hand_reply(enum notify_status status);
/* How many jobs are with the provider. */
size_t hand_under_way(void);

/* Time passes; what is due happens. */
void hand_wait(uint64_t ms);
/* Until the entry's timer, in ms; 0: it has none. */
uint64_t hand_due_in(const struct entry *e);

#endif
