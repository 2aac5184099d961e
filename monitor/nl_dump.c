#include "config.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include "monitor/nl_dump.h"
#include "monitor/nl_sock.h"
#include "net/nl_attr.h"

struct nl_dump {
	int fd;
	uint32_t seq;
	void *buf;
	size_t size;
	nl_dump_take_fn *take;
	void *user;
	bool interrupted, done;
};

static const struct nl_dump_question {
	uint16_t type;
	uint8_t family;
	uint8_t header; /* the size of the family's header */
} questions[] = {
	{ RTM_GETLINK, AF_UNSPEC, sizeof(struct ifinfomsg) },
	{ RTM_GETADDR, AF_INET, sizeof(struct ifaddrmsg) },
	{ RTM_GETADDR, AF_INET6, sizeof(struct ifaddrmsg) },
	{ RTM_GETROUTE, AF_INET, sizeof(struct rtmsg) },
	{ RTM_GETROUTE, AF_INET6, sizeof(struct rtmsg) },
};

static int nl_dump_ask(struct nl_dump *d, const struct nl_dump_question *q)
{
	_Alignas(struct nlmsghdr) uint8_t room[64] = { 0 };
	struct nlmsghdr *h = mnl_nlmsg_put_header(room);
	void *header;

	h->nlmsg_type = q->type;
	h->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	h->nlmsg_seq = d->seq;
	/* Each of these headers begins with its family; the rest is zero. */
	header = mnl_nlmsg_put_extra_header(h, q->header);
	*(uint8_t *)header = q->family;
	/* Not each address's local route and broadcasts. */
	if (q->type == RTM_GETROUTE)
		((struct rtmsg *)header)->rtm_type = RTN_UNICAST;
	if (q->type == RTM_GETLINK)
		mnl_attr_put_u32(h, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	return nl_sock_send(d->fd, h);
}

/* An error message, or the end with the error in it. */
static int nl_dump_status(const struct nlmsghdr *h)
{
	int32_t status = 0;

	if (mnl_nlmsg_get_payload_len(h) >= sizeof(status))
		memcpy(&status, mnl_nlmsg_get_payload(h), sizeof(status));
	else if (h->nlmsg_type == NLMSG_ERROR)
		return -EBADMSG;
	if (status > 0 || status < -4095)
		return -EBADMSG;
	/* A kernel without IPv6 holds no IPv6. */
	if (status == -EOPNOTSUPP || status == -EAFNOSUPPORT)
		return 0;
	return status;
}

static int nl_dump_message(struct nl_dump *d, const struct nlmsghdr *h)
{
	if (h->nlmsg_seq != d->seq)
		return 0;
	if (h->nlmsg_flags & NLM_F_DUMP_INTR)
		d->interrupted = true;
	if (h->nlmsg_type == NLMSG_DONE || h->nlmsg_type == NLMSG_ERROR) {
		d->done = true;
		return nl_dump_status(h);
	}
	if (h->nlmsg_type == NLMSG_OVERRUN)
		return -ENOBUFS;
	if (h->nlmsg_type < NLMSG_MIN_TYPE)
		return 0;
	return d->take(d->user, h);
}

static int nl_dump_datagram(struct nl_dump *d)
{
	const struct nlmsghdr *h;
	uint32_t portid;
	size_t at = 0;
	ssize_t n = nl_sock_recv(d->fd, d->buf, d->size, &portid);
	int r;

	if (n < 0)
		return n == -EAGAIN ? -EIO : (int)n;
	if (portid != 0)
		return 0;
	while ((r = nl_msg_next(d->buf, (size_t)n, &at, &h)) > 0) {
		r = nl_dump_message(d, h);
		if (r < 0 || d->done)
			break;
	}
	return r < 0 ? r : 0;
}

int nl_dump_all(void *buf, size_t size, nl_dump_take_fn *take, void *user)
{
	struct nl_dump d = {
		.fd = nl_sock_open(),
		.buf = buf,
		.size = size,
		.take = take,
		.user = user,
	};
	int r = d.fd < 0 ? d.fd : 0;

	for (size_t i = 0;
	     r == 0 && i < sizeof(questions) / sizeof(questions[0]); i++) {
		d.seq++;
		d.done = false;
		r = nl_dump_ask(&d, &questions[i]);
		while (r == 0 && !d.done)
			r = nl_dump_datagram(&d);
	}
	nl_sock_close(d.fd);
	if (r == 0 && d.interrupted)
		r = -EINTR;
	return r;
}
