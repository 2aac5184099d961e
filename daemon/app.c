#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include <ev.h>

#include "base/clock.h"
#include "base/log.h"
#include "daemon/app.h"
#include "daemon/clock_watch.h"
#include "daemon/modules.h"
#include "daemon/options.h"
#include "daemon/paths.h"
#include "daemon/privilege.h"
#include "daemon/front.h"
#include "daemon/reload.h"
#include "daemon/rights.h"
#include "daemon/setup/loading.h"
#include "daemon/setup/online.h"
#include "daemon/setup/setup.h"
#include "daemon/setup/shipped.h"
#include "daemon/stop.h"
#include "daemon/upkeep.h"
#include "hooks/hooks.h"

/* How long the stop hooks may hold up the end. */
#define STOP_S 0.6
/* One pass (-1) takes no longer than this, whatever is under way. */
#define ONCE_S 60.0

struct app {
	struct ev_loop *loop;
	const struct options *options;
	const struct paths *paths;
	app_ready_fn *ready;
	void *user;
	int status; /* to exit with */
	bool running, stopping;
	bool reload_due; /* asked for before it runs */
	uint64_t heard_ns; /* the kernel's last word */

	struct modules m;
	struct modules_owner owner;
	struct loading *loading; /* for the start, under way */
	struct reload reload;
	struct online *online; /* -t --online under way */
	struct front front;

	struct stop stop;

	ev_signal hup, usr1, term, interrupt;
	ev_timer deadline; /* of the stop, or of the one pass */
	ev_prepare turn;   /* the one pass looks at itself */
	struct upkeep upkeep;
	struct clock_watch clock;
};

/* ---- stop ---- */

static void app_end(struct app *a)
{
	ev_break(a->loop, EVBREAK_ALL);
}

static void app_end_when_idle(void *user)
{
	struct app *a = user;

	if (a->stopping && !a->m.setup)
		app_end(a);
}

static void app_arm_deadline(struct app *a, double after_s)
{
	ev_timer_stop(a->loop, &a->deadline);
	ev_now_update(a->loop);
	ev_timer_set(&a->deadline, after_s, 0.0);
	ev_timer_start(a->loop, &a->deadline);
}

/* Hooks may still speak. */
static void app_finish(struct app *a, double patience_s)
{
	setup_free(a->m.setup);
	a->m.setup = NULL;
	announce_plain(&a->m.announce, "stop");
	if (hooks_pending(a->m.hooks) == 0)
		app_end(a);
	else
		app_arm_deadline(a, patience_s);
}

static void app_withdrawn(void *user)
{
	struct app *a = user;

	app_finish(a, stop_patience_s(&a->stop));
}

/* One pass publishes: what it has published stays. */
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
	upkeep_stopping(&a->upkeep);
	reload_cancel(&a->reload); /* it would find nothing to change */
	if (a->options->once ||
	    !stop_begin(&a->stop, a->loop, a->m.setup, app_withdrawn, a))
		app_finish(a, patience_s);
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

static void app_moved(void *user)
{
	struct app *a = user;

	upkeep_moved(&a->upkeep);
	stop_moved(&a->stop);
	if (a->options->once && !a->stopping)
		ev_prepare_start(a->loop, &a->turn);
}

