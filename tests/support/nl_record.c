/*
 * nl_record - writes down what the monitor's socket hears.
 *
 * nl_record FILE
 *
 * First the kernel's tables, then, once it has said "ready", each datagram,
 * and each line of standard input where it came; at its end the tables again.
 */
#include "config.h"

#include <err.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <libmnl/libmnl.h>

#include "monitor/nl_dump.h"
#include "monitor/nl_sock.h"
#include "tests/support/stream.h"

static FILE *out;
static enum stream_kind kind;
static _Alignas(struct nlmsghdr) uint8_t buf[32768];

static int record_message(void *user, const struct nlmsghdr *h)
{
	(void)user;
	stream_write(out, kind, h, h->nlmsg_len);
	return 0;
}

static void record_tables(enum stream_kind which)
{
	int r;

	kind = which;
	r = nl_dump_all(buf, sizeof(buf), record_message, NULL);
	if (r < 0)
		errx(1, "dump: %s", strerror(-r));
}

static void record_heard(int fd)
{
	uint32_t portid;
	ssize_t n;

	while ((n = nl_sock_recv(fd, buf, sizeof(buf), &portid)) > 0)
		stream_write(out, STREAM_HEARD, buf, (uint32_t)n);
	if (n < 0 && n != -EAGAIN)
		errx(1, "netlink: %s", strerror((int)-n));
}

int main(int argc, char **argv)
{
	int fd = nl_sock_listen();
	struct pollfd fds[2] = {
		{ .fd = fd, .events = POLLIN },
		{ .fd = STDIN_FILENO, .events = POLLIN },
	};
	char said[1024];

	if (argc != 2)
		errx(64, "usage: nl_record FILE");
	if (fd < 0)
		errx(1, "netlink: %s", strerror(-fd));
	out = fopen(argv[1], "we");
	if (!out)
		err(1, "%s", argv[1]);
	record_tables(STREAM_BEFORE);
	puts("ready");
	fflush(stdout);
	for (;;) {
		ssize_t n;

		if (poll(fds, 2, -1) < 0)
			err(1, "poll");
		record_heard(fd);
		if (!fds[1].revents)
			continue;
		n = read(STDIN_FILENO, said, sizeof(said));
		if (n <= 0)
			break;
		stream_write(out, STREAM_SAID, said, (uint32_t)n);
	}
	record_tables(STREAM_AFTER);
	record_heard(fd);
	nl_sock_close(fd);
	if (fclose(out) != 0)
		err(1, "%s", argv[1]);
	return 0;
}
