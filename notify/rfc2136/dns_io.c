#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <ev.h>

#include "base/clock.h"
#include "notify/rfc2136/dns_io.h"

/* UDP repeats after 1, 2 and 4 s, and up to a quarter more. */
#define REPEATS_MAX 3
#define FIRST_REPEAT_S 1.0
/* The kernel announces an address before it can be used (about 0.1 ms). */
#define SETTLE_MS 100
#define SETTLE_FIRST_S 0.001
#define HURRY_S 1.0
#define TCP_BUF_MAX (2 + 65535)
/* After this repeat TCP is tried too; after the first one if time is short. */
#define TCP_AFTER 2
#define SHORT_MS 4500

struct dns_io {
	struct ev_loop *loop;
	struct dns_io_request q;
	dns_io_fn *take;
	void *user;
	int fd;
	bool tcp;
	ev_io io;
	ev_timer again;    /* repeat, or try anew what did not work */
	ev_timer deadline; /* of the whole */
	bool settling;     /* again is for an address or route to come */
	bool hurried;
	int error; /* to be told at the deadline; 0: -ETIMEDOUT */
	unsigned int repeats;
	uint64_t start_ms, sent_ns;
	uint8_t prefix[2];
	size_t out_at; /* TCP: of prefix and message */
	uint8_t *in;   /* TCP */
	size_t in_len;
	struct dns_io *also; /* by TCP, beside this one; its user */
};

static void dns_io_close(struct dns_io *io)
{
	ev_io_stop(io->loop, &io->io);
	if (io->fd >= 0)
		(void)close(io->fd);
	io->fd = -1;
}

static void end(struct dns_io *io, int status)
{
	dns_io_free(io->also);
	io->also = NULL;
	dns_io_close(io);
	ev_timer_stop(io->loop, &io->again);
	ev_timer_stop(io->loop, &io->deadline);
	(void)io->take(io->user, status, NULL, 0);
}

static void arm(struct dns_io *io, ev_timer *t, double after_s)
{
	ev_timer_stop(io->loop, t);
	ev_now_update(io->loop);
	ev_timer_set(t, after_s, 0.);
	ev_timer_start(io->loop, t);
}

/* A fleet that was not heard together shall not repeat itself together. */
static void arm_repeat(struct dns_io *io)
{
	arm(io, &io->again, FIRST_REPEAT_S * (double)(1U << io->repeats) *
				    (1. + clock_random() * 0x1p-34));
}

static void fail_soon(struct dns_io *io, int error)
{
	dns_io_close(io);
	ev_timer_stop(io->loop, &io->again);
	io->error = error;
	arm(io, &io->deadline, 0.);
}

/* May it work in a moment? */
static bool is_settling(const struct dns_io *io, int error)
{
	if (io->sent_ns != 0 || clock_mono_ms() - io->start_ms >= SETTLE_MS)
		return false;
	return error == -EADDRNOTAVAIL || error == -ENETUNREACH ||
	       error == -EHOSTUNREACH ||
	       (error == -EINVAL && io->q.egress.source.family);
}

static void try_later(struct dns_io *io)
{
	double after_s = SETTLE_FIRST_S;

	dns_io_close(io);
	for (unsigned int i = 0; i < io->repeats && after_s < 0.032; i++)
		after_s *= 2;
	io->repeats++;
	io->settling = true;
	arm(io, &io->again, after_s);
}

static void dns_io_ready(struct ev_loop *loop, ev_io *w, int revents);

static void note_sent(struct dns_io *io)
{
	if (io->sent_ns == 0)
		io->sent_ns = clock_mono_ns();
}

/*
 * Out before connect(), which is for what comes back: nobody else's datagrams,
 * and word that the port is closed.
 */
static int send_first(struct dns_io *io, const struct sockaddr *to,
		      socklen_t len)
{
	if (sendto(io->fd, io->q.wire, io->q.len, MSG_NOSIGNAL, to, len) < 0 &&
	    errno != EAGAIN)
		return -errno;
	note_sent(io);
	return 0;
}

static int new_socket(int family, int type)
{
	int fd = socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	return fd < 0 ? -errno : fd;
}

/* On its way by io->fd and, for UDP, the message out. */
static int leave(struct dns_io *io, const struct egress *e)
{
	struct sockaddr_storage to;
	socklen_t len = addr_to_sockaddr(&io->q.server, io->q.port, &to);
	int r = egress_apply(io->fd, io->q.server.family, e);

	if (r == 0 && !io->tcp)
		r = send_first(io, (struct sockaddr *)&to, len);
	if (r == 0 && connect(io->fd, (struct sockaddr *)&to, len) < 0)
		r = -errno;
	return r == -EINPROGRESS ? 0 : r;
}

