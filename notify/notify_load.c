#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include <ev.h>

#include "base/child.h"
#include "base/log.h"
#include "base/str.h"
#include "notify/notify_load.h"

#define ANSWER_MAX (16 * 1024 * 1024)
#define LIMIT_S 30.

struct load {
	struct ev_loop *loop;
	char *program;
	struct child *child;
	int fd;
	int sealed; /* -1: none came */
	ev_io io;
	ev_timer limit;
	struct buf answer;
	bool exited, timed_out;
	int status;
	notify_loaded_fn *done;
	void *user;
};

void notify_config_free(struct notify_config *c)
{
	if (!c)
		return;
	protocol_accounts_done(&c->accounts);
	if (c->fd >= 0)
		(void)close(c->fd);
	free(c);
}

const struct notify_account *notify_config_accounts(
	const struct notify_config *c, size_t *ret_n)
{
	*ret_n = c->accounts.n;
	return c->accounts.items;
}

/* Keeps the first descriptor; whatever else came is closed. */
static void take_descriptors(struct load *l, struct msghdr *m)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < n; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int),
			       sizeof(int));
			if (l->sealed < 0)
				l->sealed = fd;
			else
				(void)close(fd);
		}
	}
}

/* 1 while there may be more, 0 at the end, -EAGAIN. */
static int receive(struct load *l)
{
	union {
		char bytes[CMSG_SPACE(4 * sizeof(int))];
		struct cmsghdr align;
	} control;
	char data[16384];
	struct iovec v = { .iov_base = data, .iov_len = sizeof(data) };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1,
			    .msg_control = control.bytes,
			    .msg_controllen = sizeof(control.bytes) };
	ssize_t n = recvmsg(l->fd, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return -EAGAIN;
	if (n <= 0)
		return 0;
	take_descriptors(l, &m);
	buf_add(&l->answer, data, (size_t)n);
	return l->answer.failed ? 0 : 1;
}

static int make_config(struct load *l, struct notify_config **ret,
		       struct faults *faults)
{
	struct notify_config *c = calloc(1, sizeof(*c));
	int r;

	if (!c)
		return -ENOMEM;
	c->fd = -1;
	r = protocol_parse_load(l->answer.data ? l->answer.data : "",
				l->answer.len, &c->accounts, faults);
	if (r == 0 && l->sealed < 0)
		r = -EBADMSG;
	if (r < 0) {
		notify_config_free(c);
		return r;
	}
	c->fd = l->sealed;
	l->sealed = -1;
	*ret = c;
	return 0;
}

static void add_failure(const struct load *l, int error,
			struct faults *faults)
{
	if (l->timed_out)
		faults_add(faults, "", 0, "%s --load took more than %d s",
			   l->program, (int)LIMIT_S);
	else if (WIFSIGNALED(l->status))
		faults_add(faults, "", 0, "%s --load was killed by signal %d",
			   l->program, WTERMSIG(l->status));
	else if (error == -ENOMEM)
		faults_add_no_memory(faults, "", 0);
	else
		faults_add(faults, "", 0, "%s --load gave no answer that can "
			   "be read (exit status %d)", l->program,
			   WEXITSTATUS(l->status));
}

static void finish(struct load *l)
{
	struct faults faults = { .n = 0 };
	struct notify_config *c = NULL;
	int r;

	ev_timer_stop(l->loop, &l->limit);
	r = make_config(l, &c, &faults);
	if (r < 0 && r != -EINVAL)
		add_failure(l, r, &faults);
	faults.failed |= r < 0 && (r != -EINVAL ||
				   WEXITSTATUS(l->status) != EX_CONFIG);
	/* l may be freed in there. */
	l->done(l->user, c, &faults);
	faults_done(&faults);
}

static void load_stop_reading(struct load *l)
{
	ev_io_stop(l->loop, &l->io);
	if (l->fd >= 0)
		(void)close(l->fd);
	l->fd = -1;
}

static void load_readable(struct ev_loop *loop, ev_io *w, int revents)
{
	struct load *l = w->data;

	(void)loop;
	(void)revents;
	if (receive(l) == 0)
		load_stop_reading(l);
}

static void load_exited(void *user, int status)
{
	struct load *l = user;

	l->exited = true;
	l->status = status;
	while (l->fd >= 0 && receive(l) > 0)
		;
	load_stop_reading(l);
	finish(l);
}

static void load_late(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct load *l = w->data;

	(void)loop;
	(void)revents;
	l->timed_out = true;
	child_signal(l->child, SIGKILL);
}

static int start_child(struct load *l, gid_t group, const char *path,
		       int theirs)
{
	char *file = strdup(path), text[16], load[] = "--load", c[] = "-c";
	char g[] = "--group";
	char *argv[] = { l->program, load, g, text, c, file, NULL };
	const struct child_options o = {
		.path = l->program,
		.argv = argv,
		.fds = { -1, theirs, STDERR_FILENO },
		.extra_fd = -1,
	};
	int r = file ? 0 : -ENOMEM;

	(void)snprintf(text, sizeof(text), "%u", (unsigned int)group);
	log_hand_on();
	if (r == 0)
		r = child_start(l->loop, &o, load_exited, l, &l->child);
	free(file);
	return r;
}

int load_start(struct ev_loop *loop, const char *program, gid_t group,
	       const char *path, notify_loaded_fn *done, void *user,
	       struct load **ret)
{
	struct load *l = calloc(1, sizeof(*l));
	int fds[2] = { -1, -1 }, r = -ENOMEM;

	if (!l)
		return -ENOMEM;
	*l = (struct load){ .loop = loop, .fd = -1, .sealed = -1,
			    .done = done, .user = user,
			    .answer = BUF_INIT(ANSWER_MAX) };
	ev_init(&l->io, load_readable);
	ev_timer_init(&l->limit, load_late, LIMIT_S, 0.);
	l->io.data = l->limit.data = l;
	l->program = str_dup(program);
	if (!l->program)
		goto out;
	r = socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0
		    ? -errno : 0;
	if (r < 0)
		goto out;
	l->fd = fds[0];
	r = start_child(l, group, path, fds[1]);
	(void)close(fds[1]);
	if (r < 0)
		goto out;
	ev_io_set(&l->io, l->fd, EV_READ);
	ev_io_start(loop, &l->io);
	ev_now_update(loop);
	ev_timer_start(loop, &l->limit);
	*ret = l;
	return 0;
out:
	load_free(l);
	return r;
}

void load_free(struct load *l)
{
	if (!l)
		return;
	load_stop_reading(l);
	ev_timer_stop(l->loop, &l->limit);
	child_free(l->child);
	if (l->sealed >= 0)
		(void)close(l->sealed);
	buf_done(&l->answer);
	free(l->program);
	free(l);
}
