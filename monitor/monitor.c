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
#include "monitor/apply.h"
#include "monitor/fresh.h"
#include "monitor/herald.h"
#include "monitor/monitor.h"
#include "monitor/nap.h"
#include "monitor/nl_sock.h"
#include "monitor/table.h"
#include "net/nl_attr.h"

/* Longer than any datagram; larger ones make dumps cheaper. */
#define BUF_SIZE 32768
/* Datagrams in one loop turn, some 10 ms of them. */
#define BURST 1024
/* What a storm may hold back news for, so as to tell only its end. */
#define HOLD_NS 100000000U
/* Dumps in a row, each of which found that it had come too early. */
#define DUMP_TRIES 5
/*
 * The kernel tells of a link or an address before it does what follows for
 * the routes: a dump made at once might still see the old ones.
 */
#define DOUBT_S	      0.02
#define DOUBT_NS      15000000U
#define DOUBT_MOST_NS 500000000U
/* What an address event takes of the receive buffer, more or less. */
#define EVENT_BYTES 800U
#define ERRORS_FORGOTTEN_NS 60000000000U

static const struct backoff dump_backoff = { .first_ms = 20, .most_ms = 5000 };

struct monitor {
	struct ev_loop *loop;
	int fd;
	ev_io readable;
	struct nap nap;
	ev_timer again; /* a dump is due then: asked for, in doubt, or failed */
	struct table *table;
	struct herald herald;
	bool stale;  /* dump as soon as the queue is empty */
	bool replay; /* what is read now may be older than the last dump */
	uint64_t doubt_ns; /* since when a dump is due for doubt; 0: none */
	uint64_t flush_ns; /* when the kernel last may have dropped routes */
	uint64_t heard_ns; /* of the datagram in hand */
	uint64_t error_ns; /* when the socket last failed */
	uint64_t datagrams;
	unsigned int errors, failures, resyncs;
	bool deaf; /* of the errors the first was told */
	/* Netlink wants its messages aligned. */
	_Alignas(struct nlmsghdr) uint8_t buf[BUF_SIZE];
};

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

static void monitor_effect(struct monitor *m, int effect,
			   const struct apply_about *about)
{
	if (effect < 0) { /* no memory: what is missing comes with a dump */
		m->stale = true;
		return;
	}
	if ((effect & TABLE_CHANGED) && about->early)
		m->herald.early = true;
	if ((effect & TABLE_CHANGED) && about->addr.family != 0)
		news_addr(m->herald.news, about->ifindex, &about->addr, m->heard_ns);
	else if (effect & TABLE_CHANGED)
		news_link(m->herald.news, about->ifindex, m->heard_ns);
	if (effect & (TABLE_FLUSH | TABLE_DOUBT))
		m->flush_ns = m->heard_ns;
	/*
	 * What the kernel dropped then without a word an older message may
	 * just have brought back; or what goes now was there to stay.
	 */
	if ((effect & TABLE_DOUBT) || ((effect & TABLE_FLUSH) && m->replay))
		monitor_doubt(m);
}