/* -ENOENT where none will do. */
static int leave_by_spare(struct dns_io *io)
{
	struct dns_io_spare *s = io->q.spare;
	struct egress e = io->q.egress;
	bool bound;

	io->q.spare = NULL;
	if (io->tcp || !s || s->fd < 0 || s->family != io->q.server.family)
		return -ENOENT;
	bound = s->device[0] != '\0';
	if (bound && strcmp(s->device, e.device) != 0)
		return -ENOENT;
	if (bound)
		e.device[0] = '\0';
	io->fd = s->fd;
	s->fd = -1;
	return leave(io, &e);
}

static int open_socket(struct dns_io *io)
{
	uint64_t before_ns = io->sent_ns; /* by UDP, where this is TCP */
	int r = leave_by_spare(io);

	if (r == 0 || io->sent_ns != before_ns)
		return r;
	/* What it was bound to may be another interface of that name now. */
	dns_io_close(io);
	r = new_socket(io->q.server.family,
		       io->tcp ? SOCK_STREAM : SOCK_DGRAM);
	if (r < 0)
		return r;
	io->fd = r;
	return leave(io, &io->q.egress);
}

static void watch(struct dns_io *io, int events)
{
	ev_io_stop(io->loop, &io->io);
	ev_io_init(&io->io, dns_io_ready, io->fd, events);
	io->io.data = io;
	ev_io_start(io->loop, &io->io);
}

static int send_udp(struct dns_io *io)
{
	if (send(io->fd, io->q.wire, io->q.len, MSG_NOSIGNAL) < 0 &&
	    errno != EAGAIN)
		return -errno;
	note_sent(io);
	return 0;
}

/* 0 when all of it is out, -EAGAIN. */
static int send_tcp(struct dns_io *io)
{
	while (io->out_at < 2 + io->q.len) {
		size_t at = io->out_at > 2 ? io->out_at - 2 : 0;
		struct iovec v[2] = {
			{ io->prefix + io->out_at, 2 - io->out_at },
			{ (uint8_t *)(uintptr_t)io->q.wire + at,
			  io->q.len - at },
		};
		size_t skip = io->out_at >= 2;
		struct msghdr m = { .msg_iov = v + skip,
				    .msg_iovlen = 2 - skip };
		ssize_t n = sendmsg(io->fd, &m, MSG_NOSIGNAL);

		if (n < 0)
			return errno == EINTR ? -EAGAIN : -errno;
		io->out_at += (size_t)n;
	}
	note_sent(io);
	return 0;
}

static void start(struct dns_io *io)
{
	int r = open_socket(io);

	if (r < 0) {
		if (is_settling(io, r))
			try_later(io);
		else
			fail_soon(io, r);
		return;
	}
	if (io->settling)
		io->repeats = 0;
	io->settling = false;
	watch(io, io->tcp ? EV_WRITE : EV_READ);
	if (!io->tcp)
		arm_repeat(io);
}

/* What came by TCP, while UDP is still waited for. */
static enum dns_io_take dns_io_also(void *user, int status, const uint8_t *data,
				  size_t len)
{
	struct dns_io *io = user;
	enum dns_io_take t;

	if (status < 0) {
		dns_io_free(io->also);
		io->also = NULL;
		return DNS_IO_TAKEN;
	}
	t = io->take(io->user, 0, data, len); /* TAKEN: it may be gone */
	if (t == DNS_IO_HURRY)
		arm(io, &io->deadline, 0.);
	return t == DNS_IO_TAKEN ? DNS_IO_TAKEN : DNS_IO_WAIT;
}

static void start_also(struct dns_io *io)
{
	struct dns_io_request q = io->q;
	double left_s = ev_timer_remaining(io->loop, &io->deadline);

	q.tcp = true;
	q.timeout_ms = left_s > 0 ? (uint32_t)(left_s * 1000) + 1 : 1;
	(void)dns_io_start(io->loop, &q, dns_io_also, io, &io->also);
}

static void start_tcp(struct dns_io *io)
{
	dns_io_free(io->also);
	io->also = NULL;
	dns_io_close(io);
	ev_timer_stop(io->loop, &io->again);
	io->tcp = true;
	io->out_at = 0;
	io->in_len = 0;
	if (!io->in)
		io->in = malloc(TCP_BUF_MAX);
	if (!io->in)
		fail_soon(io, -ENOMEM);
	else
		start(io);
}

