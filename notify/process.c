#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <ev.h>

#include "base/child.h"
#include "base/log.h"
#include "notify/process.h"
#include "notify/protocol.h"

#define OUT_MAX (64 * 1024 * 1024)
#define EXPIRE_S 5.
#define AGAIN_S 0.1

struct process {
	struct ev_loop *loop;
	struct child *child;
	int fd;
	ev_io in_io, out_io;
	ev_timer expiry;
	ev_timer again; /* a line waits for memory */
	struct buf in, out;
	bool finishing, exited;
	bool ended; /* nothing more can be read */
	int status;
	process_line_fn *line;
	process_gone_fn *gone;
	void *user;
};

void process_kill(struct process *p)
{
	child_signal(p->child, SIGKILL);
}

static void check_gone(struct process *p)
{
	if (p->exited && p->ended && !ev_is_active(&p->again))
		p->gone(p->user, p, p->status);
}

static void end(struct process *p)
{
	ev_io_stop(p->loop, &p->in_io);
	ev_io_stop(p->loop, &p->out_io);
	p->ended = true;
	/* What cannot be talked to must not live on. */
	if (!p->exited)
		process_expire(p);
}

static void take_lines(struct process *p)
{
	size_t at = 0;

	while (at < p->in.len) {
		const char *line = p->in.data + at;
		const char *eol = memchr(line, '\n', p->in.len - at);

		if (!eol)
			break;
		if (!p->line(p->user, p, line, (size_t)(eol - line))) {
			ev_now_update(p->loop);
			ev_timer_set(&p->again, AGAIN_S, 0.);
			ev_timer_start(p->loop, &p->again);
			break;
		}
		at += (size_t)(eol - line) + 1;
	}
	buf_drop(&p->in, at);
}

static void process_reads_again(struct ev_loop *loop, ev_timer *w,
				int revents)
{
	struct process *p = w->data;

	(void)loop;
	(void)revents;
	take_lines(p);
	check_gone(p);
}

/* True while there may be more. */
static bool receive(struct process *p)
{
	char data[16384];
	ssize_t n = recv(p->fd, data, sizeof(data), MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n > 0)
		buf_add(&p->in, data, (size_t)n);
	if (n <= 0 || p->in.failed) {
		if (n > 0 && !p->exited)
			process_kill(p); /* what it says is lost */
		end(p);
		return false;
	}
	if (!ev_is_active(&p->again))
		take_lines(p);
	return true;
}

static void process_readable(struct ev_loop *loop, ev_io *w, int revents)
{
	struct process *p = w->data;

	(void)loop;
	(void)revents;
	(void)receive(p);
	if (p->ended)
		check_gone(p);
}

static void process_exited(void *user, int status)
{
	struct process *p = user;

	p->exited = true;
	p->status = status;
	ev_timer_stop(p->loop, &p->expiry);
	/* What it said last; a child of its own may hold the socket open. */
	while (!p->ended && receive(p))
		;
	if (!p->ended)
		end(p);
	check_gone(p);
}

void process_send(struct process *p)
{
	while (p->out.len > 0 && !p->ended) {
		ssize_t n = send(p->fd, p->out.data, p->out.len,
				 MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN) {
			ev_io_start(p->loop, &p->out_io);
			return;
		}
		if (n < 0) {
			/* It is gone: reading will say so. */
			buf_clear(&p->out);
			break;
		}
		buf_drop(&p->out, (size_t)n);
	}
	ev_io_stop(p->loop, &p->out_io);
	if (p->finishing && !p->ended)
		(void)shutdown(p->fd, SHUT_WR);
}

static void process_writable(struct ev_loop *loop, ev_io *w, int revents)
{
	(void)loop;
	(void)revents;
	process_send(w->data);
}

static void process_expired(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)revents;
	process_kill(w->data);
}

static int start_child(struct process *p, const struct process_options *o,
		       int theirs)
{
	char sealed[] = "--sealed", three[] = "3", dry[] = "--dry-run";
	char *name = strdup(o->program);
	char *argv[] = { name, sealed, three, o->dry_run ? dry : NULL, NULL };
	const struct child_options co = {
		.path = o->program,
		.argv = argv,
		.fds = { theirs, theirs, STDERR_FILENO },
		.extra_fd = o->sealed_fd,
	};
	int r;

	log_hand_on();
	r = name ? child_start(p->loop, &co, process_exited, p, &p->child)
		 : -ENOMEM;
	free(name);
	return r;
}

int process_start(struct ev_loop *loop, const struct process_options *o,
		  process_line_fn *line, process_gone_fn *gone, void *user,
		  struct process **ret)
{
	struct process *p = calloc(1, sizeof(*p));
	int fds[2], r;

	if (!p)
		return -ENOMEM;
	*p = (struct process){ .loop = loop, .fd = -1, .line = line,
			       .gone = gone, .user = user,
			       .in = BUF_INIT(2 * PROTOCOL_LINE_MAX),
			       .out = BUF_INIT(OUT_MAX) };
	ev_init(&p->in_io, process_readable);
	ev_init(&p->out_io, process_writable);
	ev_timer_init(&p->expiry, process_expired, EXPIRE_S, 0.);
	ev_timer_init(&p->again, process_reads_again, AGAIN_S, 0.);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0) {
		r = -errno;
		process_free(p);
		return r;
	}
	p->fd = fds[0];
	r = start_child(p, o, fds[1]);
	(void)close(fds[1]);
	if (r < 0) {
		process_free(p);
		return r;
	}
	ev_io_set(&p->in_io, p->fd, EV_READ);
	ev_io_set(&p->out_io, p->fd, EV_WRITE);
	p->in_io.data = p->out_io.data = p;
	p->expiry.data = p->again.data = p;
	ev_io_start(loop, &p->in_io);
	*ret = p;
	return 0;
}

void process_free(struct process *p)
{
	if (!p)
		return;
	ev_io_stop(p->loop, &p->in_io);
	ev_io_stop(p->loop, &p->out_io);
	ev_timer_stop(p->loop, &p->expiry);
	ev_timer_stop(p->loop, &p->again);
	child_free(p->child);
	if (p->fd >= 0)
		(void)close(p->fd);
	buf_done(&p->in);
	buf_done(&p->out);
	free(p);
}

struct buf *process_out(struct process *p)
{
	return &p->out;
}

void process_finish(struct process *p)
{
	p->finishing = true;
	process_send(p);
}

bool process_is_finishing(const struct process *p)
{
	return p->finishing;
}

void process_expire(struct process *p)
{
	if (p->exited || ev_is_active(&p->expiry))
		return;
	ev_now_update(p->loop);
	ev_timer_set(&p->expiry, EXPIRE_S, 0.);
	ev_timer_start(p->loop, &p->expiry);
}
