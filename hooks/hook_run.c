#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <ev.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/str.h"
#include "hooks/hook_run.h"
#include "hooks/hook_trouble.h"

/* From TERM to KILL. */
#define TERM_GRACE_S 2.0
/* How long what a hook left behind may hold its output open. */
#define OUTPUT_GRACE_S 0.5
/* A line is cut to 200 bytes; what it takes to know that it must be. */
#define LINE_BYTES 1024
#define LINE_SHOWN_BYTES 200

enum hook_stage {
	HOOK_RUNNING,
	HOOK_ASKED,  /* past its time limit: got TERM */
	HOOK_KILLED, /* ... and KILL */
	HOOK_EXITED, /* something else still holds its output */
};

struct hook_run {
	struct ev_loop *loop;
	struct hook_run_options o;
	hook_run_done_fn *done;
	void *user;
	struct child *child;
	ev_io output;
	ev_timer timer;
	int fd; /* of the output; -1: closed */
	enum hook_stage stage;
	bool timed_out;
	bool group_left; /* the group outlived its leader */
	int status;
	uint64_t started_ms;
	char line[LINE_BYTES];
	size_t line_len;
};

static void log_output(struct hook_run *run)
{
	char text[LINE_SHOWN_BYTES + 8];

	if (run->line_len == 0)
		return;
	(void)str_printable(run->line, run->line_len, LINE_SHOWN_BYTES, text,
			    sizeof(text));
	run->line_len = 0;
	if (text[0] == '\0' || *run->o.lines_left == 0)
		return;
	--*run->o.lines_left;
	log_line(LOG_LEVEL_INFO, &run->o.fields, "%s %s: says: %s%s",
		 run->o.name, run->o.event, text,
		 *run->o.lines_left ? "" : " (its last line shown)");
}

static void take_output(struct hook_run *run, const char *data, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (data[i] == '\n')
			log_output(run);
		else if (run->line_len < sizeof(run->line))
			run->line[run->line_len++] = data[i];
	}
}

static void close_output(struct hook_run *run)
{
	if (run->fd < 0)
		return;
	ev_io_stop(run->loop, &run->output);
	(void)close(run->fd);
	run->fd = -1;
	log_output(run);
}

/* One read; false when there is no more for now. */
static bool read_output(struct hook_run *run)
{
	char data[4096];
	ssize_t n = read(run->fd, data, sizeof(data));

	if (n > 0)
		take_output(run, data, (size_t)n);
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		close_output(run);
	return n > 0;
}

static void log_end(const struct hook_run *run)
{
	unsigned long long ms = clock_mono_ms() - run->started_ms;
	const struct log_fields *f = &run->o.fields;
	const char *name = run->o.name, *event = run->o.event;
	struct hook_troubles *troubles = run->o.troubles;
	bool good = !run->timed_out && run->status == 0;
	enum log_level level = LOG_LEVEL_DEBUG;
	unsigned int n;
	char limit[32];

	n = good ? hook_trouble_ended(troubles, name, event)
		 : hook_trouble_began(troubles, name, event);
	if (good && n > 0)
		log_line(LOG_LEVEL_NOTICE, f, "%s %s: works again, after %u %s",
			 name, event, n, n == 1 ? "failure" : "failures");
	if (!good && n == 1)
		level = LOG_LEVEL_WARNING;
	if (run->timed_out)
		log_line(level, f, "%s %s: took longer than %s and was ended",
			 name, event, str_duration(run->o.timeout_ms, limit,
						   sizeof(limit)));
	else if (WIFSIGNALED(run->status))
		log_line(level, f, "%s %s: died of signal %d (%s)", name,
			 event, WTERMSIG(run->status),
			 strsignal(WTERMSIG(run->status)));
	else if (!good)
		log_line(level, f, "%s %s: failed with status %d", name, event,
			 WEXITSTATUS(run->status));
	else
		log_line(level, f, "%s %s: done in %llu ms", name, event, ms);
}

static void run_finish(struct hook_run *run)
{
	ev_timer_stop(run->loop, &run->timer);
	close_output(run);
	log_end(run);
	run->done(run->user);
}

static void run_output(struct ev_loop *loop, ev_io *w, int revents)
{
	struct hook_run *run = w->data;

	(void)loop;
	(void)revents;
	(void)read_output(run);
	if (run->fd < 0 && run->stage == HOOK_EXITED)
		run_finish(run);
}

/*
 * The number of a group that has members is not given away; asked for right
 * after its leader was reaped, an empty group is told from a full one.
 */
