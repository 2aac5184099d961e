#include "config.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/egress.h"
#include "net/route.h"

static int egress_set(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value)) < 0 ? -errno :
									0;
}

/* By name the kernel looks it up itself: one call where a number takes two. */
static int egress_device(int fd, const char *device)
{
	return setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, device,
			  (socklen_t)strlen(device)) < 0 ? -errno : 0;
}

static int egress_bind(int fd, const struct egress *e)
{
	struct sockaddr_storage ss;
	socklen_t len = addr_to_sockaddr(&e->source, 0, &ss);
	struct sockaddr_in6 *sin6 = (struct sockaddr_in6 *)&ss;

	if (e->source.family == AF_INET6 &&
	    IN6_IS_ADDR_LINKLOCAL(&sin6->sin6_addr))
		sin6->sin6_scope_id = e->device[0]
					      ? if_nametoindex(e->device)
					      : (uint32_t)e->ifindex;
	return bind(fd, (const struct sockaddr *)&ss, len) < 0 ? -errno : 0;
}

/* The kernel takes any number for an interface: ask whether it is one. */
static int egress_interface(int fd, int ifindex)
{
	struct ifreq ifr = { .ifr_ifindex = ifindex };

	if (ioctl(fd, SIOCGIFNAME, &ifr) < 0)
		return errno == ENXIO ? -ENODEV : -errno;
	return egress_set(fd, SOL_SOCKET, SO_BINDTOIFINDEX, ifindex);
}

/*
 * Does this machine hold the IPv4 address, in its local table or only just
 * announced? The kernel looks that up in its list of addresses when a bound
 * socket asks for a route, and loopback can be reached from each of them.
 */
static bool egress_is_ours(const struct egress *e)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons(9),
		.sin_addr = { .s_addr = htonl(INADDR_LOOPBACK) },
	};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool ours;

	if (fd < 0)
		return false;
	ours = egress_set(fd, IPPROTO_IP, IP_FREEBIND, 1) == 0 &&
	       egress_bind(fd, e) == 0 &&
	       connect(fd, (const struct sockaddr *)&to, sizeof(to)) == 0;
	(void)close(fd);
	return ours;
}

/*
 * IPv6 addresses can be bound from before they are announced, and a free
 * bind there would send from an address that is not ours: a refusal stands.
 */
static int egress_source(int fd, int family, const struct egress *e)
{
	int r = egress_bind(fd, e);

	if (r != -EADDRNOTAVAIL || family != AF_INET)
		return r;
	if (!egress_is_ours(e))
		return -EADDRNOTAVAIL;
	r = egress_set(fd, IPPROTO_IP, IP_FREEBIND, 1);
	return r < 0 ? r : egress_bind(fd, e);
}

int egress_apply(int fd, int family, const struct egress *e)
{
	int r = 0;

	if (e->source.family != 0 && e->source.family != family)
		return -EAFNOSUPPORT;
	if (e->mark != 0)
		r = egress_set(fd, SOL_SOCKET, SO_MARK, (int)e->mark);
	if (r == 0 && e->device[0])
		r = egress_device(fd, e->device);
	else if (r == 0 && e->ifindex != 0)
		r = egress_interface(fd, e->ifindex);
	if (r == 0 && e->source.family != 0)
		r = egress_source(fd, family, e);
	return r;
}

void egress_for(struct route *route, const struct addr *dst,
		const struct egress *want, struct egress *ret)
{
	struct egress mark_only = { .mark = want->mark };
	bool by_default;

	if (want->source.family != 0 && want->source.family != dst->family)
		*ret = mark_only;
	else if (route &&
		 route_is_default(route, dst, want->mark, &by_default) == 0 &&
		 !by_default)
		*ret = mark_only;
	else
		*ret = *want;
}
