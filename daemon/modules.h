/*
 * modules - everything that the daemon opens, and the setup that runs on it.
 */
#ifndef DAEMON_MODULES_H
#define DAEMON_MODULES_H

#include <stdbool.h>

#include "daemon/control/announce.h"
#include "daemon/record/entry.h"
#include "daemon/record/own.h"
#include "daemon/record/quota.h"
#include "daemon/record/silence.h"
#include "daemon/setup/fetching.h"
#include "daemon/setup/secret_watch.h"
#include "daemon/setup/setup.h"
#include "daemon/setup/shipped.h"
#include "daemon/source/source.h"
#include "monitor/monitor.h"
#include "notify/notify.h"

struct hooks;
struct resolver;
struct route;
struct state;

struct modules_owner;

struct modules {
	struct ev_loop *loop;
	struct shipped shipped;
	struct notify *notify;
	struct monitor *monitor;
	struct route *route;
	struct resolver *resolver; /* of the setup in use */
	struct fetchings fetchings;
	struct resolver_fetcher fetcher;
	struct hooks *hooks;
	struct announce announce;
	struct state *state;
	struct quota quota;
	struct own own;
	struct silences silences;
	struct secret_watch secrets;
	const struct modules_owner *owner;
	struct setup *setup; /* NULL: not open yet, or stopping */
	const struct notify_config *accounts; /* in use; notify's */
	struct source_world source_world;
	struct entry_world entry_world;
	struct setup_world setup_world;
	unsigned int resyncs; /* as of the last proof of life */
};

struct modules_owner {
	monitor_changed_fn *changed;
	void (*moved)(void *user);  /* an entry has changed its state */
	void (*healed)(void *user); /* ... and is answered again */
	int (*reload)(void *user);  /* 0: it is under way; or -errno */
	void *user;
};

/*
 * Hears the kernel and reads its tables while the configuration is still being
 * read. Where that fails nothing is said: modules_open() tries again.
 */
void modules_listen(struct modules *m, const struct modules_owner *owner);

/*
 * Opens what is not open yet; loop, shipped and notify are there already.
 * 0, or an exit status, and it was said why.
 */
int modules_open(struct modules *m, const struct config *config,
		 const char *state_dir, bool dry_run,
		 const struct modules_owner *owner);

/*
 * From now on this is what counts. What is as before goes on undisturbed,
 * with its state and what it has under way. config is taken over in any
 * case, accounts where it succeeds. 0 or -errno, and then nothing has
 * changed.
 */
int modules_use(struct modules *m, struct config *config,
		struct notify_config *accounts);

/* For upkeep: a line on how it goes; and does the kernel still answer? */
void modules_say(void *user, char *out, size_t size);
bool modules_prove(void *user);
/*
 * What has lasted a moment is told: what is waited for. What was refused has
 * its secrets watched.
 */
void modules_tell(void *user);

void modules_close(struct modules *m);

#endif
