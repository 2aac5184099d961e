#include "config.h"

#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "daemon/front.h"
#include "daemon/modules.h"
#include "daemon/options.h"
#include "daemon/paths.h"
#include "daemon/reload.h"
#include "daemon/setup/loading.h"
#include "daemon/setup/setup.h"
#include "daemon/upkeep.h"

int reload_use(const struct reload *r, struct config *config,
	       struct notify_config *accounts)
{
	int error = modules_use(r->modules, config, accounts);

	if (error == 0)
		options_start_log(r->options, config);
	return error;
}

/* 0, or it was said why not. */
static int reload_change(const struct reload *r, struct loaded *l)
{
	struct config *config = l->config;
	int error;

	if (l->faults.n > 0) {
		loaded_tell_faults(l, "reload: ");
		log_error("reload: nothing changed, the old configuration "
			  "goes on");
		return -EINVAL;
	}
	l->config = NULL;
	error = reload_use(r, config, l->accounts);
	if (error == 0)
		l->accounts = NULL;
	else
		log_error("reload: %s, the old configuration goes on",
			  strerror(-error));
	return error;
}

static void reload_loaded(void *user, struct loaded *l)
{
	struct reload *r = user;
	int error;

	loading_free(r->loading);
	r->loading = NULL;
	error = reload_change(r, l);
	front_reloaded(r->front, &l->faults, error);
	loaded_done(l);
	upkeep_ready(r->upkeep); /* by the new one or the old one */
	if (error < 0)
		return;
	front_use(r->front, setup_config(r->modules->setup));
	log_info("reloaded %s", r->paths->config);
	announce_plain(&r->modules->announce, "reload");
	setup_look(r->modules->setup, 0, 0);
}

void reload_cancel(struct reload *r)
{
	loading_free(r->loading);
	r->loading = NULL;
}

int reload_start(struct reload *r)
{
	int error;

	reload_cancel(r);
	upkeep_reloading(r->upkeep);
	error = loading_start(r->modules->notify, r->paths->config,
			      r->paths->sysconfdir, reload_loaded, r,
			      &r->loading);
	if (error < 0) {
		log_error("reload: %s, the old configuration goes on",
			  strerror(-error));
		upkeep_ready(r->upkeep);
	}
	return error;
}
