/*
 * fuzz_monitor - a whole monitor on a socket that says anything: datagrams
 * and errors in any order, and tables of any content.
 *
 * The input is a run of steps: a byte that says what (its low 3 bits), a byte
 * of length in units of 8 bytes, and so many bytes. In the end, after an
 * overrun and two dumps that tell the same, both mirrors must be the same.
 */
#include "config.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <ev.h>
#include <libmnl/libmnl.h>

#include "monitor/monitor.h"
#include "tests/support/fake_nl_sock.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct ev_loop *loop;
static struct monitor *m;
/* What was read was really read. */
static volatile unsigned int sum;

static void look(void *user, int ifindex, uint64_t heard_ns)
{
	size_t n, n_addrs, n_touched;
	const struct monitor_link *l = monitor_links(m, &n);
	const struct monitor_route *r;
	const struct monitor_touch *t;

	(void)user;
	(void)heard_ns;
	for (size_t i = 0; i < n; i++) {
		const struct monitor_addr *a =
			monitor_addrs(m, l[i].ifindex, &n_addrs);

		for (size_t k = 0; k < n_addrs; k++)
			sum += a[k].flags;
		sum += monitor_link_named(&l[i], "w*0");
	}
	r = monitor_routes(m, &n);
	for (size_t i = 0; i < n; i++)
		if (r[i].ifindex <= 0)
			abort();
	t = monitor_touched(m, ifindex, &n_touched);
	for (size_t i = 0; i < n_touched; i++)
		(void)monitor_addr(m, ifindex, &t[i].addr);
}

/* Messages of a dump are whole. */
static void add_to_table(uint8_t *bytes, uint32_t len)
{
	struct nlmsghdr *h = (void *)bytes;

	if (len < sizeof(*h) + 4)
		return;
	h->nlmsg_len = len;
	fake_nl_table_add(h);
}

static void turn(void)
{
	for (int i = 0; i < 3; i++)
		ev_run(loop, EVRUN_NOWAIT);
}

static void step(uint8_t what, uint8_t *bytes, uint32_t len)
{
	static const int errors[] = { -ENOBUFS, -EMSGSIZE, -EBADMSG };

	switch (what & 7) {
	case 0:
	case 1:
	case 2:
		fake_nl_say_bytes(bytes, len);
		break;
	case 3:
		add_to_table(bytes, len);
		break;
	case 4:
		fake_nl_fail(errors[(what >> 3) % 3]);
		break;
	case 5:
		fake_nl_table_clear();
		break;
	case 6:
		fake_nl_interrupt(1);
		break;
	default:
		turn();
	}
}

static size_t count(void)
{
	size_t n, all, n_addrs;
	const struct monitor_link *l = monitor_links(m, &n);

	(void)monitor_routes(m, &all);
	for (size_t i = 0; i < n; i++) {
		const struct monitor_addr *a =
			monitor_addrs(m, l[i].ifindex, &n_addrs);

		for (size_t k = 0; k < n_addrs; k++)
			all += a[k].addr.family != 0;
	}
	return all + n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static _Alignas(struct nlmsghdr) uint8_t bytes[2048];
	size_t before;

	if (!loop)
		loop = ev_loop_new(0);
	fake_nl_reset();
	if (!loop || monitor_new(loop, look, NULL, &m) < 0)
		abort();
	while (len >= 2) {
		uint8_t what = data[0];
		size_t n = 8U * data[1];

		data += 2;
		len -= 2;
		n = n < len ? n : len;
		memcpy(bytes, data, n);
		step(what, bytes, (uint32_t)n);
		data += n;
		len -= n;
	}
	fake_nl_fail(-ENOBUFS);
	turn();
	before = count();
	fake_nl_fail(-ENOBUFS);
	turn();
	if (count() != before)
		abort();
	monitor_free(m);
	return 0;
}
