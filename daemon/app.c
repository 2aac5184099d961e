#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#ifdef __GLIBC__
#include <malloc.h>
#endif

#include <ev.h>

#include "base/clock.h"
#include "base/log.h"
#include "daemon/app.h"
#include "daemon/command.h"
#include "daemon/control.h"
#include "daemon/loading.h"
#include "daemon/modules.h"
#include "daemon/online.h"
#include "daemon/options.h"
#include "daemon/paths.h"
#include "daemon/privilege.h"
#include "daemon/rights.h"
#include "daemon/setup.h"
#include "daemon/shipped.h"
#include "daemon/watch_clock.h"
#include "hooks/hooks.h"

/* How long the stop hooks may hold up the end. */
#define STOP_S 0.6
/* One pass (-1) takes no longer than this, whatever is under way. */
#define ONCE_S 60.0
/* How long after something happened free memory is given back. */
#define TIDY_S 10.0

struct app {
	struct ev_loop *loop;
	const struct options *options;
	const struct paths *paths;
	app_ready_fn *ready;
	void *user;
	int status; /* to exit with */
	bool running, stopping;

	struct modules m;
	struct loading *loading; /* a start or reload under way */
	struct control *control;
	struct online *online; /* -t --online under way */
	uint64_t started_ms;

	ev_signal hup, usr1, term, interrupt;
	ev_timer deadline; /* of the stop, or of the one pass */
	ev_prepare turn;   /* the one pass looks at itself */
	ev_periodic clock; /* see watch_clock() */
	ev_timer tidy;     /* some time after the last activity */
};

/* ---- stop ---- */

static void app_end(struct app *a)
{
	ev_break(a->loop, EVBREAK_ALL);
}

static void app_end_when_idle(void *user)
{
	struct app *a = user;

	if (a->stopping)
		app_end(a);
}

static void app_deadline(struct ev_loop *loop, ev_timer *w, int revents);

static void app_arm_deadline(struct app *a, double after_s)
{
	ev_timer_stop(a->loop, &a->deadline);
	ev_now_update(a->loop);
	ev_timer_set(&a->deadline, after_s, 0.0);
	ev_timer_start(a->loop, &a->deadline);
}

static void app_post(struct app *a, const char *event)
{
	if (a->m.hooks && !a->options->dry_run)
		hooks_post(a->m.hooks, &(struct hook_event){
					     .event = event,
					     .retry_in_s = -1,
					     .latency_ms = -1,
				     });
}

/* Hooks may still speak; nothing new is begun. */
static void app_stop(struct app *a, double patience_s)
{
	if (a->stopping) {
		app_end(a);
		return;
	}
	a->stopping = true;
	if (!a->running) {
		app_end(a);
		return;
	}
	log_info("stopping");
	loading_free(a->loading); /* a reload would find nothing to change */
	a->loading = NULL;
	setup_free(a->m.setup);
	a->m.setup = NULL;
	app_post(a, "stop");
	if (hooks_pending(a->m.hooks) == 0)
		app_end(a);
	else
		app_arm_deadline(a, patience_s);
}

static void app_deadline(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct app *a = w->data;

	(void)loop;
	(void)revents;
	if (!a->stopping) {
		a->status = EX_TEMPFAIL;
		log_warning("not every record could be made right in %d s",
			    (int)ONCE_S);
	}
	app_end(a);
}

/* ---- one pass ---- */

static void app_turn(struct ev_loop *loop, ev_prepare *w, int revents)
{
	struct app *a = w->data;
	int outcome;

	(void)revents;
	ev_prepare_stop(loop, w);
	if (a->stopping || !a->m.setup)
		return;
	outcome = setup_outcome(a->m.setup);
	if (outcome < 0)
		return;
	a->status = outcome;
	app_stop(a, ONCE_S);
}

/* A burst of questions leaves much memory free, but not given back. */
static void app_tidy(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)w;
	(void)revents;
#ifdef __GLIBC__
	(void)malloc_trim(0);
#endif
}

static void app_moved(void *user)
{
	struct app *a = user;

	if (!ev_is_active(&a->tidy)) {
		ev_timer_set(&a->tidy, TIDY_S, 0.0);
		ev_timer_start(a->loop, &a->tidy);
	}
	if (a->options->once && !a->stopping)
		ev_prepare_start(a->loop, &a->turn);
}

/* ---- events ---- */