static void kill_leftovers(const struct hook_run *run)
{
	if (run->group_left)
		(void)kill(-child_pid(run->child), SIGKILL);
}

static void arm(struct hook_run *run, double seconds)
{
	ev_timer_stop(run->loop, &run->timer);
	ev_timer_set(&run->timer, seconds, 0.);
	ev_now_update(run->loop);
	ev_timer_start(run->loop, &run->timer);
}

static void run_timer(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct hook_run *run = w->data;

	(void)loop;
	(void)revents;
	switch (run->stage) {
	case HOOK_RUNNING:
		run->timed_out = true;
		run->stage = HOOK_ASKED;
		child_signal(run->child, SIGTERM);
		arm(run, TERM_GRACE_S);
		break;
	case HOOK_ASKED:
		run->stage = HOOK_KILLED;
		child_signal(run->child, SIGKILL);
		break;
	case HOOK_KILLED: /* the end will come through run_exited() */
		break;
	case HOOK_EXITED:
		log_line(LOG_LEVEL_INFO, &run->o.fields,
			 "%s %s: left something running that held its output: "
			 "ended", run->o.name, run->o.event);
		kill_leftovers(run);
		run_finish(run);
		break;
	}
}

static void run_exited(void *user, int status)
{
	struct hook_run *run = user;

	run->group_left = kill(-child_pid(run->child), 0) == 0;
	run->status = status;
	run->stage = HOOK_EXITED;
	if (run->timed_out)
		kill_leftovers(run);
	/* What it wrote is in the pipe by now; 64 KiB is all that fits. */
	for (int i = 0; i < 16 && run->fd >= 0; i++)
		if (!read_output(run))
			break;
	if (run->fd < 0)
		run_finish(run);
	else
		arm(run, OUTPUT_GRACE_S);
}

/*
 * The input is a file in memory, not a pipe: a hook that does not read it
 * costs neither a SIGPIPE nor a wait.
 */
static int make_input(const struct hook_env *env)
{
	int fd = memfd_create("evddns-event", MFD_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (write(fd, env->json, env->json_len) != (ssize_t)env->json_len ||
	    lseek(fd, 0, SEEK_SET) < 0) {
		(void)close(fd);
		return -EIO;
	}
	return fd;
}

static int start_child(struct hook_run *run, int input, int output)
{
	char *argv[] = { (char *)(uintptr_t)run->o.path,
			 (char *)(uintptr_t)run->o.event, NULL };
	struct child_options o = {
		.path = run->o.path,
		.argv = argv,
		.envp = (char *const *)run->o.env->envp,
		.fds = { input, output, output },
		.extra_fd = -1,
		.own_group = 1,
	};

	return child_start(run->loop, &o, run_exited, run, &run->child);
}

int hook_run_start(struct ev_loop *loop, const struct hook_run_options *o,
		   hook_run_done_fn *done, void *user, struct hook_run **ret)
{
	struct hook_run *run = calloc(1, sizeof(*run));
	int pipe_fds[2], input, r;

	if (!run)
		return -ENOMEM;
	run->loop = loop;
	run->o = *o;
	run->done = done;
	run->user = user;
	run->started_ms = clock_mono_ms();
	run->fd = -1;
	ev_init(&run->timer, run_timer);
	run->timer.data = run;
	input = make_input(o->env);
	r = input < 0 ? input : pipe2(pipe_fds, O_CLOEXEC) < 0 ? -errno : 0;
	if (r == 0) {
		run->fd = pipe_fds[0];
		ev_io_init(&run->output, run_output, run->fd, EV_READ);
		run->output.data = run;
		/* Ours alone: the hook's end is another description. */
		r = fcntl(run->fd, F_SETFL, O_NONBLOCK) < 0 ? -errno : 0;
		if (r == 0)
			r = start_child(run, input, pipe_fds[1]);
		(void)close(pipe_fds[1]);
	}
	if (input >= 0)
		(void)close(input);
	if (r < 0) {
		hook_run_free(run);
		return r;
	}
	ev_io_start(loop, &run->output);
	if (o->timeout_ms)
		arm(run, (double)o->timeout_ms / 1000.);
	*ret = run;
	return 0;
}

void hook_run_free(struct hook_run *run)
{
	if (!run)
		return;
	ev_timer_stop(run->loop, &run->timer);
	if (run->fd >= 0) {
		ev_io_stop(run->loop, &run->output);
		(void)close(run->fd);
	}
	if (run->child && run->stage == HOOK_EXITED)
		kill_leftovers(run);
	child_free(run->child);
	free(run);
}
