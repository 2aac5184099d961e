#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <ev.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>

#include "base/backoff.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "monitor/monitor.h"
#include "monitor/nl_dump.h"
#include "monitor/nl_sock.h"
#include "monitor/table.h"
#include "net/nl_attr.h"

/* Longer than any datagram; larger ones make dumps cheaper. */
#define BUF_SIZE 32768
/* Datagrams in one loop turn, some 10 ms of them. */
#define BURST 1024
/* What a storm may hold back news for, so as to tell only its end. */
#define HOLD_NS 100000000U
/* Between one of a dump's tries and the next there are only microseconds. */
#define DUMP_TRIES 5
/*
 * The kernel tells of a link or an address before it does what follows for
 * the routes: a dump made at once might still see the old ones.
 */
#define DOUBT_S	      0.02
#define DOUBT_NS      15000000U
#define DOUBT_MOST_NS 500000000U

static const struct backoff dump_backoff = { .first_ms = 20, .most_ms = 5000 };

struct pending {
	int ifindex;
	uint64_t heard_ns;
};

struct monitor {
	struct ev_loop *loop;
	monitor_changed_fn *changed;
	void *user;
	int fd;
	ev_io readable;
	ev_prepare announce;
	ev_timer again; /* a dump is due then: asked for, in doubt, or failed */
	struct table *table;
	struct pending pending[32];
	size_t n_pending;
	bool all; /* stands for all that is pending, and more */
	uint64_t all_ns;
	bool stale;  /* dump as soon as the queue is empty */
	bool replay; /* what is read now may be older than the last dump */
	uint64_t doubt_ns; /* since when a dump is due for doubt; 0: none */
	uint64_t flush_ns; /* when the kernel last may have dropped routes */
	uint64_t heard_ns; /* of the datagram in hand */
	unsigned int failures, resyncs;
	/* Netlink wants its messages aligned. */
	_Alignas(struct nlmsghdr) uint8_t buf[BUF_SIZE];
};

static void monitor_note_all(struct monitor *m, uint64_t heard_ns)
{
	if (!m->all)
		m->all_ns = m->n_pending ? m->pending[0].heard_ns : heard_ns;
	m->all = true;
	m->n_pending = 0;
}

static void monitor_note(struct monitor *m, int ifindex)
{
	size_t n = m->n_pending;

	if (m->all)
		return;
	if (ifindex == 0) {
		monitor_note_all(m, m->heard_ns);
		return;
	}
	for (size_t i = n; i-- > 0;)
		if (m->pending[i].ifindex == ifindex)
			return;
	if (n == sizeof(m->pending) / sizeof(m->pending[0])) {
		monitor_note_all(m, m->heard_ns);
		return;
	}
	m->pending[n].ifindex = ifindex;
	m->pending[n].heard_ns = m->heard_ns;
	m->n_pending++;
}

static uint64_t monitor_oldest_ns(const struct monitor *m)
{
	if (m->all)
		return m->all_ns;
	return m->n_pending ? m->pending[0].heard_ns : UINT64_MAX;
}

static void monitor_arm(struct monitor *m, double after_s)
{
	ev_timer_stop(m->loop, &m->again);
	/* The loop's own idea of now is older than a long burst. */
	ev_now_update(m->loop);
	ev_timer_set(&m->again, after_s, 0.);
	ev_timer_start(m->loop, &m->again);
}

/* Waits for the last word, but not for ever. */
static void monitor_doubt(struct monitor *m)
{
	if (m->stale || m->failures > 0)
		return;
	if (m->doubt_ns == 0)
		m->doubt_ns = m->heard_ns;
	if (!ev_is_active(&m->again) ||
	    m->heard_ns - m->doubt_ns < DOUBT_MOST_NS)
		monitor_arm(m, DOUBT_S);
}

static void monitor_effect(struct monitor *m, int effect, int ifindex)
{
	if (effect < 0) { /* no memory: what is missing comes with a dump */
		m->stale = true;
		return;
	}
	if (effect & TABLE_CHANGED)
		monitor_note(m, ifindex);
	if (effect & (TABLE_FLUSH | TABLE_DOUBT))
		m->flush_ns = m->heard_ns;
	/*
	 * What the kernel dropped then without a word an older message may
	 * just have brought back; or what goes now was there to stay.
	 */
	if ((effect & TABLE_DOUBT) || ((effect & TABLE_FLUSH) && m->replay))
		monitor_doubt(m);
}

/*
 * One message into a table. Returns what it did, with whose interface, or
 * -errno: those of the parsers, where -ENOMSG and -EAFNOSUPPORT only mean
 * that it is not for us.
 */