static void app_changed(void *user, int ifindex, uint64_t heard_ns)
{
	struct app *a = user;
	const struct monitor_link *link = monitor_link(a->m.monitor, ifindex);
	const struct log_fields f = {
		.subject = "kernel",
		.name = link ? link->name : NULL,
		.event = "heard",
		.at_ns = heard_ns,
	};

	if (a->m.setup)
		setup_look(a->m.setup, ifindex, heard_ns);
	/* What follows costs time that the questions no longer wait for. */
	if (log_wants(LOG_LEVEL_DEBUG))
		log_line(LOG_LEVEL_DEBUG, &f, "%s changed",
			 link		? "links, addresses or routes"
			 : ifindex == 0 ? "everything may have"
					: "an interface that is gone");
	app_moved(a);
}

static void app_terminated(struct ev_loop *loop, ev_signal *w, int revents)
{
	struct app *a = w->data;

	(void)loop;
	(void)revents;
	if (a->options->once && !a->stopping)
		a->status = EX_TEMPFAIL;
	app_stop(a, STOP_S);
}

static void app_poked(struct ev_loop *loop, ev_signal *w, int revents)
{
	struct app *a = w->data;

	(void)loop;
	(void)revents;
	if (!a->m.setup)
		return;
	log_info("looking at everything again");
	setup_look_again(a->m.setup);
}

/* ---- configuration ---- */

static void log_faults(const struct faults *faults, const char *prefix)
{
	char line[1024];

	for (size_t i = 0; i < faults->n; i++)
		log_error("%s%s", prefix,
			  faults_print(&faults->items[i], line, sizeof(line)));
}

/* What the command line says stands above the file. */
static void app_set_log(const struct app *a, const struct config *c)
{
	const struct options *o = a->options;

	log_start("evddnsd",
		  o->level_set	      ? o->level
		  : c->log_level_set ? c->log_level
				      : LOG_LEVEL_NOTICE,
		  o->format_set	       ? o->format
		  : c->log_format_set ? c->log_format
				       : LOG_FORMAT_TEXT,
		  o->syslog ? LOG_SINK_SYSLOG : LOG_SINK_STDERR);
}

static int app_use(struct app *a, struct config *config,
		   struct notify_config *accounts)
{
	int r = modules_use(&a->m, config, accounts);

	if (r == 0)
		app_set_log(a, config);
	return r;
}

static void app_reloaded(void *user, struct loaded *l)
{
	struct app *a = user;
	struct config *config = l->config;
	int r;

	loading_free(a->loading);
	a->loading = NULL;
	if (l->faults.n > 0) {
		log_faults(&l->faults, "reload: ");
		log_error("reload: nothing changed, the old configuration "
			  "goes on");
		loaded_done(l);
		return;
	}
	l->config = NULL;
	r = app_use(a, config, l->accounts);
	if (r == 0)
		l->accounts = NULL;
	loaded_done(l);
	if (r < 0) {
		log_error("reload: %s, the old configuration goes on",
			  strerror(-r));
		return;
	}
	log_info("reloaded %s", a->options->config ? a->options->config
						   : a->paths->config);
	app_post(a, "reload");
	setup_look(a->m.setup, 0, 0);
}

static const char *app_config_path(const struct app *a)
{
	return a->options->config ? a->options->config : a->paths->config;
}

static int app_load(struct app *a, loading_done_fn *done)
{
	return loading_start(a->m.notify, app_config_path(a),
			     a->paths->sysconfdir, done, a, &a->loading);
}

static void app_reload(void *user)
{
	struct app *a = user;
	int r;

	if (!a->running || a->stopping)
		return;
	if (a->loading) {
		loading_free(a->loading); /* the file may be another by now */
		a->loading = NULL;
	}
	r = app_load(a, app_reloaded);
	if (r < 0)
		log_error("reload: %s, the old configuration goes on",
			  strerror(-r));
}

static void app_hung_up(struct ev_loop *loop, ev_signal *w, int revents)
{
	(void)loop;
	(void)revents;
	app_reload(w->data);
}

static json_t *app_command(void *user, const json_t *request, bool may_act)
{
	struct app *a = user;
	const struct command_world world = {
		.setup = a->m.setup,
		.monitor = a->m.monitor,
		.hooks = a->m.hooks,
		.started_ms = a->started_ms,
		.reload = app_reload,
		.user = a,
	};

	return command_answer(&world, request, may_act);
}

/* ---- start ---- */

/* Without it the daemon does its work all the same. */
static void app_open_control(struct app *a, const struct config *config)
{
	struct control_options o = {
		.path = a->options->control ? a->options->control
					    : a->paths->control,
		.group = config->control_group,
		.admin_group = config->control_admin_group,
	};
	int r = control_open(a->loop, &o, app_command, a, &a->control);

	if (r < 0)
		log_warning("control socket %s cannot be opened (%s), going "
			    "on without", o.path,
			    r == -ENOENT && (o.group || o.admin_group)
				    ? "no such group or folder"
				    : strerror(-r));
}

