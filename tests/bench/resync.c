/*
 * resync - what reading the kernel's tables anew costs the monitor, beside a
 * bare dump of the same tables with libmnl.
 *
 * resync ROUNDS
 *
 * Prints the medians in nanoseconds: MONITOR BARE. They take turns, so that
 * whatever else the machine does falls on both.
 */
#include "config.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <ev.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>

#include "monitor/monitor.h"

#define RESYNC_MOST 1000

static struct ev_loop *loop;

static int64_t resync_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

static void resync_changed(void *user, int ifindex, uint64_t heard_ns)
{
	(void)user;
	(void)ifindex;
	(void)heard_ns;
}

static int64_t resync_monitor(struct monitor *m)
{
	unsigned int before = monitor_resyncs(m);
	int64_t t0 = resync_now_ns();

	monitor_resync(m);
	while (monitor_resyncs(m) == before)
		ev_run(loop, EVRUN_ONCE);
	return resync_now_ns() - t0;
}

static int resync_attr(const struct nlattr *attr, void *user)
{
	const struct nlattr **tb = user;

	if (mnl_attr_get_type(attr) <= IFLA_IFNAME)
		tb[mnl_attr_get_type(attr)] = attr;
	return MNL_CB_OK;
}

static int resync_heard(const struct nlmsghdr *nlh, void *user)
{
	const struct nlattr *tb[64] = { NULL };
	size_t header = *(const size_t *)user;

	return mnl_attr_parse(nlh, (unsigned int)header, resync_attr, tb);
}

static void resync_dump(struct mnl_socket *nl, uint16_t type, uint8_t family,
			size_t header)
{
	_Alignas(struct nlmsghdr) static char buf[32768];
	static unsigned int seq;
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	uint8_t *head = mnl_nlmsg_put_extra_header(nlh, header);
	ssize_t n;
	int r = 1;

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	nlh->nlmsg_seq = ++seq;
	head[0] = family;
	if (mnl_socket_sendto(nl, nlh, nlh->nlmsg_len) < 0)
		err(1, "netlink");
	while (r > 0) {
		n = mnl_socket_recvfrom(nl, buf, sizeof(buf));
		if (n < 0)
			err(1, "netlink");
		r = mnl_cb_run(buf, (size_t)n, seq, 0, resync_heard, &header);
	}
	if (r < 0)
		err(1, "netlink dump");
}

static int64_t resync_bare(struct mnl_socket *nl)
{
	int64_t t0 = resync_now_ns();

	resync_dump(nl, RTM_GETLINK, AF_UNSPEC, sizeof(struct ifinfomsg));
	resync_dump(nl, RTM_GETADDR, AF_INET, sizeof(struct ifaddrmsg));
	resync_dump(nl, RTM_GETADDR, AF_INET6, sizeof(struct ifaddrmsg));
	return resync_now_ns() - t0;
}

static int resync_compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	static int64_t ours[RESYNC_MOST], bare[RESYNC_MOST];
	struct mnl_socket *nl = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	int rounds = argc > 1 ? atoi(argv[1]) : 0;
	struct monitor *m;
	int r;

	if (rounds <= 0 || rounds > RESYNC_MOST)
		errx(64, "usage: resync ROUNDS");
	if (!nl || mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0)
		err(1, "netlink");
	loop = ev_default_loop(0);
	r = loop ? monitor_new(loop, resync_changed, NULL, &m) : -1;
	if (r < 0)
		errx(1, "no monitor: %s", strerror(-r));
	for (int i = 0; i < rounds; i++) {
		ours[i] = resync_monitor(m);
		bare[i] = resync_bare(nl);
	}
	qsort(ours, (size_t)rounds, sizeof(*ours), resync_compare);
	qsort(bare, (size_t)rounds, sizeof(*bare), resync_compare);
	printf("%lld %lld\n", (long long)ours[rounds / 2],
	       (long long)bare[rounds / 2]);
	monitor_free(m);
	mnl_socket_close(nl);
	return 0;
}
