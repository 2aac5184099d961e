#include "config.h"

#include <string.h>
#include <sysexits.h>

#include "base/log.h"
#include "daemon/modules.h"
#include "daemon/setup.h"
#include "daemon/state.h"
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

static int open_resolver(struct modules *m, const struct config *c,
			 struct resolver **ret)
{
	struct resolver_options o = {
		.servers = (const char *const *)c->resolver_servers.items,
		.n_servers = c->resolver_servers.n,
		.timeout_ms = c->resolver_timeout_ms,
		.tries = c->resolver_tries,
		.route = m->route,
	};

	return resolver_new(m->loop, &o, ret);
}

int modules_use(struct modules *m, struct config *config,
		struct notify_config *accounts)
{
	struct setup *old = m->setup, *setup = NULL;
	const struct notify_account *info;
	struct resolver *resolver = NULL;
	struct hooks_options ho = hooks_options(config);
	size_t n;
	int r;

	r = open_resolver(m, config, &resolver);
	if (r == 0)
		r = hooks_configure(m->hooks, &ho);
	if (r < 0) {
		resolver_free(resolver);
		config_free(config);
		return r;
	}
	/* Nothing is asked while a setup is made: the old one still may be. */
	info = notify_config_accounts(accounts, &n);
	r = setup_new(&m->setup_world, config, info, n, &setup);
	if (r < 0) {
		resolver_free(resolver);
		return r;
	}
	if (old)
		setup_adopt(setup, old);
	setup_free(old);
	resolver_free(m->resolver);
	m->source_world.resolver = resolver;
	m->entry_world.resolver = resolver;
	m->resolver = resolver;
	m->setup = setup;
	notify_set_linger(m->notify, config->notify_linger_ms);
	notify_use(m->notify, accounts);
	return 0;
}

int modules_open(struct modules *m, const struct config *config,
		 const char *state_dir, bool dry_run,
		 const struct modules_owner *owner)
{
	struct hooks_options ho = hooks_options(config);
	int r;

	r = route_open(&m->route);
	if (r == 0)
		r = monitor_new(m->loop, owner->changed, owner->user,
				&m->monitor);
	if (r < 0) {
		log_error("netlink cannot be used: %s", strerror(-r));
		return EX_UNAVAILABLE;
	}
	r = hooks_new(m->loop, &ho, &m->hooks);
	if (r == 0)
		r = state_open(m->loop, state_dir, &m->state);
	if (r < 0) {
		log_error("cannot start: %s", strerror(-r));
		return EX_OSERR;
	}
	m->source_world = (struct source_world){
		.loop = m->loop,
		.monitor = m->monitor,
		.route = m->route,
		.reflectors4 = &m->shipped.reflectors4,
		.reflectors6 = &m->shipped.reflectors6,
	};
	m->entry_world = (struct entry_world){
		.loop = m->loop,
		.monitor = m->monitor,
		.hooks = m->hooks,
		.state = m->state,
		.dry_run = dry_run,
		.moved = owner->moved,
		.user = owner->user,
	};
	m->setup_world = (struct setup_world){
		.source = &m->source_world,
		.entry = &m->entry_world,
		.notify = m->notify,
	};
	return 0;
}

void modules_close(struct modules *m)
{
	setup_free(m->setup);
	resolver_free(m->resolver);
	hooks_free(m->hooks);
	notify_free(m->notify);
	monitor_free(m->monitor);
	route_close(m->route);
	state_close(m->state);
	shipped_done(&m->shipped);
}
