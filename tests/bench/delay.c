/*
 * delay - passes frames between two interfaces, those from the second to the
 * first so many milliseconds late: what a round trip through the Internet
 * costs, where the kernel has no netem.
 *
 * usage: delay NEAR FAR MILLISECONDS
 *
 * Frames go out at the time that they are due, to some ten microseconds.
 * The interfaces' other ends must not leave checksums or segments to a card.
 */
#include "config.h"

#include <err.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <arpa/inet.h>

#define FRAME_MOST  2048
#define FRAMES_MOST 4096 /* on their way; more are lost */

struct frame {
	int64_t due_ns;
	size_t len;
	uint8_t data[FRAME_MOST];
};

static struct frame frames[FRAMES_MOST];
static unsigned int first, count;

static int64_t delay_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

static int delay_open(const char *name)
{
	struct sockaddr_ll ll = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = (int)if_nametoindex(name),
	};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0 || !ll.sll_ifindex ||
	    bind(fd, (struct sockaddr *)&ll, sizeof(ll)) < 0)
		err(1, "%s", name);
	return fd;
}

/* One that came in there; 0: none now. What we sent ourselves is no frame. */
static size_t delay_receive(int fd, void *data)
{
	struct sockaddr_ll from;
	socklen_t len = sizeof(from);
	ssize_t n;

	do {
		len = sizeof(from);
		n = recvfrom(fd, data, FRAME_MOST, 0, (struct sockaddr *)&from,
			     &len);
	} while (n >= 0 && from.sll_pkttype == PACKET_OUTGOING);
	return n > 0 ? (size_t)n : 0;
}

static void delay_pass(int near, int far, int64_t delay_ns)
{
	uint8_t data[FRAME_MOST];
	size_t n;

	while ((n = delay_receive(near, data)) > 0)
		(void)send(far, data, n, 0);
	for (;;) {
		struct frame *f = &frames[(first + count) % FRAMES_MOST];

		if (count == FRAMES_MOST)
			return;
		f->len = delay_receive(far, f->data);
		if (f->len == 0)
			return;
		f->due_ns = delay_now_ns() + delay_ns;
		count++;
	}
}

static void delay_send_due(int near)
{
	while (count > 0 && frames[first].due_ns <= delay_now_ns()) {
		(void)send(near, frames[first].data, frames[first].len, 0);
		first = (first + 1) % FRAMES_MOST;
		count--;
	}
}

int main(int argc, char *argv[])
{
	struct pollfd p[2] = { { .events = POLLIN }, { .events = POLLIN } };
	int64_t delay_ns;

	if (argc != 4)
		errx(64, "usage: delay NEAR FAR MILLISECONDS");
	p[0].fd = delay_open(argv[1]);
	p[1].fd = delay_open(argv[2]);
	delay_ns = strtol(argv[3], NULL, 10) * 1000000LL;
	prctl(PR_SET_TIMERSLACK, 1UL);
	if (write(STDOUT_FILENO, "ready\n", 6) != 6)
		err(1, "stdout");
	for (;;) {
		struct timespec wait = { 3600, 0 };

		if (count > 0) {
			int64_t left = frames[first].due_ns - delay_now_ns();

			if (left < 0)
				left = 0;
			wait.tv_sec = left / 1000000000;
			wait.tv_nsec = left % 1000000000;
		}
		if (ppoll(p, 2, &wait, NULL) < 0 && errno != EINTR)
			err(1, "poll");
		delay_pass(p[0].fd, p[1].fd, delay_ns);
		delay_send_due(p[0].fd);
	}
}