static int monitor_apply(struct table *t, const struct nlmsghdr *h,
			 uint64_t now_ms, int *ret_ifindex)
{
	struct nl_link link;
	struct nl_addr addr;
	struct nl_route route;
	int r;

	switch (h->nlmsg_type) {
	case RTM_NEWLINK:
	case RTM_DELLINK:
		r = nl_link_parse(h, &link);
		if (r < 0)
			return r;
		*ret_ifindex = link.link.ifindex;
		return table_take_link(t, &link);
	case RTM_NEWADDR:
	case RTM_DELADDR:
		r = nl_addr_parse(h, now_ms, &addr);
		if (r < 0)
			return r;
		*ret_ifindex = addr.addr.ifindex;
		return table_take_addr(t, &addr);
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		r = nl_route_parse(h, &route);
		if (r < 0)
			return r;
		/* What it replaces may have led elsewhere: look at all. */
		*ret_ifindex = route.replaces ? 0 : route.route.ifindex;
		return table_take_route(t, &route);
	case RTM_NEWNEXTHOP:
	case RTM_DELNEXTHOP:
		return table_routes_many(t) ? TABLE_DOUBT : TABLE_SAME;
	default:
		return TABLE_SAME;
	}
}

static void monitor_take(struct monitor *m, const struct nlmsghdr *h)
{
	int ifindex = 0;
	int r;

	if (h->nlmsg_type == NLMSG_OVERRUN) {
		m->stale = true;
		return;
	}
	r = monitor_apply(m->table, h, m->heard_ns / 1000000U, &ifindex);
	if (r == -ENOMSG || r == -EAFNOSUPPORT)
		return;
	if (r == -EBADMSG)
		log_debug("kernel: a message of type %u made no sense",
			  (unsigned int)h->nlmsg_type);
	monitor_effect(m, r, ifindex);
}

static void monitor_datagram(struct monitor *m, size_t len)
{
	const struct nlmsghdr *h;
	size_t at = 0;
	int r;

	while ((r = nl_msg_next(m->buf, len, &at, &h)) > 0)
		monitor_take(m, h);
	if (r < 0)
		m->stale = true;
}

/*
 * Takes what waits. True: nothing is left. After an overrun the kernel drops
 * all messages until the queue is empty, so only a dump made then is whole.
 */
static bool monitor_drain(struct monitor *m)
{
	for (int i = 0; i < BURST; i++) {
		uint32_t portid = 0;
		ssize_t n = nl_sock_recv(m->fd, m->buf, sizeof(m->buf),
					 &portid);

		m->heard_ns = clock_mono_ns();
		if (n == -EAGAIN)
			return true;
		if (n < 0) {
			/* What was lost is heard of by its dump. */
			monitor_note_all(m, m->heard_ns);
			m->stale = true;
			if (n != -ENOBUFS && n != -EMSGSIZE && n != -EBADMSG)
				return true;
			continue;
		}
		/* Only the kernel's word counts. */
		if (portid == 0)
			monitor_datagram(m, (size_t)n);
	}
	return false;
}

struct fresh {
	struct table *table;
	uint64_t now_ms;
};

static int monitor_fresh_take(void *user, const struct nlmsghdr *h)
{
	struct fresh *fresh = user;
	int ifindex, r;

	r = monitor_apply(fresh->table, h, fresh->now_ms, &ifindex);
	/* A message that makes no sense would make none again. */
	return r == -ENOMEM ? r : 0;
}

/* The old mirror stays until the new one is whole. */
static int monitor_dump(struct monitor *m)
{
	int r = -EINTR;

	for (int i = 0; i < DUMP_TRIES && r == -EINTR; i++) {
		struct fresh fresh = {
			.table = table_new(),
			.now_ms = clock_mono_ms(),
		};

		if (!fresh.table)
			return -ENOMEM;
		r = nl_dump_all(m->buf, sizeof(m->buf), monitor_fresh_take,
				&fresh);
		if (r < 0) {
			table_free(fresh.table);
			continue;
		}
		table_free(m->table);
		m->table = fresh.table;
	}
	return r;
}

static void monitor_dump_failed(struct monitor *m, int error)
{
	uint64_t delay_ms = backoff_ms(&dump_backoff, ++m->failures,
				       clock_random());

	if (m->failures == 1)
		log_warning("kernel: its tables could not be read (%s), "
			    "trying again",
			    strerror(-error));
	monitor_arm(m, (double)delay_ms / 1000.);
}

static int monitor_dump_again(struct monitor *m)
{
	int r;

	ev_timer_stop(m->loop, &m->again);
	m->stale = false;
	m->doubt_ns = 0;
	r = monitor_dump(m);
	if (r < 0) {
		monitor_dump_failed(m, r);
		return r;
	}
	if (m->failures > 0)
		log_notice("kernel: its tables were read after %u failures",
			   m->failures);
	m->failures = 0;
	m->resyncs++;
	m->heard_ns = clock_mono_ns();
	monitor_note_all(m, m->heard_ns);
	/* It may have come too early to see what followed from a message. */
	if (m->heard_ns - m->flush_ns < DOUBT_NS)
		monitor_doubt(m);
	return 0;
}