static void dns_io_again(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct dns_io *io = w->data;
	int r;

	(void)loop;
	(void)revents;
	if (io->settling) {
		start(io);
		return;
	}
	r = send_udp(io);
	if (r < 0) {
		end(io, r);
		return;
	}
	if (++io->repeats < REPEATS_MAX)
		arm_repeat(io);
	if (!io->also && (io->repeats >= TCP_AFTER ||
			  io->q.timeout_ms < SHORT_MS))
		start_also(io);
}

static void dns_io_late(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct dns_io *io = w->data;

	(void)loop;
	(void)revents;
	end(io, io->error ? io->error : -ETIMEDOUT);
}

/* False where the exchange is over and must not be touched. */
static bool hand_over(struct dns_io *io, const uint8_t *data, size_t len)
{
	switch (io->take(io->user, 0, data, len)) {
	case DNS_IO_TAKEN:
		return false;
	case DNS_IO_USE_TCP:
		if (io->tcp)
			return true;
		start_tcp(io);
		return false;
	case DNS_IO_HURRY:
		if (io->tcp) /* no second one comes, and none is forged */
			fail_soon(io, -ETIMEDOUT);
		else if (!io->hurried && ev_timer_remaining(io->loop,
						       &io->deadline) > HURRY_S)
			arm(io, &io->deadline, HURRY_S);
		io->hurried = true;
		return true;
	case DNS_IO_WAIT:
		break;
	}
	return true;
}

/* What came before connect() may be anybody's. */
static bool is_from_server(const struct dns_io *io,
			   const struct sockaddr_storage *from)
{
	struct addr a;
	uint16_t port;

	return addr_from_sockaddr((const struct sockaddr *)from, &a, &port) ==
		       0 && port == io->q.port &&
	       addr_equal(&a, &io->q.server);
}

static void receive_udp(struct dns_io *io)
{
	struct sockaddr_storage from;
	uint8_t data[4096];

	/* Bounded: a flood must not keep the loop. */
	for (int i = 0; i < 16; i++) {
		socklen_t len = sizeof(from);
		ssize_t n = recvfrom(io->fd, data, sizeof(data), MSG_TRUNC,
				     (struct sockaddr *)&from, &len);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n < 0) {
			end(io, -errno);
			return;
		}
		if ((size_t)n <= sizeof(data) && is_from_server(io, &from) &&
		    !hand_over(io, data, (size_t)n))
			return;
	}
}

static void receive_tcp(struct dns_io *io)
{
	size_t want = 2;
	ssize_t n;

	if (io->in_len >= 2)
		want += (size_t)io->in[0] << 8 | io->in[1];
	n = recv(io->fd, io->in + io->in_len, want - io->in_len, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		end(io, n < 0 ? -errno : -ECONNRESET);
		return;
	}
	io->in_len += (size_t)n;
	if (io->in_len < want || want == 2)
		return;
	io->in_len = 0;
	(void)hand_over(io, io->in + 2, want - 2);
}

static void dns_io_ready(struct ev_loop *loop, ev_io *w, int revents)
{
	struct dns_io *io = w->data;
	int r;

	(void)loop;
	if (!io->tcp) {
		receive_udp(io);
		return;
	}
	if (!(revents & EV_WRITE)) {
		receive_tcp(io);
		return;
	}
	r = send_tcp(io);
	if (r == 0)
		watch(io, EV_READ);
	else if (r != -EAGAIN)
		end(io, r);
}

int dns_io_start(struct ev_loop *loop, const struct dns_io_request *q,
		 dns_io_fn *take, void *user, struct dns_io **ret)
{
	struct dns_io *io = calloc(1, sizeof(*io));

	if (!io)
		return -ENOMEM;
	*io = (struct dns_io){ .loop = loop, .q = *q, .take = take,
			       .user = user, .fd = -1 };
	io->prefix[0] = (uint8_t)(q->len >> 8);
	io->prefix[1] = (uint8_t)q->len;
	ev_init(&io->io, dns_io_ready);
	ev_timer_init(&io->again, dns_io_again, 0., 0.);
	ev_timer_init(&io->deadline, dns_io_late, 0., 0.);
	io->again.data = io->deadline.data = io;
	io->start_ms = clock_mono_ms();
	arm(io, &io->deadline, q->timeout_ms / 1000.);
	if (q->tcp || q->len > DNS_IO_UDP_MAX)
		start_tcp(io);
	else
		start(io);
	*ret = io;
	return 0;
}

void dns_io_free(struct dns_io *io)
{
	if (!io)
		return;
	dns_io_free(io->also);
	dns_io_close(io);
	ev_timer_stop(io->loop, &io->again);
	ev_timer_stop(io->loop, &io->deadline);
	free(io->in);
	free(io);
}

uint64_t dns_io_sent_ns(const struct dns_io *io)
{
	return io->sent_ns;
}
