/*
 * change - changes an interface's IPv4 address and times what follows.
 *
 * change INTERFACE NETNS SERVER NAME SPACING-MS REST-MS OLD NEW...
 *
 * Each NEW takes the place of the address before it: RTM_DELADDR, and
 * REST-MS later RTM_NEWADDR, as when a link is dialled anew. With 0 a
 * listener is still awake from the first message, or busy with it, when the
 * second one comes, and what is measured is not its waking. The interface
 * must hold another address all the time: with an interface's last address
 * the kernel takes its routes away, and a lab without routes measures
 * nothing.
 *
 * NETNS is where the name server SERVER runs, on the other end of a veth
 * pair, whose interface there is called "inet0". For each change one line is
 * printed, in nanoseconds since just before the RTM_NEWADDR request:
 *
 * NEW WIRE ANSWER
 *
 * WIRE is when the kernel on the server's side received the first UPDATE
 * with the new address, ANSWER when the server's own answer to a query for
 * NAME first held it; -1 means not within DEADLINE_NS. Both are the kernel's
 * time stamps, so that it does not matter when this program is woken, and
 * t0 comes from the same clock.
 *
 * The changes are SPACING-MS apart, and up to an eighth more, at random, so
 * that they keep step with no timer. Knot answers some UPDATEs late which
 * come within a second after another one.
 */
#include "config.h"

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>

#define CHANGE_DEADLINE_NS 5000000000LL
#define CHANGE_ASK_AGAIN_NS 50000LL
#define CHANGE_DNS_HEADER 12

struct change {
	struct mnl_socket *nl;
	unsigned int ifindex;
	uint32_t seq;
	int packets; /* what arrives at the server's interface */
	int asker;   /* connected to the server, beside it */
	uint8_t query[CHANGE_DNS_HEADER + 256 + 4];
	size_t query_len;
	int64_t spacing_ns;
	int64_t rest_ns;
};

/* Wall time: what the kernel stamps packets with. */
static int64_t change_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

static void change_sleep_ns(int64_t ns)
{
	struct timespec ts = { ns / 1000000000, ns % 1000000000 };

	if (ns > 0)
		nanosleep(&ts, NULL);
}

/* One datagram and the time at which the kernel received it, or -1. */
static ssize_t change_receive(int fd, void *buf, size_t size, int64_t *ret_ns)
{
	union {
		char room[CMSG_SPACE(sizeof(struct timespec))];
		struct cmsghdr align;
	} control;
	struct iovec iov = { buf, size };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *c;
	struct timespec ts;
	ssize_t n = recvmsg(fd, &msg, MSG_DONTWAIT);

	if (n < 0)
		return -1;
	c = CMSG_FIRSTHDR(&msg);
	if (!c || c->cmsg_level != SOL_SOCKET ||
	    c->cmsg_type != SCM_TIMESTAMPNS)
		errx(1, "the kernel gave no time stamp");
	memcpy(&ts, CMSG_DATA(c), sizeof(ts));
	*ret_ns = ts.tv_sec * 1000000000LL + ts.tv_nsec;
	return n;
}

/* ---- the gateway's side ---- */

static void change_request(struct change *c, uint16_t type, uint16_t flags,
			   struct in_addr addr)
{
	_Alignas(struct nlmsghdr) char buf[256];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct ifaddrmsg *ifa;
	char answer[1024];
	ssize_t n;

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | NLM_F_ACK | flags);
	nlh->nlmsg_seq = ++c->seq;
	ifa = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifa));
	ifa->ifa_family = AF_INET;
	ifa->ifa_prefixlen = 32;
	ifa->ifa_scope = RT_SCOPE_UNIVERSE;
	ifa->ifa_index = c->ifindex;
	mnl_attr_put_u32(nlh, IFA_LOCAL, addr.s_addr);
	mnl_attr_put_u32(nlh, IFA_ADDRESS, addr.s_addr);
	if (mnl_socket_sendto(c->nl, nlh, nlh->nlmsg_len) < 0)
		err(1, "netlink");
	n = mnl_socket_recvfrom(c->nl, answer, sizeof(answer));
	if (n < 0 || mnl_cb_run(answer, (size_t)n, c->seq,
				mnl_socket_get_portid(c->nl), NULL, NULL) < 0)
		err(1, "%s %s",
		    type == RTM_NEWADDR ? "RTM_NEWADDR" : "RTM_DELADDR",
		    inet_ntoa(addr));
}

