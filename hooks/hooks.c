#include "config.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <ev.h>

#include "base/clock.h"
#include "base/str.h"
#include "hooks/hook_dir.h"
#include "hooks/hook_env.h"
#include "hooks/hook_queue.h"
#include "hooks/hook_run.h"
#include "hooks/hook_trouble.h"
#include "hooks/hooks.h"

#define EVENT_LINES 100
/*
 * Starting a program holds the loop up for a millisecond or more: long
 * enough to delay the update that the same change leads to. It goes first.
 */
#define START_DELAY_S 0.005

/* One event, from hooks_post() until its last hook has ended. */
struct hook_job {
	struct hook_item item;
	struct hooks *owner;
	struct hook_env env;
	char *event;
	char *record; /* NULL: none */
	char *family, *provider;
	struct hook_dir dir; /* once it runs */
	size_t at;           /* in it */
	size_t n_run;
	unsigned int lines_left;
	uint64_t timeout_ms; /* as it was when it began */
	uint64_t started_ms;
	struct hook_run *run;
	ev_timer step; /* the next hook starts from the loop, not from a call */
};

struct hooks {
	struct ev_loop *loop;
	char *directory;
	uint64_t timeout_ms;
	unsigned int parallel;
	size_t waiting_max;
	struct hook_queue queue;
	ev_timer start; /* armed while something may be startable */
	size_t dropped;
	struct faults told; /* what is unsafe, as said last */
	struct hook_troubles troubles;
	hooks_idle_fn *idle;
	void *idle_user;
};

static struct log_fields job_fields(const struct hook_job *job,
				    const char *event)
{
	return (struct log_fields){
		.subject = "hook",
		.name = job->record,
		.family = job->family,
		.provider = job->provider,
		.event = event,
	};
}

static void job_free(struct hook_job *job)
{
	if (!job)
		return;
	ev_timer_stop(job->owner->loop, &job->step);
	hook_run_free(job->run);
	hook_dir_done(&job->dir);
	hook_env_done(&job->env);
	free(job->event);
	free(job->record);
	free(job->family);
	free(job->provider);
	free(job);
}

static void start_soon(struct hooks *h, double delay_s)
{
	if (h->queue.n_waiting == 0 || h->queue.n_running >= h->parallel ||
	    ev_is_active(&h->start))
		return;
	ev_timer_set(&h->start, delay_s, 0.);
	ev_now_update(h->loop);
	ev_timer_start(h->loop, &h->start);
}

static void job_end(struct hook_job *job)
{
	struct hooks *h = job->owner;
	struct log_fields f = job_fields(job, "hook");

	if (job->n_run)
		log_line(LOG_LEVEL_DEBUG, &f, "%s: %zu %s done in %llu ms",
			 job->event, job->n_run,
			 job->n_run == 1 ? "hook" : "hooks",
			 (unsigned long long)(clock_mono_ms() -
					      job->started_ms));
	hook_queue_end(&h->queue, &job->item);
	job_free(job);
	start_soon(h, 0.);
	if (hooks_pending(h) > 0)
		return;
	if (h->dropped)
		log_warning("hooks: caught up; %zu events were dropped",
			    h->dropped);
	h->dropped = 0;
	if (h->idle)
		h->idle(h->idle_user);
}

static bool was_told(const struct faults *told, const char *text)
{
	for (size_t i = 0; i < told->n; i++)
		if (strcmp(told->items[i].text, text) == 0)
			return true;
	return false;
}

/* What is unsafe is said when it begins, not again for every event. */
static void tell_faults(struct hooks *h, const struct hook_dir *d)
{
	struct faults now = { 0 };
	char text[512];

	if (d->fault)
		faults_add(&now, "", 0, "directory %s %s: none is run",
			   h->directory, d->fault);
	for (size_t i = 0; i < d->n; i++) {
		if (!d->files[i].fault)
			continue;
		(void)str_printable(d->files[i].name,
				    strlen(d->files[i].name), 200, text,
				    sizeof(text));
		faults_add(&now, "", 0, "%s/%s %s: it is not run",
			   h->directory, text, d->files[i].fault);
	}
	for (size_t i = 0; i < now.n; i++)
		if (!was_told(&h->told, now.items[i].text))
			log_warning("hooks: %s", now.items[i].text);
	faults_done(&h->told);
	h->told = now;
}

static void job_next_soon(struct hook_job *job)
{
	ev_timer_set(&job->step, 0., 0.);
	ev_timer_start(job->owner->loop, &job->step);
}

static void job_ran(void *user)
{
	struct hook_job *job = user;

	hook_run_free(job->run);
	job->run = NULL;
	job_next_soon(job);
}

/* Of a line that tells of a failure: only the first is news. */
static enum log_level trouble_level(struct hooks *h, const char *name,
				    const char *event)
{
	return hook_trouble_began(&h->troubles, name, event) == 1
		       ? LOG_LEVEL_WARNING
		       : LOG_LEVEL_DEBUG;
}

/* Starts the next hook of the directory; false where none is left. */
static bool job_start_hook(struct hook_job *job)
{
	while (job->at < job->dir.n) {
		const struct hook_file *file = &job->dir.files[job->at++];
		struct hook_run_options o = {
			.name = file->name,
			.path = file->path,
			.event = job->event,
			.env = &job->env,
			.timeout_ms = job->timeout_ms,
			.fields = job_fields(job, NULL),
			.troubles = &job->owner->troubles,
			.lines_left = &job->lines_left,
		};
		int r;

		if (file->fault)
			continue;
		job->n_run++;
		r = hook_run_start(job->owner->loop, &o, job_ran, job,
				   &job->run);
		if (r == 0)
			return true;
		log_line(trouble_level(job->owner, file->name, job->event),
			 &o.fields, "%s %s: could not be started: %s",
			 file->name, job->event, strerror(-r));
	}
	return false;
}

