#include "config.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <ev.h>

#include "notify/http/http_sockets.h"

struct http_sockets {
	struct ev_loop *loop;
	int *fds;
	size_t n, size;
	int netlink; /* -1: none */
	ev_io io;
};

static bool is_from(int fd, const struct addr *addr)
{
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} u = { .any = { .sa_family = AF_UNSPEC } };
	socklen_t len = sizeof(u);

	if (getsockname(fd, &u.any, &len) < 0 ||
	    u.any.sa_family != addr->family)
		return false;
	if (addr->family == AF_INET)
		return memcmp(&u.in.sin_addr, addr->bytes, 4) == 0;
	return memcmp(&u.in6.sin6_addr, addr->bytes, 16) == 0;
}

size_t http_sockets_gone(struct http_sockets *s, const struct addr *addr)
{
	static const struct sockaddr none = { .sa_family = AF_UNSPEC };
	size_t ended = 0;

	for (size_t i = 0; i < s->n; i++) {
		if (!is_from(s->fds[i], addr))
			continue;
		/* No farewell can be sent: reset, and libcurl sees its end. */
		(void)connect(s->fds[i], &none, sizeof(none));
		ended++;
	}
	return ended;
}

/* ---- what the kernel says ---- */

/* The addresses in the attributes of an RTM_DELADDR. */
static void take_addresses(const struct nlmsghdr *h, struct addr *ret_local,
			   struct addr *ret_other)
{
	const struct ifaddrmsg *m = NLMSG_DATA(h);
	const char *at = (const char *)m + NLMSG_ALIGN(sizeof(*m));
	const char *end = (const char *)h + h->nlmsg_len;
	size_t size = m->ifa_family == AF_INET ? 4 : 16;

	while (at + sizeof(struct rtattr) <= end) {
		struct rtattr a;
		struct addr *to;

		memcpy(&a, at, sizeof(a));
		if (a.rta_len < sizeof(a) || a.rta_len > end - at)
			return;
		to = a.rta_type == IFA_LOCAL	 ? ret_local
		     : a.rta_type == IFA_ADDRESS ? ret_other : NULL;
		if (to && a.rta_len >= sizeof(a) + size) {
			to->family = m->ifa_family;
			memcpy(to->bytes, at + sizeof(a), size);
		}
		at += RTA_ALIGN((size_t)a.rta_len);
	}
}

static void take_message(struct http_sockets *s, const struct nlmsghdr *h)
{
	const struct ifaddrmsg *m = NLMSG_DATA(h);
	struct addr local = { .family = 0 }, other = { .family = 0 };

	if (h->nlmsg_type != RTM_DELADDR ||
	    h->nlmsg_len < NLMSG_LENGTH(sizeof(*m)) ||
	    (m->ifa_family != AF_INET && m->ifa_family != AF_INET6))
		return;
	take_addresses(h, &local, &other);
	/* With a peer IFA_ADDRESS is the peer's. */
	if (local.family || other.family)
		(void)http_sockets_gone(s, local.family ? &local : &other);
}

static void http_sockets_heard(struct ev_loop *loop, ev_io *w, int revents)
{
	struct http_sockets *s = w->data;
	union {
		char bytes[16384];
		struct nlmsghdr align;
	} u;
	ssize_t n;

	(void)loop;
	(void)revents;
	while ((n = recv(s->netlink, &u, sizeof(u), MSG_DONTWAIT)) > 0) {
		const struct nlmsghdr *h = &u.align;
		size_t len = (size_t)n;

		for (; NLMSG_OK(h, len); h = NLMSG_NEXT(h, len))
			take_message(s, h);
	}
}

static int open_netlink(void)
{
	const struct sockaddr_nl a = {
		.nl_family = AF_NETLINK,
		.nl_groups = RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR,
	};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
			NETLINK_ROUTE);

	if (fd >= 0 && bind(fd, (const struct sockaddr *)(const void *)&a,
			    sizeof(a)) < 0) {
		(void)close(fd);
		fd = -1;
	}
	return fd;
}

int http_sockets_new(struct ev_loop *loop, struct http_sockets **ret)
{
	struct http_sockets *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->loop = loop;
	s->netlink = open_netlink();
	ev_io_init(&s->io, http_sockets_heard, s->netlink, EV_READ);
	s->io.data = s;
	if (s->netlink >= 0)
		ev_io_start(loop, &s->io);
	*ret = s;
	return 0;
}

void http_sockets_free(struct http_sockets *s)
{
	if (!s)
		return;
	ev_io_stop(s->loop, &s->io);
	if (s->netlink >= 0)
		(void)close(s->netlink);
	free(s->fds);
	free(s);
}

/* ---- libcurl's side ---- */

static int add(struct http_sockets *s, int fd)
{
	if (s->n == s->size) {
		size_t size = s->size ? 2 * s->size : 8;
		int *fds = realloc(s->fds, size * sizeof(*fds));

		if (!fds)
			return -ENOMEM;
		s->fds = fds;
		s->size = size;
	}
	s->fds[s->n++] = fd;
	return 0;
}

curl_socket_t http_sockets_open(void *user, curlsocktype purpose,
				struct curl_sockaddr *a)
{
	int fd = socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);

	(void)purpose;
	if (fd >= 0 && add(user, fd) < 0) {
		(void)close(fd);
		fd = -1;
	}
	return fd < 0 ? CURL_SOCKET_BAD : fd;
}

int http_sockets_close(void *user, curl_socket_t fd)
{
	struct http_sockets *s = user;

	for (size_t i = 0; i < s->n; i++)
		if (s->fds[i] == fd) {
			s->fds[i] = s->fds[--s->n];
			break;
		}
	return close(fd);
}
