/*
 * reader - the least program that hears address events: libmnl receives
 * them, walks their attributes, and does nothing.
 */
#include "config.h"

#include <err.h>
#include <errno.h>
#include <stdio.h>

#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>

static int reader_attr(const struct nlattr *attr, void *user)
{
	const struct nlattr **tb = user;

	if (mnl_attr_get_type(attr) <= IFA_MAX)
		tb[mnl_attr_get_type(attr)] = attr;
	return MNL_CB_OK;
}

static int reader_heard(const struct nlmsghdr *nlh, void *user)
{
	const struct nlattr *tb[IFA_MAX + 1] = { NULL };
	unsigned long *heard = user;

	if (nlh->nlmsg_type != RTM_NEWADDR && nlh->nlmsg_type != RTM_DELADDR)
		return MNL_CB_OK;
	++*heard;
	return mnl_attr_parse(nlh, sizeof(struct ifaddrmsg), reader_attr, tb);
}

int main(void)
{
	struct mnl_socket *nl = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	_Alignas(struct nlmsghdr) static char buf[32768];
	unsigned long heard = 0;
	int size = 8 << 20;

	if (!nl || mnl_socket_bind(nl,
				   RTMGRP_LINK | RTMGRP_IPV4_IFADDR |
					   RTMGRP_IPV6_IFADDR,
				   MNL_SOCKET_AUTOPID) < 0)
		err(1, "netlink");
	if (setsockopt(mnl_socket_get_fd(nl), SOL_SOCKET, SO_RCVBUFFORCE,
		       &size, sizeof(size)) < 0)
		(void)setsockopt(mnl_socket_get_fd(nl), SOL_SOCKET, SO_RCVBUF,
				 &size, sizeof(size));
	puts("ready");
	fflush(stdout);
	for (;;) {
		ssize_t n = mnl_socket_recvfrom(nl, buf, sizeof(buf));

		if (n < 0 && errno != ENOBUFS)
			err(1, "netlink");
		if (n > 0 &&
		    mnl_cb_run(buf, (size_t)n, 0, 0, reader_heard, &heard) < 0)
			err(1, "netlink message");
	}
}