static void job_step(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct hook_job *job = w->data;

	(void)loop;
	(void)revents;
	if (!job_start_hook(job))
		job_end(job);
}

static void job_begin(struct hook_job *job)
{
	struct hooks *h = job->owner;
	int r = hook_dir_read(h->directory, geteuid(), &job->dir);
	struct log_fields f = job_fields(job, NULL);
	unsigned int n;

	job->timeout_ms = h->timeout_ms;
	job->started_ms = clock_mono_ms();
	if (r < 0)
		log_line(trouble_level(h, "", ""), &f,
			 "%s: no hook was run: %s", job->event, strerror(-r));
	else
		tell_faults(h, &job->dir);
	n = r < 0 ? 0 : hook_trouble_ended(&h->troubles, "", "");
	if (n > 0)
		log_notice("hooks: %s can be read again, after %u %s",
			   h->directory, n, n == 1 ? "failure" : "failures");
	job_next_soon(job);
}

static void hooks_start(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct hooks *h = w->data;

	(void)loop;
	(void)revents;
	while (h->queue.n_running < h->parallel) {
		struct hook_item *item = hook_queue_next(&h->queue);

		if (!item)
			break;
		job_begin((struct hook_job *)(void *)item);
	}
}

int hooks_configure(struct hooks *h, const struct hooks_options *o)
{
	char *directory = str_dup(o->directory);

	if (!directory)
		return -ENOMEM;
	free(h->directory);
	h->directory = directory;
	h->timeout_ms = o->timeout_ms;
	h->parallel = o->parallel ? o->parallel : 1;
	h->waiting_max = o->waiting ? o->waiting : HOOKS_WAITING;
	start_soon(h, 0.);
	return 0;
}

int hooks_new(struct ev_loop *loop, const struct hooks_options *o,
	      struct hooks **ret)
{
	struct hooks *h = calloc(1, sizeof(*h));
	int r;

	if (!h)
		return -ENOMEM;
	h->loop = loop;
	hook_queue_init(&h->queue);
	ev_init(&h->start, hooks_start);
	ev_set_priority(&h->start, EV_MINPRI);
	h->start.data = h;
	r = hooks_configure(h, o);
	if (r < 0) {
		hooks_free(h);
		return r;
	}
	*ret = h;
	return 0;
}

/* Is there any hook that would have been run? */
static bool hooks_has_any(const struct hooks *h)
{
	struct hook_dir d = { .n = 0 };
	bool any = false;

	if (!h->directory || hook_dir_read(h->directory, geteuid(), &d) < 0)
		return false;
	for (size_t i = 0; i < d.n; i++)
		any |= d.files[i].fault == NULL;
	hook_dir_done(&d);
	return any;
}

static void hooks_tell_rest(const struct hooks *h)
{
	size_t n = h->queue.n_waiting + h->dropped;

	if (n + h->queue.n_running > 0 && hooks_has_any(h))
		log_warning("hooks: the end cut %zu of them short and left "
			    "%zu events untold", h->queue.n_running, n);
}

void hooks_free(struct hooks *h)
{
	struct hook_item *item;

	if (!h)
		return;
	hooks_tell_rest(h);
	ev_timer_stop(h->loop, &h->start);
	while ((item = hook_queue_drop(&h->queue)) != NULL)
		job_free((struct hook_job *)(void *)item);
	while ((item = h->queue.running) != NULL) {
		hook_queue_end(&h->queue, item);
		job_free((struct hook_job *)(void *)item);
	}
	faults_done(&h->told);
	hook_troubles_done(&h->troubles);
	free(h->directory);
	free(h);
}

static int job_new(struct hooks *h, const struct hook_event *e,
		   struct hook_job **ret)
{
	struct hook_job *job = calloc(1, sizeof(*job));

	if (!job)
		return -ENOMEM;
	job->owner = h;
	ev_init(&job->step, job_step);
	ev_set_priority(&job->step, EV_MINPRI);
	job->step.data = job;
	job->lines_left = EVENT_LINES;
	job->event = str_dup(e->event);
	job->record = str_dup(e->record);
	job->family = str_dup(e->family);
	job->provider = str_dup(e->provider);
	job->item.key = job->record ? job->record : "";
	if (!job->event || (e->record && !job->record) ||
	    hook_env_make(e, &job->env) < 0) {
		job_free(job);
		return -ENOMEM;
	}
	*ret = job;
	return 0;
}

static void drop_oldest(struct hooks *h)
{
	struct hook_item *item = hook_queue_drop(&h->queue);

	if (h->dropped++ == 0)
		log_warning("hooks: %zu events are waiting: the oldest are "
			    "dropped", h->waiting_max);
	job_free((struct hook_job *)(void *)item);
}

void hooks_post(struct hooks *h, const struct hook_event *e)
{
	struct hook_job *job;

	if (job_new(h, e, &job) < 0) {
		log_warning("hooks: event %s is lost: out of memory",
			    e->event);
		return;
	}
	if (h->queue.n_waiting >= h->waiting_max)
		drop_oldest(h);
	hook_queue_add(&h->queue, &job->item);
	start_soon(h, START_DELAY_S);
}

void hooks_on_idle(struct hooks *h, hooks_idle_fn *idle, void *user)
{
	h->idle = idle;
	h->idle_user = user;
}

size_t hooks_pending(const struct hooks *h)
{
	return h->queue.n_waiting + h->queue.n_running;
}