/* ---- the server's side ---- */

/* Lets through what arrives in UDP for port 53 with the opcode UPDATE. */
static void change_filter(int fd)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS,
			 (uint32_t)(SKF_AD_OFF + SKF_AD_PKTTYPE)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_HOST, 0, 9),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 9),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_UDP, 0, 7),
		BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),
		BPF_STMT(BPF_LD | BPF_H | BPF_IND, 2),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 53, 0, 4),
		BPF_STMT(BPF_LD | BPF_B | BPF_IND, sizeof(struct udphdr) + 2),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0x78),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 5 << 3, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 65535),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog program = { sizeof(code) / sizeof(code[0]), code };

	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program,
		       sizeof(program)) < 0)
		err(1, "SO_ATTACH_FILTER");
}

static void change_stamp(int fd)
{
	int on = 1;

	if (setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)) < 0)
		err(1, "SO_TIMESTAMPNS");
}

/* Sockets stay in the network namespace that they were made in. */
static void change_open_there(struct change *c, const char *netns,
			      const char *server)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
				   .sin_port = htons(53) };
	struct sockaddr_ll ll = { .sll_family = AF_PACKET,
				  .sll_protocol = htons(ETH_P_IP) };
	int here = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	int there = open(netns, O_RDONLY | O_CLOEXEC);

	if (inet_pton(AF_INET, server, &sin.sin_addr) != 1)
		errx(1, "%s: no address", server);
	if (here < 0 || there < 0 || setns(there, CLONE_NEWNET) < 0)
		err(1, "%s", netns);
	c->packets = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	c->asker = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ll.sll_ifindex = (int)if_nametoindex("inet0");
	if (c->packets < 0 || c->asker < 0 || !ll.sll_ifindex)
		err(1, "sockets in %s", netns);
	change_filter(c->packets);
	change_stamp(c->packets);
	change_stamp(c->asker);
	if (bind(c->packets, (struct sockaddr *)&ll, sizeof(ll)) < 0 ||
	    connect(c->asker, (struct sockaddr *)&sin, sizeof(sin)) < 0)
		err(1, "sockets in %s", netns);
	if (setns(here, CLONE_NEWNET) < 0)
		err(1, "setns");
	close(here);
	close(there);
}

/* Is addr in the DNS message anywhere after the header? */
static bool change_holds(const uint8_t *dns, size_t len, struct in_addr addr)
{
	return len > CHANGE_DNS_HEADER &&
	       memmem(dns + CHANGE_DNS_HEADER, len - CHANGE_DNS_HEADER, &addr,
		      sizeof(addr));
}

static bool change_wait(int fd, int64_t until_ns)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int64_t left_ns = until_ns - change_now_ns();

	return left_ns > 0 && poll(&p, 1, (int)(left_ns / 1000000) + 1) > 0;
}

/* When the first UPDATE for addr arrived, or 0. */
static int64_t change_await_update(struct change *c, struct in_addr addr,
				   int64_t until_ns)
{
	uint8_t ip[65535];
	int64_t at_ns;

	while (change_wait(c->packets, until_ns)) {
		ssize_t n = change_receive(c->packets, ip, sizeof(ip), &at_ns);
		size_t skip = (ip[0] & 15u) * 4 + sizeof(struct udphdr);

		if (n > (ssize_t)skip &&
		    change_holds(ip + skip, (size_t)n - skip, addr))
			return at_ns;
	}
	return 0;
}

