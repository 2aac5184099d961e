#include "config.h"

#include <string.h>
#include <sysexits.h>

#include "base/log.h"
#include "daemon/modules.h"
#include "daemon/record/account.h"
#include "daemon/record/entry.h"
#include "daemon/record/fingerprint.h"
#include "daemon/report/summary.h"
#include "daemon/setup/plan.h"
#include "daemon/setup/setup.h"
#include "daemon/state/state.h"
#include "hooks/hooks.h"
#include "net/route.h"

static struct hooks_options hooks_options(const struct config *c)
{
	return (struct hooks_options){
		.directory = c->hooks_directory,
		.timeout_ms = c->hooks_timeout_ms,
		.parallel = c->hooks_parallel,
	};
}

static void resolver_changed(void *user)
{
	struct modules *m = user;

	log_info("resolv.conf has changed, asking again what had failed");
	if (m->setup)
		setup_retry(m->setup);
}

/* A reflector is let alone for a while: remembered over a restart. */
static void modules_rests(void *user, const char *key, unsigned int failures,
			  int64_t until_s)
{
	struct modules *m = user;

	state_set_rest(m->state, key, failures, until_s);
}

static void modules_rested(void *user, const char *key, unsigned int failures,
			   int64_t until_s)
{
	resolver_rest(user, key, failures, until_s);
}

static int open_resolver(struct modules *m, const struct config *c,
			 struct resolver **ret)
{
	struct resolver_options o = {
		.servers = (const char *const *)c->resolver_servers.items,
		.n_servers = c->resolver_servers.n,
		.timeout_ms = c->resolver_timeout_ms,
		.tries = c->resolver_tries,
		.route = m->route,
		.changed = resolver_changed,
		.fetcher = &m->fetcher,
		.rests = modules_rests,
		.user = m,
	};
	int r = resolver_new(m->loop, &o, ret);

	if (r == 0)
		state_each_rest(m->state, modules_rested, *ret);
	return r;
}

/* Do jobs go by the same settings as before? */
static bool same_accounts(const struct notify_config *a,
			  const struct notify_config *b)
{
	const struct notify_account *x, *y;
	size_t n, m;

	if (!a || !b)
		return false;
	x = notify_config_accounts(a, &n);
	y = notify_config_accounts(b, &m);
	for (size_t i = 0; n == m && i < n; i++)
		if (strcmp(x[i].name, y[i].name) != 0 ||
		    x[i].digest != y[i].digest)
			return false;
	return n == m;
}

/* Another resolver, if there are other settings for it. */
static int modules_resolver(struct modules *m, const struct config *c,
			    struct resolver **ret)
{
	*ret = NULL;
	if (m->resolver && fingerprint_resolver(setup_config(m->setup)) ==
				   fingerprint_resolver(c))
		return 0;
	return open_resolver(m, c, ret);
}

static void modules_ask(struct modules *m, struct resolver *resolver)
{
	if (!resolver)
		return;
	setup_pause(m->setup);
	resolver_free(m->resolver);
	m->source_world.resolver = resolver;
	m->entry_world.resolver = resolver;
	m->resolver = resolver;
	setup_resume(m->setup);
}

/* What is remembered of records that are not there any more, some day goes. */
static void modules_sweep(struct modules *m)
{
	size_t n;
	struct entry *const *all = setup_entries(m->setup, &n);

	if (m->entry_world.dry_run)
		return;
	for (size_t i = 0; i < n; i++)
		state_claim(m->state, all[i]->config->name, all[i]->family,
			    account_info(all[i]->account)->name);
	state_sweep(m->state);
}

static void modules_secret_changed(void *user, const char *account,
				   const char *path)
{
	struct modules *m = user;

	if (m->owner->reload(m->owner->user) == 0)
		log_info("provider \"%s\" has refused something, and its file "
			 "%s has changed: reading the configuration again",
			 account, path);
}

/* Of accounts that have refused something. */
static void modules_watch_secrets(struct modules *m)
{
	const struct account *last = NULL;
	size_t n;
	struct entry *const *all = setup_entries(m->setup, &n);

	secret_watch_begin(&m->secrets);
	for (size_t i = 0; i < n && m->secrets.n > 0; i++) {
		if (all[i]->state != RECORD_REFUSED || all[i]->account == last)
			continue;
		last = all[i]->account;
		secret_watch_want(&m->secrets, account_info(last)->name);
	}
	secret_watch_commit(&m->secrets);
}

int modules_use(struct modules *m, struct config *config,
		struct notify_config *accounts)
{
	bool same = same_accounts(m->accounts, accounts);
	struct hooks_options ho = hooks_options(config);
	const struct notify_account *info;
	struct resolver *resolver = NULL;
	struct plan *plan = NULL;
	size_t n;
	int r;

