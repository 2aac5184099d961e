#include "config.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/egress.h"
#include "resolver/announce.h"

#define PORT	     5350
#define DRAINED_MOST 256 /* datagrams in one turn */

static int announce_set(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value)) < 0 ? -errno :
									0;
}

/*
 * The group's own address: datagrams to ours are not for us. Others who
 * listen here may have set either of the two.
 */
static int announce_bind(int fd, int ifindex)
{
	const struct sockaddr_in group = {
		.sin_family = AF_INET,
		.sin_port = htons(PORT),
		.sin_addr = { .s_addr = htonl(INADDR_ALLHOSTS_GROUP) },
	};
	const struct ip_mreqn member = {
		.imr_multiaddr = group.sin_addr, .imr_ifindex = ifindex,
	};
	const struct egress e = { .ifindex = ifindex };
	int r;

	r = announce_set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	if (r == 0)
		r = announce_set(fd, SOL_SOCKET, SO_REUSEPORT, 1);
	if (r == 0)
		r = egress_apply(fd, AF_INET, &e);
	if (r == 0 && bind(fd, (const struct sockaddr *)&group,
			   sizeof(group)) < 0)
		r = -errno;
	/* Every host is in this group; told so, the kernel may say it too. */
	if (r == 0)
		(void)setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &member,
				 sizeof(member));
	return r;
}

/* True: there was at least one. */
static bool announce_drain(const struct announce *a)
{
	bool any = false;
	char byte;

	for (int i = 0; i < DRAINED_MOST; i++) {
		if (recv(a->io.fd, &byte, sizeof(byte), MSG_TRUNC) < 0)
			break;
		any = true;
	}
	return any;
}

static void announce_readable(struct ev_loop *loop, ev_io *w, int revents)
{
	struct announce *a = w->data;

	(void)loop;
	(void)revents;
	if (announce_drain(a))
		a->heard(a->user, clock_mono_ns());
}

static void announce_hears(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct announce *a = w->data;

	(void)revents;
	ev_io_start(loop, &a->io);
	if (announce_drain(a))
		a->heard(a->user, clock_mono_ns());
}

int announce_open(struct announce *a, struct ev_loop *loop, int ifindex,
		  announce_fn *heard, void *user)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int r;

	if (fd < 0)
		return -errno;
	r = announce_bind(fd, ifindex);
	if (r < 0) {
		(void)close(fd);
		return r;
	}
	*a = (struct announce){ .loop = loop, .heard = heard, .user = user };
	ev_io_init(&a->io, announce_readable, fd, EV_READ);
	ev_timer_init(&a->deaf, announce_hears, 0., 0.);
	a->io.data = a->deaf.data = a;
	ev_io_start(loop, &a->io);
	return 0;
}

void announce_close(struct announce *a)
{
	if (!a->loop)
		return;
	ev_io_stop(a->loop, &a->io);
	ev_timer_stop(a->loop, &a->deaf);
	(void)close(a->io.fd);
	a->loop = NULL;
}

void announce_deafen(struct announce *a, uint32_t ms)
{
	if (!a->loop)
		return;
	ev_io_stop(a->loop, &a->io);
	ev_timer_stop(a->loop, &a->deaf);
	ev_now_update(a->loop);
	ev_timer_set(&a->deaf, ms / 1000., 0.);
	ev_timer_start(a->loop, &a->deaf);
}

void announce_forget(const struct announce *a)
{
	if (a->loop)
		(void)announce_drain(a);
}
