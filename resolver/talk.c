#include "config.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "resolver/talk.h"

/* 1, 2, 4, 8, 16 ms after the first, then it is a failure. */
#define RETRIES_MOST 5

bool talk_may_come(int error, unsigned int failures, double *ret_delay_s)
{
	if ((error != -EADDRNOTAVAIL && error != -ENETUNREACH) ||
	    failures >= RETRIES_MOST)
		return false;
	*ret_delay_s = 0.001 * (1u << failures);
	return true;
}

uint32_t talk_rtt_us(const struct talk *t)
{
	return (uint32_t)((clock_mono_ns() - t->begun_ns) / 1000);
}

static void talk_arm(struct talk *t, double delay_s)
{
	ev_timer_stop(t->loop, &t->timer);
	ev_now_update(t->loop);
	ev_timer_set(&t->timer, delay_s, 0.);
	ev_timer_start(t->loop, &t->timer);
}

/* A connected socket, and the port that it got; or -errno. */
static int talk_open(const struct talk_question *q, uint16_t *ret_port)
{
	struct sockaddr_storage ss;
	socklen_t len = addr_to_sockaddr(&q->server, q->port, &ss);
	socklen_t own_len = sizeof(ss);
	struct addr own;
	int fd, r;

	fd = socket(q->server.family,
		    SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	r = egress_apply(fd, q->server.family, &q->egress);
	if (r == 0 && connect(fd, (const struct sockaddr *)&ss, len) < 0)
		r = -errno;
	if (r == 0 &&
	    getsockname(fd, (struct sockaddr *)&ss, &own_len) < 0)
		r = -errno;
	if (r == 0)
		r = addr_from_sockaddr((const struct sockaddr *)&ss, &own,
				       ret_port);
	if (r == 0)
		return fd;
	(void)close(fd);
	return r;
}

static void talk_close(struct talk *t)
{
	if (!ev_is_active(&t->io))
		return;
	ev_io_stop(t->loop, &t->io);
	(void)close(t->io.fd);
}

/* From the loop, in any case. */
static void talk_fail(struct talk *t, int status)
{
	talk_close(t);
	t->status = status;
	talk_arm(t, 0.);
}

/* What send() says of a full queue or a passing trouble is no end. */
static int talk_send(struct talk *t)
{
	ssize_t n = send(t->io.fd, t->request, t->len, 0);

	if (n >= 0 || errno == EAGAIN || errno == ENOBUFS || errno == EINTR)
		return 0;
	return -errno;
}

static uint32_t talk_left_ms(const struct talk *t)
{
	uint64_t now_ns = clock_mono_ns();

	return now_ns >= t->deadline_ns ?
		       0 : (uint32_t)((t->deadline_ns - now_ns + 999999) /
				      1000000);
}

static void talk_wait(struct talk *t)
{
	uint32_t left_ms = talk_left_ms(t);
	uint32_t wait_ms = t->wait_ms < left_ms ? t->wait_ms : left_ms;

	t->wait_ms *= 2;
	talk_arm(t, wait_ms / 1000.);
}

static void talk_readable(struct ev_loop *loop, ev_io *w, int revents)
{
	struct talk *t = w->data;
	uint8_t data[TALK_ANSWER_MAX];
	ssize_t n;

	(void)loop;
	(void)revents;
	n = recv(w->fd, data, sizeof(data), MSG_TRUNC);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0)
		talk_fail(t, -errno);
	else if ((size_t)n <= sizeof(data))
		(void)t->about->take(t->user, data, (size_t)n);
}

static void talk_begin(struct talk *t)
{
	uint16_t port;
	double delay_s;
	int fd = talk_open(&t->question, &port), r = fd;

	if (fd >= 0) {
		ev_io_init(&t->io, talk_readable, fd, EV_READ);
		t->io.data = t;
		ev_io_start(t->loop, &t->io);
		t->len = t->about->build(t->user, port, t->request);
		r = talk_send(t);
	}
	if (r >= 0) {
		talk_wait(t);
		return;
	}
	talk_close(t);
	if (talk_may_come(r, t->failures, &delay_s)) {
		t->failures++;
		talk_arm(t, delay_s);
	} else {
		talk_fail(t, r);
	}
}

static void talk_timer(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct talk *t = w->data;
	int r;

	(void)loop;
	(void)revents;
	if (t->status == 0 && talk_left_ms(t) == 0)
		t->status = -ETIMEDOUT;
	if (t->status < 0) {
		t->about->failed(t->user, t->status);
		return;
	}
	if (!ev_is_active(&t->io)) {
		talk_begin(t);
		return;
	}
	r = talk_send(t);
	if (r < 0)
		talk_fail(t, r);
	else
		talk_wait(t);
}

void talk_start(struct talk *t, struct ev_loop *loop,
		const struct talk_question *q, const struct talk_about *about,
		void *user)
{
	*t = (struct talk){
		.loop = loop, .question = *q, .about = about, .user = user,
		.wait_ms = q->first_ms, .begun_ns = clock_mono_ns(),
	};
	t->deadline_ns = t->begun_ns + (uint64_t)q->timeout_ms * 1000000;
	ev_timer_init(&t->timer, talk_timer, 0., 0.);
	t->timer.data = t;
	talk_begin(t);
}

void talk_say(struct talk *t, const uint8_t *data, size_t len)
{
	if (t->loop && ev_is_active(&t->io))
		(void)send(t->io.fd, data, len, 0);
}

void talk_stop(struct talk *t)
{
	if (!t->loop)
		return;
	ev_timer_stop(t->loop, &t->timer);
	talk_close(t);
	t->loop = NULL;
}
