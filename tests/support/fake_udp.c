#include "config.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <ev.h>

#include "base/addr.h"
#include "tests/support/fake_udp.h"

struct fake_udp {
	struct ev_loop *loop;
	ev_io io;
	fake_udp_fn *answer;
	void *user;
	unsigned int heard;
	struct sockaddr_storage asker;
	socklen_t asker_len;
	uint16_t port;
};

static uint16_t port_of(const struct sockaddr_storage *ss)
{
	struct addr a;
	uint16_t port = 0;

	(void)addr_from_sockaddr((const struct sockaddr *)ss, &a, &port);
	return port;
}

void fake_udp_say(const struct fake_udp *f, const void *data, size_t len)
{
	(void)sendto(f->io.fd, data, len, 0,
		     (const struct sockaddr *)&f->asker, f->asker_len);
}

static void fake_udp_readable(struct ev_loop *loop, ev_io *w, int revents)
{
	struct fake_udp *f = w->data;
	uint8_t data[FAKE_UDP_SIZE], out[FAKE_UDP_SIZE];
	ssize_t n;
	size_t len;

	(void)loop;
	(void)revents;
	f->asker_len = sizeof(f->asker);
	n = recvfrom(w->fd, data, sizeof(data), 0,
		     (struct sockaddr *)&f->asker, &f->asker_len);
	if (n < 0)
		return;
	f->heard++;
	len = f->answer ? f->answer(f->user, f, f->heard, data, (size_t)n, out)
			: 0;
	if (len > 0)
		fake_udp_say(f, out, len);
}

struct fake_udp *fake_udp_new(struct ev_loop *loop, const char *address,
			      uint16_t port, fake_udp_fn *answer, void *user)
{
	struct fake_udp *f = calloc(1, sizeof(*f));
	struct sockaddr_storage ss;
	socklen_t len;
	struct addr a;
	int fd;

	if (!f || addr_parse(address, &a) < 0)
		abort();
	len = addr_to_sockaddr(&a, port, &ss);
	fd = socket(a.family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&ss, len) < 0)
		abort();
	len = sizeof(ss);
	if (getsockname(fd, (struct sockaddr *)&ss, &len) < 0)
		abort();
	f->loop = loop;
	f->answer = answer;
	f->user = user;
	f->port = port_of(&ss);
	ev_io_init(&f->io, fake_udp_readable, fd, EV_READ);
	f->io.data = f;
	ev_io_start(loop, &f->io);
	return f;
}

void fake_udp_free(struct fake_udp *f)
{
	if (!f)
		return;
	ev_io_stop(f->loop, &f->io);
	(void)close(f->io.fd);
	free(f);
}

uint16_t fake_udp_port(const struct fake_udp *f)
{
	return f->port;
}

unsigned int fake_udp_heard(const struct fake_udp *f)
{
	return f->heard;
}

uint16_t fake_udp_asker(const struct fake_udp *f)
{
	return port_of(&f->asker);
}