/*
 * Messages come first, then a dump where one is due, then those that arrived
 * meanwhile: older than what it says, or newer. Replayed in their order they
 * end where the kernel is. While more are waiting their story is not over
 * and is held back, but not for ever.
 */
static void monitor_catch_up(struct monitor *m)
{
	bool whole = monitor_drain(m);

	for (int i = 0; whole && m->stale; i++) {
		m->replay = true;
		if (i < DUMP_TRIES && monitor_dump_again(m) < 0)
			break;
		if (i == DUMP_TRIES) { /* overrun each time: let it pass */
			m->stale = false;
			monitor_arm(m, DOUBT_S);
			break;
		}
		whole = monitor_drain(m);
	}
	if (whole)
		m->replay = false;
	if (m->stale || monitor_oldest_ns(m) == UINT64_MAX)
		return;
	if (whole || m->heard_ns - monitor_oldest_ns(m) > HOLD_NS)
		ev_prepare_start(m->loop, &m->announce);
}

static void monitor_readable(struct ev_loop *loop, ev_io *w, int revents)
{
	(void)loop;
	(void)revents;
	monitor_catch_up(w->data);
}

static void monitor_again(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct monitor *m = w->data;

	(void)loop;
	(void)revents;
	m->stale = true;
	monitor_catch_up(m);
}

/* Before the loop sleeps; runs only where there is something to tell. */
static void monitor_announce(struct ev_loop *loop, ev_prepare *w, int revents)
{
	struct monitor *m = w->data;
	struct pending told[sizeof(m->pending) / sizeof(m->pending[0])];
	size_t n = m->n_pending;
	bool all = m->all;

	(void)revents;
	ev_prepare_stop(loop, w);
	memcpy(told, m->pending, n * sizeof(told[0]));
	m->n_pending = 0;
	m->all = false;
	if (all)
		m->changed(m->user, 0, m->all_ns);
	for (size_t i = 0; !all && i < n; i++)
		m->changed(m->user, told[i].ifindex, told[i].heard_ns);
}

static int monitor_open(struct monitor *m)
{
	int r;

	m->table = table_new();
	if (!m->table)
		return -ENOMEM;
	/* First the groups, then the dump: so nothing falls between. */
	m->fd = nl_sock_listen();
	if (m->fd < 0)
		return m->fd;
	r = monitor_dump(m);
	/* One that others keep interrupting is no reason not to start. */
	if (r < 0 && r != -EINTR)
		return r;
	ev_io_init(&m->readable, monitor_readable, m->fd, EV_READ);
	ev_io_start(m->loop, &m->readable);
	if (r < 0) {
		monitor_dump_failed(m, r);
		return 0;
	}
	monitor_note_all(m, clock_mono_ns());
	m->replay = true;
	monitor_catch_up(m);
	return 0;
}

int monitor_new(struct ev_loop *loop, monitor_changed_fn *changed, void *user,
		struct monitor **ret)
{
	struct monitor *m = calloc(1, sizeof(*m));
	int r;

	if (!m)
		return -ENOMEM;
	m->loop = loop;
	m->changed = changed;
	m->user = user;
	m->fd = -1;
	ev_init(&m->readable, monitor_readable);
	ev_prepare_init(&m->announce, monitor_announce);
	ev_init(&m->again, monitor_again);
	m->readable.data = m->announce.data = m->again.data = m;
	r = monitor_open(m);
	if (r < 0) {
		monitor_free(m);
		return r;
	}
	*ret = m;
	return 0;
}

void monitor_free(struct monitor *m)
{
	if (!m)
		return;
	ev_io_stop(m->loop, &m->readable);
	ev_prepare_stop(m->loop, &m->announce);
	ev_timer_stop(m->loop, &m->again);
	nl_sock_close(m->fd);
	table_free(m->table);
	free(m);
}

/* Not at once: what callers have borrowed lives until the loop turns. */
void monitor_resync(struct monitor *m)
{
	monitor_arm(m, 0.);
}

unsigned int monitor_resyncs(const struct monitor *m)
{
	return m->resyncs;
}

const struct monitor_link *monitor_links(const struct monitor *m, size_t *ret_n)
{
	return table_links(m->table, ret_n);
}

const struct monitor_link *monitor_link(const struct monitor *m, int ifindex)
{
	return table_link(m->table, ifindex);
}

bool monitor_link_named(const struct monitor_link *link, const char *glob)
{
	if (str_glob(glob, link->name))
		return true;
	for (const char *s = link->altnames; *s; s += strlen(s) + 1)
		if (str_glob(glob, s))
			return true;
	return false;
}

const struct monitor_addr *monitor_addrs(const struct monitor *m, int ifindex,
					 size_t *ret_n)
{
	return table_addrs(m->table, ifindex, ret_n);
}

const struct monitor_route *monitor_routes(const struct monitor *m,
					   size_t *ret_n)
{
	return table_routes(m->table, ret_n);
}
