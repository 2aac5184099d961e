#include "config.h"

#include <errno.h>
#include <stdint.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "daemon/clock_watch.h"

static uint64_t read_ms(clockid_t clock)
{
	struct timespec t;

	if (clock_gettime(clock, &t) < 0)
		return 0;
	return (uint64_t)t.tv_sec * 1000U + (uint64_t)t.tv_nsec / 1000000U;
}

/* CLOCK_MONOTONIC stands still while the machine sleeps. */
static uint64_t asleep_ms(void)
{
	return read_ms(CLOCK_BOOTTIME) - read_ms(CLOCK_MONOTONIC);
}

/* It never runs out; being cancelled is what it is for. */
static void clock_arm(int fd)
{
	const struct itimerspec never = {
		.it_value = { .tv_sec = INT32_MAX },
	};

	(void)timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET,
			      &never, NULL);
}

static void clock_readable(struct ev_loop *loop, ev_io *w, int revents)
{
	struct clock_watch *c = w->data;
	uint64_t expirations, asleep = asleep_ms(), slept = 0;
	ssize_t n = read(w->fd, &expirations, sizeof(expirations));

	(void)loop;
	(void)revents;
	if (n < 0 && errno == EAGAIN)
		return;
	clock_arm(w->fd);
	/* The two are not read at one instant. */
	if (asleep > c->asleep_ms + 100)
		slept = asleep - c->asleep_ms;
	c->asleep_ms = asleep;
	c->set(c->user, slept);
}

void clock_watch_start(struct clock_watch *c, struct ev_loop *loop,
		       clock_watch_fn *set, void *user)
{
	int fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);

	*c = (struct clock_watch){ .loop = loop, .set = set, .user = user };
	c->asleep_ms = asleep_ms();
	ev_io_init(&c->io, clock_readable, fd, EV_READ);
	c->io.data = c;
	if (fd < 0)
		return;
	clock_arm(fd);
	ev_io_start(loop, &c->io);
	ev_unref(loop);
}

void clock_watch_stop(struct clock_watch *c)
{
	if (!c->loop || c->io.fd < 0)
		return;
	ev_ref(c->loop);
	ev_io_stop(c->loop, &c->io);
	(void)close(c->io.fd);
	c->io.fd = -1;
}
