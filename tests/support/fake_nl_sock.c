#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>

#include "monitor/nl_sock.h"
#include "tests/support/fake_nl_sock.h"
#include "tests/support/nl_build.h"

#define MOST 20000

struct datagram {
	uint32_t len, portid;
	int error;
	uint8_t *data;
};

static struct datagram *queue, *table;
static int head, tail, n_table;
static int n_used; /* of either, at most */
static int event_fd = -1;

/* The dump in progress. */
static uint16_t asked_type;
static uint8_t asked_family;
static uint32_t asked_seq;
static int asked_at;
static bool interrupted, was_interrupted;
static int interrupts, errors, error_number, dumps, listens;
static void (*during_dump)(void);

void fake_nl_reset(void)
{
	if (!queue)
		queue = calloc(MOST, sizeof(*queue));
	if (!table)
		table = calloc(MOST, sizeof(*table));
	if (!queue || !table)
		abort();
	for (int i = 0; i < n_used; i++) {
		free(queue[i].data);
		free(table[i].data);
		queue[i].data = table[i].data = NULL;
	}
	n_used = 0;
	head = tail = n_table = 0;
	interrupts = errors = dumps = listens = 0;
	interrupted = false;
	during_dump = NULL;
}

static struct datagram *fake_nl_next(void)
{
	uint64_t one = 1;

	if (tail == MOST)
		abort();
	if (event_fd >= 0 && write(event_fd, &one, sizeof(one)) < 0)
		abort();
	queue[tail].len = queue[tail].portid = 0;
	queue[tail].error = 0;
	if (n_used <= tail)
		n_used = tail + 1;
	return &queue[tail++];
}

static void fake_nl_fill(struct datagram *d, const void *data, uint32_t len)
{
	d->data = realloc(d->data, len ? len : 1);
	if (!d->data)
		abort();
	memcpy(d->data, data, len);
	d->len = len;
}

void fake_nl_say_bytes(const void *data, uint32_t len)
{
	fake_nl_fill(fake_nl_next(), data, len);
}

void fake_nl_say(const struct nlmsghdr *h, uint32_t portid)
{
	fake_nl_say_bytes(h, h->nlmsg_len);
	queue[tail - 1].portid = portid;
}

void fake_nl_fail(int error)
{
	fake_nl_next()->error = error;
}

void fake_nl_lose(void)
{
	head = tail = 0;
}

void fake_nl_table_clear(void)
{
	n_table = 0;
}

void fake_nl_table_add(const struct nlmsghdr *h)
{
	if (n_table == MOST)
		abort();
	fake_nl_fill(&table[n_table++], h, h->nlmsg_len);
	if (n_used < n_table)
		n_used = n_table;
}

void fake_nl_during_dump(void (*fn)(void))
{
	during_dump = fn;
}

void fake_nl_interrupt(int n)
{
	interrupts = n;
}

void fake_nl_dump_error(int n, int error)
{
	errors = n;
	error_number = error;
}

int fake_nl_listens(void)
{
	return listens;
}

int fake_nl_dumps(void)
{
	return dumps;
}

int nl_sock_open(void)
{
	int fd = eventfd(0, EFD_CLOEXEC);

	void (*fn)(void) = during_dump;

	during_dump = NULL;
	if (fn)
		fn();
	dumps++;
	interrupted = interrupts > 0;
	interrupts -= interrupted;
	return fd;
}

/* A new socket has heard nothing yet. */
int nl_sock_listen(void)
{
	if (event_fd >= 0)
		head = tail = 0;
	listens++;
	event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return event_fd;
}

size_t nl_sock_waiting(int fd)
{
	(void)fd;
	return (size_t)(tail - head) * 830;
}

void nl_sock_close(int fd)
{
	if (fd == event_fd)
		event_fd = -1;
	if (fd >= 0)
		(void)close(fd);
}

int nl_sock_send(int fd, const struct nlmsghdr *h)
{
	(void)fd;
	asked_type = h->nlmsg_type;
	asked_family = *(const uint8_t *)mnl_nlmsg_get_payload(h);
	asked_seq = h->nlmsg_seq;
	asked_at = 0;
	was_interrupted = interrupted;
	return 0;
}

static ssize_t fake_nl_end(void *buf)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
	int32_t *status = mnl_nlmsg_put_extra_header(h, sizeof(*status));

	h->nlmsg_type = NLMSG_DONE;
	h->nlmsg_seq = asked_seq;
	h->nlmsg_flags = was_interrupted ? NLM_F_DUMP_INTR : 0;
	if (errors > 0) {
		errors--;
		*status = error_number;
	}
	return (ssize_t)h->nlmsg_len;
}

static ssize_t fake_nl_dump(void *buf)
{
	for (; asked_at < n_table; asked_at++) {
		struct datagram *d = &table[asked_at];
		struct nlmsghdr *h = (struct nlmsghdr *)d->data;
		uint8_t family = *(uint8_t *)mnl_nlmsg_get_payload(h);

		/* RTM_GETx is two above RTM_NEWx. */
		if (h->nlmsg_type + 2 != asked_type || family != asked_family)
			continue;
		h->nlmsg_seq = asked_seq;
		h->nlmsg_flags = NLM_F_MULTI;
		memcpy(buf, d->data, d->len);
		asked_at++;
		return (ssize_t)d->len;
	}
	return fake_nl_end(buf);
}

ssize_t nl_sock_recv(int fd, void *buf, size_t size, uint32_t *ret_portid)
{
	const struct datagram *d;
	uint64_t count;

	*ret_portid = 0;
	if (fd != event_fd)
		return fake_nl_dump(buf);
	if (head == tail) {
		head = tail = 0;
		(void)!read(event_fd, &count, sizeof(count));
		return -EAGAIN;
	}
	d = &queue[head++];
	if (d->error)
		return d->error;
	if (d->len > size)
		return -EMSGSIZE;
	memcpy(buf, d->data, d->len);
	*ret_portid = d->portid;
	return (ssize_t)d->len;
}