static void change_build_query(struct change *c, const char *name)
{
	static const uint8_t header[CHANGE_DNS_HEADER] = { [5] = 1 };
	static const uint8_t end[] = { 0, 0, 1, 0, 1 }; /* root, A, IN */
	size_t at = sizeof(header);

	memcpy(c->query, header, sizeof(header));
	while (*name) {
		size_t len = strcspn(name, ".");

		if (len > 63 || at + 1 + len + sizeof(end) > sizeof(c->query))
			errx(1, "the name is too long");
		c->query[at++] = (uint8_t)len;
		memcpy(c->query + at, name, len);
		at += len;
		name += len + (name[len] == '.');
	}
	memcpy(c->query + at, end, sizeof(end));
	c->query_len = at + sizeof(end);
}

/* When the server's answer first held addr, or 0. One question at a time. */
static int64_t change_await_answer(struct change *c, struct in_addr addr,
				   int64_t until_ns)
{
	uint8_t answer[4096];
	int64_t at_ns;

	for (;;) {
		ssize_t n;

		c->query[1]++; /* id: a late answer may come to the next */
		if (send(c->asker, c->query, c->query_len, 0) < 0)
			err(1, "asking the server");
		if (!change_wait(c->asker, until_ns))
			return 0;
		n = change_receive(c->asker, answer, sizeof(answer), &at_ns);
		if (n > 0 && change_holds(answer, (size_t)n, addr))
			return at_ns;
		change_sleep_ns(CHANGE_ASK_AGAIN_NS);
	}
}

static void change_drain(int fd)
{
	uint8_t buf[1];

	while (recv(fd, buf, sizeof(buf), MSG_DONTWAIT) >= 0)
		;
}

static void change_once(struct change *c, struct in_addr old,
			struct in_addr new)
{
	int64_t t0_ns, wire_ns, answer_ns = 0, pause_ns;

	change_drain(c->packets);
	change_drain(c->asker);
	change_request(c, RTM_DELADDR, 0, old);
	change_sleep_ns(c->rest_ns);
	t0_ns = change_now_ns();
	change_request(c, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, new);
	wire_ns = change_await_update(c, new, t0_ns + CHANGE_DEADLINE_NS);
	if (wire_ns)
		answer_ns = change_await_answer(c, new,
						t0_ns + CHANGE_DEADLINE_NS);
	printf("%s %lld %lld\n", inet_ntoa(new),
	       wire_ns ? (long long)(wire_ns - t0_ns) : -1LL,
	       answer_ns ? (long long)(answer_ns - t0_ns) : -1LL);
	fflush(stdout);
	pause_ns = c->spacing_ns + random() % (c->spacing_ns / 8 + 1);
	change_sleep_ns(t0_ns + pause_ns - change_now_ns());
}

int main(int argc, char **argv)
{
	static struct change c;
	struct in_addr old, new;

	if (argc < 9)
		errx(64, "usage: change INTERFACE NETNS SERVER NAME "
			 "SPACING-MS REST-MS OLD NEW...");
	c.ifindex = if_nametoindex(argv[1]);
	c.nl = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (!c.ifindex || !c.nl ||
	    mnl_socket_bind(c.nl, 0, MNL_SOCKET_AUTOPID) < 0)
		err(1, "%s", argv[1]);
	change_open_there(&c, argv[2], argv[3]);
	change_build_query(&c, argv[4]);
	c.spacing_ns = strtol(argv[5], NULL, 10) * 1000000LL;
	c.rest_ns = strtol(argv[6], NULL, 10) * 1000000LL;
	/* The kernel would else add 50 us to each short sleep. */
	prctl(PR_SET_TIMERSLACK, 1UL);
	srandom((unsigned int)change_now_ns());
	for (int i = 7; i + 1 < argc; i++) {
		if (inet_pton(AF_INET, argv[i], &old) != 1 ||
		    inet_pton(AF_INET, argv[i + 1], &new) != 1)
			errx(1, "%s %s: no addresses", argv[i], argv[i + 1]);
		change_once(&c, old, new);
	}
	return 0;
}
