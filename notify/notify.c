#include "config.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "notify/notify_inside.h"
#include "notify/notify_load.h"
#include "notify/process.h"
#include "notify/protocol.h"

/* How long a job is awaited that was prepared for. */
#define EXPECTED_MS 10000
#define WATCH_S 5.
#define TIMEOUT_MS 15000

/* ---- the process ---- */

static void arm(struct notify *n, ev_timer *t, double after_s)
{
	ev_timer_stop(n->loop, t);
	ev_now_update(n->loop);
	ev_timer_set(t, after_s, 0.);
	ev_timer_start(n->loop, t);
}

static void let_go(struct process *p)
{
	process_finish(p);
	process_expire(p);
}

/* The current process takes no more jobs; it ends when it has none. */
static void retire(struct notify *n)
{
	struct old_process *o = n->current ? calloc(1, sizeof(*o)) : NULL;

	ev_timer_stop(n->loop, &n->linger);
	if (!n->current)
		return;
	if (!o) {
		process_kill(n->current); /* its jobs are tried again */
		return;
	}
	o->process = n->current;
	o->next = n->old;
	n->old = o;
	n->current = NULL;
	if (!waiting_has(n->jobs, o->process))
		let_go(o->process);
}

static void notify_lingered(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)revents;
	retire(w->data);
}

/* After each answer: does a process have nothing left to do? */
static void check_idle(struct notify *n, struct process *p)
{
	if (waiting_has(n->jobs, p))
		return;
	if (p != n->current)
		let_go(p);
	else if (n->options.linger_ms != UINT64_MAX)
		arm(n, &n->linger, (double)n->options.linger_ms / 1000.);
}

static bool notify_line(void *user, struct process *p, const char *line,
			size_t len)
{
	struct notify *n = user;
	struct protocol_reply r;
	struct waiting *j;
	char text[160];
	int e;

	if (notify_take_spent(n, line, len))
		return true;
	e = protocol_parse_reply(line, len, &r);
	if (e == -ENOMEM)
		return false;
	if (e < 0) {
		log_warning("evddns-notify: no reply: %s",
			    str_printable(line, len, 120, text, sizeof(text)));
		return true;
	}
	restart_works(&n->restart);
	if (r.id == 0) {
		log_error("evddns-notify took no job of ours: %s", r.text);
		return true;
	}
	j = waiting_take(&n->jobs, r.id);
	if (j) { /* else it was cancelled meanwhile */
		waiting_answer(j, &r.reply);
		if (p != n->current)
			notify_limits_release(n);
		check_idle(n, p);
	}
	return true;
}

static void forget(struct notify *n, const struct process *p)
{
	for (struct old_process **o = &n->old; *o; o = &(*o)->next)
		if ((*o)->process == p) {
			struct old_process *gone = *o;

			*o = gone->next;
			free(gone);
			return;
		}
	if (n->current == p) {
		n->current = NULL;
		ev_timer_stop(n->loop, &n->linger);
	}
}

static void notify_gone(void *user, struct process *p, int status)
{
	struct notify *n = user;
	bool wanted = process_is_finishing(p) && WIFEXITED(status) &&
		      WEXITSTATUS(status) == 0;
	struct waiting *j;
	char why[96];

	if (WIFSIGNALED(status))
		(void)snprintf(why, sizeof(why), "the update process was "
			       "killed by signal %d", WTERMSIG(status));
	else
		(void)snprintf(why, sizeof(why), "the update process ended "
			       "with status %d", WEXITSTATUS(status));
	if (!wanted)
		restart_died(&n->restart, why);
	forget(n, p);
	while ((j = waiting_take_of(&n->jobs, p)))
		waiting_retry(j, restart_wait_ms(&n->restart), why);
	notify_limits_release(n);
	process_free(p);
}

static int start(struct notify *n)
{
	const struct process_options o = {
		.program = n->program,
		.sealed_fd = n->config->fd,
		.dry_run = n->options.dry_run,
	};
	char why[128];
	int r;

	if (n->current)
		return 0;
	if (restart_wait_ms(&n->restart) > 0)
		return -EAGAIN;
	r = process_start(n->loop, &o, notify_line, notify_gone, n,
			  &n->current);
	if (r < 0) {
		(void)snprintf(why, sizeof(why), "the update process would "
			       "not start: %s", strerror(-r));
		restart_failed(&n->restart, why);
	} else if (n->spent) {
		protocol_put_limits(process_out(n->current),
				    n->config->accounts.items,
				    n->config->accounts.n);
	}
	return r;
}

static void notify_defer(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct notify *n = w->data;
	struct waiting *j;

	(void)loop;
	(void)revents;
	while ((j = waiting_take_of(&n->jobs, NULL)))
		waiting_retry(j, restart_wait_ms(&n->restart), n->restart.why);
}

/* Every wait has an end, also for an answer that never comes. */
static void notify_watch(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct notify *n = w->data;
	uint64_t now = clock_mono_ms();

	(void)loop;
	(void)revents;
	for (const struct waiting *j = n->jobs; j; j = j->next)
		if (j->process && j->deadline_ms <= now) {
			log_error("evddns-notify does not answer: killed");
			process_kill(j->process);
			break;
		}
	if (n->jobs)
		arm(n, &n->watch, WATCH_S);
}

/* ---- the public side ---- */

int notify_new(struct ev_loop *loop, const struct notify_options *o,
	       struct notify **ret)
{
	struct notify *n = calloc(1, sizeof(*n));