	info = notify_config_accounts(same ? m->accounts : accounts, &n);
	r = modules_resolver(m, config, &resolver);
	if (r == 0)
		r = plan_new(m->setup, config, info, n, &plan);
	if (r == 0)
		r = hooks_configure(m->hooks, &ho);
	if (r < 0) {
		plan_free(plan);
		resolver_free(resolver);
		config_free(config);
		return r;
	}
	info = notify_config_accounts(accounts, &n);
	secret_watch_use(&m->secrets, info, n);
	modules_ask(m, resolver);
	notify_set_linger(m->notify, config->notify_linger_ms);
	/* The process that is running knows the same: it goes on. */
	if (same) {
		notify_config_free(accounts);
		plan_carry_out(plan);
		modules_sweep(m);
		modules_watch_secrets(m);
		return 0;
	}
	/*
	 * The accounts before are still named by what goes; notify frees
	 * them.
	 */
	plan_carry_out(plan);
	notify_use(m->notify, accounts);
	m->accounts = accounts;
	quota_recall(&m->quota, accounts);
	modules_sweep(m);
	modules_watch_secrets(m);
	return 0;
}

static int modules_hear(struct modules *m, const struct modules_owner *owner)
{
	int r = m->route ? 0 : route_open(&m->route);

	if (r == 0 && !m->monitor)
		r = monitor_new(m->loop, owner->changed, owner->user,
				&m->monitor);
	return r;
}

void modules_listen(struct modules *m, const struct modules_owner *owner)
{
	(void)modules_hear(m, owner);
}

int modules_open(struct modules *m, const struct config *config,
		 const char *state_dir, bool dry_run,
		 const struct modules_owner *owner)
{
	struct hooks_options ho = hooks_options(config);
	int r;

	r = modules_hear(m, owner);
	if (r < 0) {
		log_error("netlink cannot be used: %s", strerror(-r));
		return EX_UNAVAILABLE;
	}
	r = hooks_new(m->loop, &ho, &m->hooks);
	if (r == 0)
		r = state_open(m->loop, state_dir, dry_run, &m->state);
	if (r < 0) {
		log_error("cannot start: %s", strerror(-r));
		return EX_OSERR;
	}
	m->owner = owner;
	secret_watch_start(&m->secrets, m->loop, modules_secret_changed, m);
	m->quota = (struct quota){ .notify = m->notify, .state = m->state };
	quota_begin(&m->quota);
	m->fetchings = (struct fetchings){ .notify = m->notify };
	m->fetcher = fetching_by(&m->fetchings);
	m->announce = (struct announce){
		.hooks = m->hooks, .dry_run = dry_run,
	};
	m->source_world = (struct source_world){
		.loop = m->loop,
		.monitor = m->monitor,
		.route = m->route,
		.reflectors4 = &m->shipped.reflectors4,
		.reflectors6 = &m->shipped.reflectors6,
		.healed = owner->healed,
		.user = owner->user,
	};
	m->entry_world = (struct entry_world){
		.loop = m->loop,
		.monitor = m->monitor,
		.announce = &m->announce,
		.state = m->state,
		.own = &m->own,
		.silences = &m->silences,
		.dry_run = dry_run,
		.moved = owner->moved,
		.healed = owner->healed,
		.user = owner->user,
	};
	m->setup_world = (struct setup_world){
		.source = &m->source_world,
		.entry = &m->entry_world,
		.notify = m->notify,
	};
	if (setup_new(&m->setup_world, &m->setup) < 0) {
		log_error("cannot start: no memory");
		return EX_OSERR;
	}
	return 0;
}

void modules_say(void *user, char *out, size_t size)
{
	const struct modules *m = user;

	if (m->setup)
		summary_print(m->setup, out, size);
}

void modules_tell(void *user)
{
	struct modules *m = user;

	if (!m->setup)
		return;
	setup_tell_lacks(m->setup);
	modules_watch_secrets(m);
}

bool modules_prove(void *user)
{
	struct modules *m = user;
	unsigned int resyncs = monitor_resyncs(m->monitor);
	bool alive = resyncs != m->resyncs;

	m->resyncs = resyncs;
	monitor_resync(m->monitor);
	return alive;
}

void modules_close(struct modules *m)
{
	secret_watch_stop(&m->secrets);
	setup_free(m->setup);
	resolver_free(m->resolver);
	hooks_free(m->hooks);
	notify_free(m->notify);
	monitor_free(m->monitor);
	route_close(m->route);
	state_close(m->state);
	shipped_done(&m->shipped);
}
