#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <ev.h>

#include "base/child.h"
#include "base/slice.h"

struct child {
	struct ev_loop *loop;
	ev_child watcher;
	child_exited_fn *exited;
	void *user;
	pid_t pid;
	bool own_group;
	bool reaped;
};

static void child_reaped(struct ev_loop *loop, ev_child *w, int revents)
{
	struct child *c = w->data;

	(void)revents;
	ev_child_stop(loop, w);
	c->reaped = true;
	c->exited(c->user, w->rstatus);
}

static void default_signals(void)
{
	sigset_t none;

	for (int sig = 1; sig < NSIG; sig++)
		(void)signal(sig, SIG_DFL); /* KILL and STOP refuse: fine */
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

static void close_from(int first)
{
#ifdef SYS_close_range
	if (syscall(SYS_close_range, (unsigned int)first, ~0U, 0) == 0)
		return;
#endif
	for (int fd = first; fd < 1024; fd++)
		(void)close(fd);
}

/*
 * The descriptors first move out of the way, above 3 and the report pipe,
 * so that no dup2() tramples on one that is still to be placed.
 */
static int place_fds(const struct child_options *o, int *report)
{
	int from[4] = { o->fds[0], o->fds[1], o->fds[2], o->extra_fd };

	for (int i = 0; i < 4; i++) {
		if (from[i] < 0 && i < 3)
			from[i] = open("/dev/null", O_RDWR | O_CLOEXEC);
		if (from[i] < 0 && i < 3)
			return -errno;
		if (from[i] >= 0)
			from[i] = fcntl(from[i], F_DUPFD_CLOEXEC, 8);
	}
	*report = fcntl(*report, F_DUPFD_CLOEXEC, 8);
	for (int i = 0; i < 4; i++)
		if (from[i] >= 0 && dup2(from[i], i) < 0)
			return -errno;
	return 0;
}

/* In the child: never returns. Failures go up the close-on-exec pipe. */
static void child_become(const struct child_options *o, int report,
			 pid_t parent)
{
	int r;

	default_signals();
	(void)slice_ask_usual();
	if (o->own_group)
		(void)setpgid(0, 0);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(127);
	r = place_fds(o, &report);
	if (r == 0) {
		int keep = fcntl(report, F_DUPFD_CLOEXEC, 4);

		if (keep > 4) { /* 4 was taken by something to be closed */
			(void)dup3(keep, 4, O_CLOEXEC);
			keep = 4;
		}
		report = keep;
		close_from(5);
		if (o->extra_fd < 0)
			(void)close(3);
		(void)execve(o->path, o->argv, o->envp ? o->envp : environ);
		r = -errno;
	}
	if (write(report, &r, sizeof(r)) < 0)
		_exit(126);
	_exit(127);
}

int child_start(struct ev_loop *loop, const struct child_options *o,
		child_exited_fn *exited, void *user, struct child **ret)
{
	struct child *c = calloc(1, sizeof(*c));
	pid_t parent = getpid();
	int report[2], failed = 0;
	ssize_t n;

	if (!c)
		return -ENOMEM;
	if (pipe2(report, O_CLOEXEC) < 0) {
		failed = -errno;
		free(c);
		return failed;
	}
	c->pid = fork();
	if (c->pid == 0)
		child_become(o, report[1], parent);
	failed = c->pid < 0 ? -errno : 0;
	(void)close(report[1]);
	if (failed == 0) {
		if (o->own_group)
			(void)setpgid(c->pid, c->pid);
		do
			n = read(report[0], &failed, sizeof(failed));
		while (n < 0 && errno == EINTR);
		if (n != (ssize_t)sizeof(failed))
			failed = 0;
		else
			(void)waitpid(c->pid, NULL, 0);
	}
	(void)close(report[0]);
	if (failed < 0) {
		free(c);
		return failed;
	}
	c->loop = loop;
	c->exited = exited;
	c->user = user;
	c->own_group = o->own_group;
	ev_child_init(&c->watcher, child_reaped, c->pid, 0);
	c->watcher.data = c;
	ev_child_start(loop, &c->watcher);
	*ret = c;
	return 0;
}

pid_t child_pid(const struct child *c)
{
	return c->pid;
}

void child_signal(const struct child *c, int sig)
{
	if (!c->reaped)
		(void)kill(c->own_group ? -c->pid : c->pid, sig);
}

void child_free(struct child *c)
{
	if (!c)
		return;
	if (!c->reaped) {
		ev_child_stop(c->loop, &c->watcher);
		child_signal(c, SIGKILL);
		while (waitpid(c->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	free(c);
}