static void app_healed(void *user)
{
	struct app *a = user;

	if (a->m.setup)
		setup_heal(a->m.setup, ENTRY_HEAL_NET);
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

	a->heard_ns = heard_ns;
	if (a->m.setup)
		setup_look(a->m.setup, ifindex, heard_ns);
	/* What follows costs time that the questions no longer wait for. */
	if (log_wants(LOG_LEVEL_DEBUG))
		log_line(LOG_LEVEL_DEBUG, &f, "%s changed",
			 link		? "links, addresses or routes"
			 : ifindex == 0 ? "everything may have"
					: "an interface that is gone");
	if (a->m.setup)
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

/*
 * What waits for a right clock goes on; after a sleep nothing that was
 * known is sure.
 */
static void app_clock_set(void *user, uint64_t slept_ms)
{
	struct app *a = user;

	log_info(slept_ms ? "the machine slept for %llu s, looking at "
			    "everything again"
			  : "the clock was set",
		 (unsigned long long)(slept_ms / 1000));
	if (!a->m.setup || !a->running)
		return;
	if (slept_ms > 0)
		monitor_resync(a->m.monitor);
	setup_heal(a->m.setup, slept_ms > 0 ? ENTRY_HEAL_SLEPT
						: ENTRY_HEAL_CLOCK);
}

/* ---- configuration ---- */

static int app_reload(void *user)
{
	struct app *a = user;

	if (!a->running || a->stopping)
		return -EBUSY;
	return reload_start(&a->reload);
}

static void app_hung_up(struct ev_loop *loop, ev_signal *w, int revents)
{
	struct app *a = w->data;

	(void)loop;
	(void)revents;
	/* What is being read for the start may be of before. */
	a->reload_due = !a->running;
	(void)app_reload(a);
}

/* ---- start ---- */

static int app_begin(struct app *a, struct loaded *l)
{
	struct config *config = l->config;
	bool first = access(a->paths->state_dir, F_OK) < 0;
	int r = modules_open(&a->m, config, a->paths->state_dir,
			     a->options->dry_run, &a->owner);

	if (r != 0)
		return r;
	hooks_on_idle(a->m.hooks, app_end_when_idle, a);
	if (!a->options->once)
		front_open(&a->front, a->loop, a->paths->control, config);
	l->config = NULL;
	r = reload_use(&a->reload, config, l->accounts);
	if (r == 0) {
		l->accounts = NULL;
		r = privilege_leave(a->options->user,
				    first ? a->paths->state_dir : NULL,
				    a->front.control ? a->paths->control
						     : NULL);
	}
	if (r < 0) {
		log_error("cannot start: %s", strerror(-r));
		return EX_OSERR;
	}
	a->running = true;
	log_info("started, %s", a->paths->config);
	announce_plain(&a->m.announce, "start");
	a->ready(a->user);
	upkeep_ready(&a->upkeep);
	/* What was heard before there was anybody to care. */
	if (a->heard_ns) {
		setup_look(a->m.setup, 0, a->heard_ns);
		app_moved(a);
	}
	if (a->options->once)
		app_arm_deadline(a, ONCE_S);
	if (a->reload_due)
		(void)app_reload(a);
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
		options_start_log(a->options, l->config);
	if (l->config && a->options->test)
		hooks_check(l->config->hooks_directory, &l->faults);
	if (l->config && a->options->test)
		rights_check(l->config, a->options->user && geteuid() == 0,
			     &l->faults);
	if (l->faults.n > 0) {
		loaded_tell_faults(l, "");
		a->status = l->faults.failed ? EX_OSERR : EX_CONFIG;
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
	stop_end(&a->stop);
	front_close(&a->front);
	reload_cancel(&a->reload);
	loading_free(a->loading);
	online_free(a->online);
	modules_close(&a->m);
	clock_watch_stop(&a->clock);
	upkeep_stop(&a->upkeep);
}

/* Whom the signals, the clock and the modules call. */
static void app_connect(struct app *a)
{
	const struct upkeep_owner upkeep = {
		.say = modules_say, .prove = modules_prove,
		.tell = modules_tell, .user = &a->m,
	};

	a->owner = (struct modules_owner){
		.changed = app_changed, .moved = app_moved,
		.healed = app_healed, .reload = app_reload, .user = a,
	};
	a->front = (struct front){
		.modules = &a->m, .started_ms = clock_mono_ms(),
		.reload = app_reload, .user = a,
	};
	a->reload = (struct reload){
		.modules = &a->m, .front = &a->front, .upkeep = &a->upkeep,
		.options = a->options, .paths = a->paths,
	};
	app_catch(a, &a->term, SIGTERM, app_terminated);
	app_catch(a, &a->interrupt, SIGINT, app_terminated);
	app_catch(a, &a->hup, SIGHUP, app_hung_up);
	app_catch(a, &a->usr1, SIGUSR1, app_poked);
	ev_timer_init(&a->deadline, app_deadline, 0.0, 0.0);
	a->deadline.data = a;
	ev_prepare_init(&a->turn, app_turn);
	a->turn.data = a;
	upkeep_start(&a->upkeep, a->loop, &upkeep);
	clock_watch_start(&a->clock, a->loop, app_clock_set, a);
}

/* The configuration is read; app_started() is told. 0 or -errno. */
static int app_load(struct app *a)
{
	const struct notify_options o = {
		.program = a->paths->notify,
		.linger_ms = 60000,
		.dry_run = a->options->dry_run,
	};
	int r;

	/* The accounts take some 30 ms to read: what the kernel has is known. */
	if (!a->options->test)
		modules_listen(&a->m, &a->owner);
	r = notify_new(a->loop, &o, &a->m.notify);
	if (r < 0)
		return r;
	return loading_start(a->m.notify, a->paths->config,
			     a->paths->sysconfdir, app_started, a,
			     &a->loading);
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
	};
	int r;

	app_connect(&a);
	r = app_load(&a);
	if (r < 0) {
		log_error("cannot start: %s", strerror(-r));
		a.status = EX_OSERR;
	} else {
		(void)ev_run(loop, 0);
	}
	app_close(&a);
	return a.status;
}
