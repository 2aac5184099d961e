#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>

#include "net/route.h"
#include "net/route_reply.h"

struct route {
	int fd;
	uint32_t seq;
};

/* One question. */
struct route_query {
	const struct addr *dst, *source; /* source NULL: any */
	int ifindex;
	uint32_t mark, flags;
};

int route_open(struct route **ret)
{
	struct sockaddr_nl local = { .nl_family = AF_NETLINK };
	struct route *r = calloc(1, sizeof(*r));
	int error;

	if (!r)
		return -ENOMEM;
	r->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
		       NETLINK_ROUTE);
	if (r->fd < 0 ||
	    bind(r->fd, (const struct sockaddr *)&local, sizeof(local)) < 0) {
		error = -errno;
		route_close(r);
		return error;
	}
	*ret = r;
	return 0;
}

void route_close(struct route *r)
{
	if (!r)
		return;
	if (r->fd >= 0)
		(void)close(r->fd);
	free(r);
}

static int route_ask(struct route *r, const struct route_query *q)
{
	_Alignas(struct nlmsghdr) uint8_t room[160] = { 0 };
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	struct nlmsghdr *h = mnl_nlmsg_put_header(room);
	size_t len = addr_len(q->dst->family);
	struct rtmsg *rtm;

	h->nlmsg_type = RTM_GETROUTE;
	h->nlmsg_flags = NLM_F_REQUEST;
	h->nlmsg_seq = ++r->seq;
	rtm = mnl_nlmsg_put_extra_header(h, sizeof(*rtm));
	rtm->rtm_family = (unsigned char)q->dst->family;
	rtm->rtm_dst_len = (unsigned char)(8 * len);
	rtm->rtm_flags = q->flags;
	mnl_attr_put(h, RTA_DST, len, q->dst->bytes);
	if (q->source) {
		rtm->rtm_src_len = (unsigned char)(8 * len);
		mnl_attr_put(h, RTA_SRC, len, q->source->bytes);
	}
	if (q->ifindex > 0)
		mnl_attr_put_u32(h, RTA_OIF, (uint32_t)q->ifindex);
	if (q->mark != 0)
		mnl_attr_put_u32(h, RTA_MARK, q->mark);
	if (sendto(r->fd, h, h->nlmsg_len, 0, (const struct sockaddr *)&kernel,
		   sizeof(kernel)) < 0)
		return -errno;
	return 0;
}

/* Skips what answers an earlier question, or comes from anybody else. */
static int route_hear(struct route *r, int family, struct route_reply *ret)
{
	_Alignas(struct nlmsghdr) uint8_t buf[4096];

	for (int i = 0; i < 16; i++) {
		struct sockaddr_nl from = { 0 };
		socklen_t from_len = sizeof(from);
		ssize_t n = recvfrom(r->fd, buf, sizeof(buf), MSG_TRUNC,
				     (struct sockaddr *)&from, &from_len);
		int status;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? -EIO : -errno;
		if (from_len != sizeof(from) || from.nl_pid != 0)
			continue;
		if ((size_t)n > sizeof(buf))
			return -EMSGSIZE;
		status = route_reply_read(buf, (size_t)n, r->seq, family, ret);
		if (status != -ENOMSG)
			return status;
	}
	return -EIO;
}

static int route_question(struct route *r, const struct route_query *q,
			  struct route_reply *ret)
{
	int error = route_ask(r, q);

	return error < 0 ? error : route_hear(r, q->dst->family, ret);
}

static int route_look(struct route *r, struct route_query *q,
		      struct route_answer *ret)
{
	struct route_reply way, match;
	int error;

	if (addr_len(q->dst->family) == 0 ||
	    (q->source && q->source->family != q->dst->family))
		return -EAFNOSUPPORT;
	error = route_question(r, q, &way);
	if (error < 0)
		return error;
	/*
	 * IPv4 through a given interface without any route: the kernel
	 * pretends that dst is on-link. This one knows better: EHOSTUNREACH.
	 */
	q->flags = RTM_F_FIB_MATCH;
	error = route_question(r, q, &match);
	if (error < 0)
		return error;
	if (route_reply_is_barred(&match))
		return -EHOSTUNREACH;
	*ret = (struct route_answer){
		/* Of what was asked for the kernel says nothing. */
		.source = q->source ? *q->source : way.source,
		.gateway = way.gateway,
		.ifindex = way.ifindex,
		.local = way.type == RTN_LOCAL,
		.by_default = way.type == RTN_UNICAST &&
			      route_reply_is_default(&match,
						     q->dst->family),
	};
	return 0;
}

int route_get(struct route *r, const struct addr *dst, int ifindex,
	      uint32_t mark, struct route_answer *ret)
{
	struct route_query q = {
		.dst = dst, .ifindex = ifindex, .mark = mark,
	};

	return route_look(r, &q, ret);
}

int route_from(struct route *r, const struct addr *dst,
	       const struct addr *source, int ifindex, uint32_t mark,
	       struct route_answer *ret)
{
	struct route_query q = {
		.dst = dst, .source = source, .ifindex = ifindex, .mark = mark,
	};

	return route_look(r, &q, ret);
}

int route_is_default(struct route *r, const struct addr *dst, uint32_t mark,
		     bool *ret)
{
	struct route_query q = {
		.dst = dst, .mark = mark, .flags = RTM_F_FIB_MATCH,
	};
	struct route_reply match;
	int error;

	if (addr_len(dst->family) == 0)
		return -EAFNOSUPPORT;
	error = route_question(r, &q, &match);
	if (error == 0)
		*ret = route_reply_is_default(&match, dst->family);
	return error;
}

struct addr route_global(int family)
{
	/* Nothing is ever sent there: a.root-servers.net, and an address
	 * whose leading bits make RFC 6724's longest match no bias. */
	static const struct addr v4 = { AF_INET, { 198, 41, 0, 4 } };
	static const struct addr v6 = { AF_INET6, { 0x30, [15] = 1 } };
	static const struct addr none;

	if (family == AF_INET)
		return v4;
	return family == AF_INET6 ? v6 : none;
}