static int app_begin(struct app *a, struct loaded *l)
{
	struct config *config = l->config;
	const struct modules_owner owner = {
		.changed = app_changed, .moved = app_moved, .user = a,
	};
	int r = modules_open(&a->m, config,
			     a->options->state_dir ? a->options->state_dir
						   : a->paths->state_dir,
			     a->options->dry_run, &owner);

	if (r != 0)
		return r;
	hooks_on_idle(a->m.hooks, app_end_when_idle, a);
	if (!a->options->once)
		app_open_control(a, config);
	l->config = NULL;
	r = app_use(a, config, l->accounts);
	if (r == 0) {
		l->accounts = NULL;
		r = a->options->user ? privilege_drop(a->options->user) : 0;
	}
	if (r < 0) {
		log_error("cannot start: %s", strerror(-r));
		return r == -ENOENT ? EX_NOUSER : EX_OSERR;
	}
	a->running = true;
	log_info("started, %s", app_config_path(a));
	app_post(a, "start");
	a->ready(a->user);
	if (a->options->once)
		app_arm_deadline(a, ONCE_S);
	return 0;
}

static void app_proven(void *user, int status)
{
	struct app *a = user;

	a->status = status;
	a->ready(a->user);
	app_end(a);
}

static void app_started(void *user, struct loaded *l)
{
	struct app *a = user;
	bool end = true;

	loading_free(a->loading);
	a->loading = NULL;
	if (shipped_load(a->paths->reflectors, &a->m.shipped, &l->faults) == 0 &&
	    l->faults.n == 0 && l->config)
		app_set_log(a, l->config);
	if (l->config && a->options->test)
		hooks_check(l->config->hooks_directory, &l->faults);
	if (l->config && a->options->test)
		rights_check(l->config, a->options->user && geteuid() == 0,
			     &l->faults);
	if (l->faults.n > 0) {
		log_faults(&l->faults, "");
		a->status = EX_CONFIG;
	} else if (a->options->test && a->options->online) {
		end = online_start(a->loop, a->m.notify, l, app_proven, a,
				   &a->online) < 0;
		a->status = end ? EX_OSERR : 0;
	} else if (a->options->test) {
		a->ready(a->user);
	} else {
		a->status = app_begin(a, l);
		end = a->status != 0;
	}
	loaded_done(l);
	if (end)
		app_end(a);
}

static void app_catch(struct app *a, ev_signal *w, int sig,
		      void (*cb)(struct ev_loop *, ev_signal *, int))
{
	ev_signal_init(w, cb, sig);
	w->data = a;
	ev_signal_start(a->loop, w);
	ev_unref(a->loop);
}

static void app_close(struct app *a)
{
	control_close(a->control);
	loading_free(a->loading);
	online_free(a->online);
	modules_close(&a->m);
}

int app_run(struct ev_loop *loop, const struct options *options,
	    const struct paths *paths, app_ready_fn *ready, void *user)
{
	struct app a = {
		.loop = loop,
		.m = { .loop = loop },
		.options = options,
		.paths = paths,
		.ready = ready,
		.user = user,
		.started_ms = clock_mono_ms(),
	};
	struct notify_options no = {
		.program = paths->notify,
		.linger_ms = 60000,
		.dry_run = options->dry_run,
	};
	int r;

	(void)signal(SIGPIPE, SIG_IGN);
	app_catch(&a, &a.term, SIGTERM, app_terminated);
	app_catch(&a, &a.interrupt, SIGINT, app_terminated);
	app_catch(&a, &a.hup, SIGHUP, app_hung_up);
	app_catch(&a, &a.usr1, SIGUSR1, app_poked);
	ev_timer_init(&a.deadline, app_deadline, 0.0, 0.0);
	a.deadline.data = &a;
	ev_prepare_init(&a.turn, app_turn);
	a.turn.data = &a;
	ev_timer_init(&a.tidy, app_tidy, TIDY_S, 0.0);
	watch_clock(loop, &a.clock);

	r = notify_new(loop, &no, &a.m.notify);
	if (r == 0)
		r = app_load(&a, app_started);
	if (r < 0) {
		log_error("cannot start: %s", strerror(-r));
		a.status = EX_OSERR;
	} else {
		(void)ev_run(loop, 0);
	}
	app_close(&a);
	return a.status;
}