	if (!n)
		return -ENOMEM;
	n->loop = loop;
	n->options = *o;
	n->program = str_dup(o->program);
	n->options.program = n->program;
	ev_timer_init(&n->linger, notify_lingered, 0., 0.);
	ev_timer_init(&n->watch, notify_watch, 0., 0.);
	ev_timer_init(&n->deferred, notify_defer, 0., 0.);
	ev_timer_init(&n->held, notify_limits_waited, 0., 0.);
	n->linger.data = n->watch.data = n->deferred.data = n->held.data = n;
	if (!n->program) {
		notify_free(n);
		return -ENOMEM;
	}
	*ret = n;
	return 0;
}

void notify_free(struct notify *n)
{
	if (!n)
		return;
	load_free(n->load);
	process_free(n->current);
	while (n->old) {
		struct old_process *o = n->old;

		n->old = o->next;
		process_free(o->process);
		free(o);
	}
	while (n->jobs)
		waiting_free(waiting_take(&n->jobs, n->jobs->id));
	ev_timer_stop(n->loop, &n->linger);
	ev_timer_stop(n->loop, &n->watch);
	ev_timer_stop(n->loop, &n->deferred);
	ev_timer_stop(n->loop, &n->held);
	notify_config_free(n->config);
	free(n->program);
	free(n);
}

void notify_set_linger(struct notify *n, uint64_t linger_ms)
{
	n->options.linger_ms = linger_ms;
	if (linger_ms == UINT64_MAX)
		ev_timer_stop(n->loop, &n->linger);
}

static void notify_load_done(void *user, struct notify_config *config,
			     const struct faults *faults)
{
	struct notify *n = user;
	notify_loaded_fn *done = n->loaded;

	load_free(n->load);
	n->load = NULL;
	done(n->loaded_user, config, faults);
}

int notify_load(struct notify *n, const char *config_path,
		notify_loaded_fn *done, void *user)
{
	if (n->load)
		return -EBUSY;
	n->loaded = done;
	n->loaded_user = user;
	return load_start(n->loop, n->program, n->options.group, config_path,
			  notify_load_done, n, &n->load);
}

void notify_load_cancel(struct notify *n)
{
	load_free(n->load);
	n->load = NULL;
}

void notify_use(struct notify *n, struct notify_config *config)
{
	retire(n);
	notify_config_free(n->config);
	n->config = config;
	/* Another configuration may be what it took. */
	n->restart = (struct restart){ .failures = 0 };
}

void notify_prepare(struct notify *n, const char *const *accounts,
		    size_t count)
{
	if (!n->config || start(n) < 0)
		return;
	if (protocol_put_prepare(process_out(n->current), accounts, count) < 0)
		return;
	process_send(n->current);
	check_idle(n, n->current);
	/* The job must find it there, however short it lingers after that. */
	if (ev_is_active(&n->linger) && n->options.linger_ms < EXPECTED_MS)
		arm(n, &n->linger, EXPECTED_MS / 1000.);
}

static uint64_t deadline_ms(const struct notify *n, const char *account)
{
	const struct notify_account *a = notify_find_account(n, account);

	return clock_mono_ms() + 1000ULL * NOTIFY_GRACE_S +
	       (a ? 1000ULL * a->timeout_s : TIMEOUT_MS);
}

/* One of job and fetch is given; what was made for it is taken over. */
static int submit(struct notify *n, const struct notify_job *job,
		  const struct notify_fetch *fetch, struct waiting *j)
{
	bool held = false;
	struct buf *out;
	int r;

	if (!j)
		return -ENOMEM;
	n->last_id = n->last_id < INT_MAX ? n->last_id + 1 : 1;
	j->id = n->last_id;
	if (start(n) == 0) {
		r = job ? notify_limits_hold(n, j, job->account, &held) : 0;
		out = held ? &j->line : process_out(n->current);
		if (r == 0)
			r = job ? protocol_put_job(out, j->id, job)
				: protocol_put_fetch(out, j->id, fetch);
		if (r < 0) { /* its lines are no longer whole */
			process_kill(n->current);
			waiting_free(j);
			return r;
		}
		j->process = n->current;
		if (!held)
			process_send(n->current);
		ev_timer_stop(n->loop, &n->linger);
	} else {
		arm(n, &n->deferred, 0.);
	}
	j->next = n->jobs;
	n->jobs = j;
	if (!ev_is_active(&n->watch))
		arm(n, &n->watch, WATCH_S);
	return j->id;
}

int notify_submit(struct notify *n, const struct notify_job *job,
		  notify_done_fn *done, void *user)
{
	return n->config ? submit(n, job, NULL,
				  waiting_new(deadline_ms(n, job->account),
					      done, user)) : -ENOENT;
}

int notify_look(struct notify *n, const struct notify_job *job,
		notify_done_fn *done, void *user)
{
	struct notify_job look = *job;

	look.look = true;
	return notify_submit(n, &look, done, user);
}

int notify_fetch(struct notify *n, const struct notify_fetch *f,
		 notify_done_fn *done, void *user)
{
	uint64_t until_ms = clock_mono_ms() + f->timeout_ms + 1000ULL * NOTIFY_GRACE_S;

	return n->config ? submit(n, NULL, f,
				  waiting_new(until_ms, done, user)) : -ENOENT;
}

void notify_cancel(struct notify *n, int id)
{
	struct waiting *j = waiting_take(&n->jobs, id);

	if (!j)
		return;
	if (j->process && !j->line.data &&
	    !process_is_finishing(j->process)) {
		protocol_put_cancel(process_out(j->process), id);
		process_send(j->process);
	}
	if (j->process)
		check_idle(n, j->process);
	waiting_free(j);
}

size_t notify_pending(const struct notify *n)
{
	size_t count = 0;

	for (const struct waiting *j = n->jobs; j; j = j->next)
		count++;
	return count;
}