static void monitor_take(struct monitor *m, const struct nlmsghdr *h)
{
	struct apply_about about;
	int r;

	if (h->nlmsg_type == NLMSG_OVERRUN) {
		m->stale = true;
		return;
	}
	r = apply_message(m->table, h, m->heard_ns / 1000000U, &about);
	if (r == -ENOMSG || r == -EAFNOSUPPORT)
		return;
	if (r == -EBADMSG)
		log_debug("kernel: a message of type %u made no sense",
			  (unsigned int)h->nlmsg_type);
	monitor_effect(m, r, &about);
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

static void monitor_listen(struct monitor *m, int fd)
{
	m->fd = fd;
	ev_io_set(&m->readable, fd, EV_READ);
	ev_io_start(m->loop, &m->readable);
}

static void monitor_close(struct monitor *m)
{
	nap_end(&m->nap);
	ev_io_stop(m->loop, &m->readable);
	nl_sock_close(m->fd);
	m->fd = -1;
	ev_io_set(&m->readable, -1, EV_READ);
}

/*
 * What waits in the queue is history, and after an overrun all of it is older
 * than what was lost. A new socket has none of it; a dump is then due.
 */
static void monitor_reopen(struct monitor *m)
{
	/* The new one first: so nothing falls between. */
	int fd = nl_sock_listen();

	m->stale = true;
	if (fd < 0)
		return; /* the old one serves as well, only not as fast */
	monitor_close(m);
	monitor_listen(m, fd);
}

/* Nobody knows why: try again with a new socket, but never in haste. */
static void monitor_failed(struct monitor *m, int error)
{
	uint64_t delay_ms;

	if (m->heard_ns - m->error_ns > ERRORS_FORGOTTEN_NS)
		m->errors = 0;
	delay_ms = backoff_ms(&dump_backoff, ++m->errors, clock_random());
	m->deaf |= m->errors == 1;
	if (m->errors == 1)
		log_warning("kernel: listening failed (%s), trying again",
			    strerror(-error));
	m->error_ns = m->heard_ns;
	m->stale = false;
	monitor_close(m);
	monitor_arm(m, (double)delay_ms / 1000.);
}

/*
 * Is reading on dearer than to look at all there is? Then the storm is left
 * where it is.
 */
static bool monitor_is_behind(const struct monitor *m)
{
	return nl_sock_waiting(m->fd) / EVENT_BYTES >
	       2 * table_size(m->table) + BURST;
}

/* One datagram. -EAGAIN: there is none; -errno: the socket is of no use. */
static int monitor_receive(struct monitor *m)
{
	uint32_t portid = 0;
	ssize_t n = nl_sock_recv(m->fd, m->buf, sizeof(m->buf), &portid);

	m->heard_ns = clock_mono_ns();
	if (n == -EAGAIN)
		return -EAGAIN;
	m->datagrams++;
	if (n < 0) {
		/* What was lost is heard of by its dump. */
		news_all(m->herald.news, m->heard_ns);
		m->stale = true;
	}
	if (n == -ENOBUFS)
		monitor_reopen(m);
	else if (n < 0 && n != -EMSGSIZE && n != -EBADMSG)
		return (int)n;
	/* Only the kernel's word counts. */
	if (n > 0 && portid == 0)
		monitor_datagram(m, (size_t)n);
	return 0;
}

/* Takes what waits. True: nothing is left. */
static bool monitor_drain(struct monitor *m)
{
	for (int i = 0; i < BURST && m->fd >= 0; i++) {
		int r;

		if (i == BURST / 4 && monitor_is_behind(m))
			monitor_reopen(m);
		r = monitor_receive(m);
		if (r == -EAGAIN)
			return true;
		if (r < 0)
			monitor_failed(m, r);
	}
	return m->fd < 0;
}

/* The old mirror stays until the new one is whole. */
static int monitor_dump(struct monitor *m)
{
	struct table *table;
	int r = fresh_table(m->buf, sizeof(m->buf), &table);

	if (r < 0)
		return r;
	table_free(m->table);
	m->table = table;
	return 0;
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
	if (m->deaf)
		log_notice("kernel: listening again, after %u %s", m->errors,
			   m->errors == 1 ? "failure" : "failures");
	m->deaf = false;
	m->failures = 0;
	m->resyncs++;
	m->heard_ns = clock_mono_ns();
	news_all(m->herald.news, m->heard_ns);
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

	for (int i = 0; whole && m->stale && m->fd >= 0; i++) {
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
	if (m->stale || news_since_ns(m->herald.news) == UINT64_MAX)
		return;
	if (whole || m->heard_ns - news_since_ns(m->herald.news) > HOLD_NS)
		herald_start(&m->herald);
}

static void monitor_readable(struct ev_loop *loop, ev_io *w, int revents)
{
	struct monitor *m = w->data;

	(void)loop;
	(void)revents;
	monitor_catch_up(m);
	nap_waking(&m->nap, m->heard_ns);
}

static bool monitor_after_nap(void *user)
{
	struct monitor *m = user;
	uint64_t before = m->datagrams;

	monitor_catch_up(m);
	return m->fd >= 0 && m->datagrams != before;
}

static void monitor_again(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct monitor *m = w->data;

	(void)loop;
	(void)revents;
	if (m->fd < 0) {
		int fd = nl_sock_listen();

		if (fd < 0) {
			m->heard_ns = clock_mono_ns();
			monitor_failed(m, fd);
			return;
		}
		monitor_listen(m, fd);
	}
	m->stale = true;
	monitor_catch_up(m);
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
	monitor_listen(m, m->fd);
	if (r < 0) {
		monitor_dump_failed(m, r);
		return 0;
	}
	news_all(m->herald.news, clock_mono_ns());
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
	m->fd = -1;
	ev_init(&m->readable, monitor_readable);
	ev_set_priority(&m->readable, EV_MAXPRI);
	nap_init(&m->nap, loop, &m->readable, monitor_after_nap, m);
	herald_init(&m->herald, loop, changed, user);
	ev_init(&m->again, monitor_again);
	m->readable.data = m->again.data = m;
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
	monitor_close(m);
	herald_stop(&m->herald);
	ev_timer_stop(m->loop, &m->again);
	table_free(m->table);
	free(m);
}

/* Not at once: what callers have borrowed lives until the loop turns. */
void monitor_resync(struct monitor *m)
{
	monitor_arm(m, 0.);
}

void monitor_repeat(struct monitor *m)
{
	herald_repeat(&m->herald);
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

const struct monitor_touch *monitor_touched(const struct monitor *m,
					    int ifindex, size_t *ret_n)
{
	return news_touched(m->herald.told, ifindex, ret_n);
}

const struct monitor_addr *monitor_addr(const struct monitor *m, int ifindex,
					const struct addr *a)
{
	return table_addr(m->table, ifindex, a);
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
