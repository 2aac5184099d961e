#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "resolver/binding.h"

#define RTO_MS 500 /* section 6.2.1, where nothing is known of the way */

static void binding_tell(struct binding *b, int status, const char *why,
			 const struct addr *addr)
{
	struct binding_reply reply = {
		.status = status,
		.why = why,
		.rtt_us = (uint32_t)((clock_mono_ns() - b->begun_ns) / 1000),
	};

	if (addr)
		reply.addr = *addr;
	b->done(b->user, &reply);
}

/* True: it was the answer, and told. */
static bool binding_take(void *user, const uint8_t *data, size_t len)
{
	struct binding *b = user;
	char why[STUN_WHY_SIZE] = "";
	struct addr addr;
	int r = stun_read(b->id, data, len, &addr, why);

	if (r == -EAGAIN)
		return false;
	binding_tell(b, r, why, r == 0 ? &addr : NULL);
	return true;
}

/* ---- UDP ---- */

static size_t binding_build(void *user, uint16_t port,
			    uint8_t out[TALK_REQUEST_MAX])
{
	struct binding *b = user;

	(void)port;
	stun_request(b->id, out);
	return STUN_REQUEST_SIZE;
}

static void binding_failed(void *user, int status)
{
	binding_tell(user, status, strerror(-status), NULL);
}

static const struct talk_about about = {
	.build = binding_build, .take = binding_take, .failed = binding_failed,
};

/* ---- TCP ---- */

static void binding_arm(struct binding *b, double delay_s)
{
	ev_timer_stop(b->loop, &b->timer);
	ev_now_update(b->loop);
	ev_timer_set(&b->timer, delay_s, 0.);
	ev_timer_start(b->loop, &b->timer);
}

static void binding_close(struct binding *b)
{
	if (!ev_is_active(&b->io))
		return;
	ev_io_stop(b->loop, &b->io);
	(void)close(b->io.fd);
}

static void binding_fail(struct binding *b, int status)
{
	binding_close(b);
	b->status = status;
	binding_arm(b, 0.);
}

static double binding_left_s(const struct binding *b)
{
	uint64_t end_ns = b->begun_ns +
			  (uint64_t)b->question.timeout_ms * 1000000;
	uint64_t now_ns = clock_mono_ns();

	return now_ns < end_ns ? (double)(end_ns - now_ns) / 1e9 : 0.;
}

/* More of the answer: -EAGAIN, or how the connection ended. */
static int binding_receive(struct binding *b)
{
	int want = STUN_HEADER_SIZE;
	ssize_t n;

	for (;;) {
		if (b->len >= STUN_HEADER_SIZE) {
			want = stun_length(b->data);
			if (want < 0)
				return want;
			if (b->len == (size_t)want)
				return 0;
		}
		n = recv(b->io.fd, b->data + b->len, (size_t)want - b->len, 0);
		if (n < 0)
			return errno == EINTR ? -EAGAIN : -errno;
		if (n == 0)
			return -ECONNRESET;
		b->len += (size_t)n;
	}
}

static void binding_readable(struct ev_loop *loop, ev_io *w, int revents)
{
	struct binding *b = w->data;
	int r = binding_receive(b);

	(void)loop;
	(void)revents;
	if (r == -EAGAIN)
		return;
	if (r < 0)
		binding_fail(b, r);
	else if (!binding_take(b, b->data, b->len))
		binding_fail(b, -EBADMSG);
}

/* Connected, or not: 28 bytes fit into any socket's buffer. */
static void binding_writable(struct ev_loop *loop, ev_io *w, int revents)
{
	struct binding *b = w->data;
	uint8_t request[STUN_REQUEST_SIZE];
	int error = 0;
	socklen_t len = sizeof(error);

	(void)revents;
	stun_request(b->id, request);
	if (getsockopt(w->fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
		error = errno;
	if (error == 0 && send(w->fd, request, sizeof(request),
			       MSG_NOSIGNAL) != (ssize_t)sizeof(request))
		error = EIO;
	if (error != 0) {
		binding_fail(b, -error);
		return;
	}
	ev_io_stop(loop, w);
	ev_io_init(w, binding_readable, w->fd, EV_READ);
	ev_io_start(loop, w);
}

static int binding_connect(const struct binding_question *q)
{
	struct sockaddr_storage ss;
	socklen_t len = addr_to_sockaddr(&q->server, q->port, &ss);
	int fd, r;

	fd = socket(q->server.family,
		    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	r = egress_apply(fd, q->server.family, &q->egress);
	if (r == 0 && connect(fd, (const struct sockaddr *)&ss, len) < 0 &&
	    errno != EINPROGRESS)
		r = -errno;
	if (r == 0)
		return fd;
	(void)close(fd);
	return r;
}

static void binding_begin(struct binding *b)
{
	int fd = binding_connect(&b->question);
	double delay_s;

	if (fd >= 0) {
		ev_io_init(&b->io, binding_writable, fd, EV_WRITE);
		b->io.data = b;
		ev_io_start(b->loop, &b->io);
		binding_arm(b, binding_left_s(b));
	} else if (talk_may_come(fd, b->failures, &delay_s)) {
		b->failures++;
		binding_arm(b, delay_s);
	} else {
		binding_fail(b, fd);
	}
}

static void binding_timer(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct binding *b = w->data;

	(void)loop;
	(void)revents;
	if (b->status < 0)
		binding_failed(b, b->status);
	else if (ev_is_active(&b->io))
		binding_failed(b, -ETIMEDOUT);
	else
		binding_begin(b);
}

int binding_start(struct binding *b, struct ev_loop *loop,
		  const struct binding_question *q, binding_done_fn *done,
		  void *user)
{
	struct talk_question tq = {
		.server = q->server, .port = q->port, .egress = q->egress,
		.first_ms = RTO_MS, .timeout_ms = q->timeout_ms,
	};

	*b = (struct binding){
		.loop = loop, .question = *q, .done = done, .user = user,
		.begun_ns = clock_mono_ns(),
	};
	for (size_t i = 0; i < STUN_ID_SIZE; i += 4) {
		uint32_t random = clock_random();

		memcpy(b->id + i, &random, 4);
	}
	ev_timer_init(&b->timer, binding_timer, 0., 0.);
	b->timer.data = b;
	if (!q->tcp) {
		talk_start(&b->talk, loop, &tq, &about, b);
		return 0;
	}
	b->data = malloc(STUN_MESSAGE_MAX);
	if (!b->data) {
		b->loop = NULL;
		return -ENOMEM;
	}
	binding_begin(b);
	return 0;
}

void binding_stop(struct binding *b)
{
	if (!b->loop)
		return;
	talk_stop(&b->talk);
	ev_timer_stop(b->loop, &b->timer);
	binding_close(b);
	free(b->data);
	b->data = NULL;
	b->loop = NULL;
}
