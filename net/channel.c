#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/channel.h"
#include "net/server_list.h"

#define EDNS_PAYLOAD 1232
#define TRIES_MOST   8

static struct channel_socket *socket_find(struct channel *c, int fd)
{
	for (int i = 0; i < CHANNEL_SOCKETS; i++)
		if (c->sockets[i].io.fd == fd)
			return &c->sockets[i];
	return NULL;
}

/* What c-ares reports is less than errno said: kept for channel_errno(). */
static int socket_failed(struct channel *c, int error)
{
	c->error = -error;
	errno = error;
	return -1;
}

/*
 * The socket functions that c-ares uses in place of its own: it would bind
 * before we could say how, ignore a refused bind, and forget why a
 * connect() failed.
 */
static ares_socket_t channel_socket(int domain, int type, int protocol,
				    void *user)
{
	struct channel *c = user;
	struct channel_socket *s = socket_find(c, -1);
	int fd, r;

	if (!s)
		return socket_failed(c, EMFILE);
	fd = socket(domain, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
	if (fd < 0)
		return socket_failed(c, errno);
	r = egress_apply(fd, domain, &c->egress);
	if (r < 0) {
		(void)close(fd);
		return socket_failed(c, -r);
	}
	s->tcp = type == SOCK_STREAM;
	ev_io_set(&s->io, fd, 0);
	return fd;
}

static int channel_close(ares_socket_t fd, void *user)
{
	struct channel *c = user;
	struct channel_socket *s = socket_find(c, fd);

	if (s) {
		ev_io_stop(c->loop, &s->io);
		ev_io_set(&s->io, -1, 0);
	}
	return close(fd);
}

static int channel_connect(ares_socket_t fd, const struct sockaddr *to,
			   ares_socklen_t len, void *user)
{
	int r = connect(fd, to, len);

	if (r < 0 && errno != EINPROGRESS)
		return socket_failed(user, errno);
	return r;
}

/* Held against each of the queries; what differs in case alone is noted. */
static bool is_answer(struct channel *c, const void *data, ssize_t len)
{
	size_t n = c->n_sent < CHANNEL_SENT ? c->n_sent : CHANNEL_SENT;
	struct dns_answer a;

	for (size_t i = 0; i < n; i++) {
		const struct channel_sent *s = &c->sent[i];

		if (dns_answer_open(s->data, s->len, data, (size_t)len,
				    &a) == 0)
			return true;
		if (dns_answer_differs_in_case(s->data, s->len, data,
					       (size_t)len))
			c->case_lost = true;
	}
	return false;
}

static ares_ssize_t channel_recvfrom(ares_socket_t fd, void *data, size_t size,
				     int flags, struct sockaddr *from,
				     ares_socklen_t *from_len, void *user)
{
	struct channel *c = user;
	const struct channel_socket *s = socket_find(c, fd);
	socklen_t room = from_len ? *from_len : 0;
	bool verify = c->verify && c->n_sent > 0 && s && !s->tcp;
	ssize_t n;

	do {
		if (from_len)
			*from_len = room;
		n = recvfrom(fd, data, size, flags, from, from_len);
	} while ((n < 0 && errno == EINTR) ||
		 (n >= 0 && verify && !is_answer(c, data, n)));
	if (n < 0 && errno != EAGAIN)
		return socket_failed(c, errno);
	if (n >= 0 && from && s && !s->tcp)
		(void)addr_from_sockaddr(from, &c->from, &c->from_port);
	return n;
}

/* A query that is sent again changes nothing. */
static void keep_sent(struct channel *c, const void *data, size_t len)
{
	size_t n = c->n_sent < CHANNEL_SENT ? c->n_sent : CHANNEL_SENT;
	struct channel_sent *s = &c->sent[c->n_sent % CHANNEL_SENT];

	for (size_t i = 0; i < n; i++)
		if (c->sent[i].len == len &&
		    memcmp(c->sent[i].data, data, len) == 0)
			return;
	if (len > sizeof(s->data))
		return;
	memcpy(s->data, data, len);
	s->len = len;
	c->n_sent++;
}

static ares_ssize_t channel_sendv(ares_socket_t fd, const struct iovec *iov,
				  int n_iov, void *user)
{
	struct channel *c = user;
	const struct channel_socket *s = socket_find(c, fd);
	struct msghdr m = {
		.msg_iov = (struct iovec *)(uintptr_t)iov,
		.msg_iovlen = (size_t)n_iov,
	};
	ssize_t n;

	if (c->verify && s && !s->tcp && n_iov == 1)
		keep_sent(c, iov->iov_base, iov->iov_len);
	do
		n = sendmsg(fd, &m, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (n < 0 && errno != EAGAIN)
		return socket_failed(c, errno);
	return n;
}

static const struct ares_socket_functions channel_functions = {
	.asocket = channel_socket,
	.aclose = channel_close,
	.aconnect = channel_connect,
	.arecvfrom = channel_recvfrom,
	.asendv = channel_sendv,
};

/* c-ares says what it waits for at a socket. */
static void channel_wants(void *user, ares_socket_t fd, int readable,
			  int writable)
{
	struct channel *c = user;
	struct channel_socket *s = socket_find(c, fd);
	int events = (readable ? EV_READ : 0) | (writable ? EV_WRITE : 0);

	if (!s)
		return;
	ev_io_stop(c->loop, &s->io);
	ev_io_set(&s->io, fd, events);
	if (events)
		ev_io_start(c->loop, &s->io);
}

static void channel_work(struct channel *c, ares_socket_t readable,
			 ares_socket_t writable)
{
	ares_process_fd(c->ares, readable, writable);
	channel_arm(c);
	c->step(c->user, false);
}

static void channel_ready(struct ev_loop *loop, ev_io *w, int revents)
{
	struct channel *c = w->data;
	ares_socket_t fd = w->fd;

	(void)loop;
	channel_work(c, revents & EV_READ ? fd : ARES_SOCKET_BAD,
		     revents & EV_WRITE ? fd : ARES_SOCKET_BAD);
}

static void channel_timer(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct channel *c = w->data;

	(void)loop;
	(void)revents;
	if (clock_mono_ns() >= c->deadline_ns)
		c->step(c->user, true);
	else
		channel_work(c, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
}

void channel_arm(struct channel *c)
{
	uint64_t now_ns = clock_mono_ns();
	struct timeval tv;
	double delay_s;

	ev_timer_stop(c->loop, &c->timer);
	delay_s = c->deadline_ns > now_ns ?
			  (double)(c->deadline_ns - now_ns) / 1e9 : 0;
	if (ares_timeout(c->ares, NULL, &tv)) {
		double next_s = (double)tv.tv_sec + (double)tv.tv_usec / 1e6;

		if (next_s < delay_s)
			delay_s = next_s;
	}
	ev_timer_set(&c->timer, delay_s, 0.);
	ev_now_update(c->loop);
	ev_timer_start(c->loop, &c->timer);
}

void channel_prefer(struct channel *c, const struct addr *server,
		    uint16_t port)
{
	struct ares_addr_port_node *list = NULL;
	char *csv = NULL;

	if (ares_get_servers_ports(c->ares, &list) == ARES_SUCCESS &&
	    server_list_prefer(list, server, port, &csv) == 0)
		(void)ares_set_servers_ports_csv(c->ares, csv);
	ares_free_data(list);
	free(csv);
}

/*
 * Every option is given where the servers are, so that c-ares reads no
 * file; where they are not, resolv.conf says them and nothing else.
 */
static int ares_start(struct channel *c, const struct channel_options *o)
{
	char lookups[] = "fb"; /* /etc/hosts, then the servers */
	struct in_addr none = { 0 };
	struct ares_options opt = {
		.flags = o->flags,
		.timeout = (int)o->try_ms,
		.tries = (int)o->tries,
		.ndots = 1,
		.ednspsz = EDNS_PAYLOAD,
		.sock_state_cb = channel_wants,
		.sock_state_cb_data = c,
		.lookups = lookups,
		.servers = &none,
		.nservers = 1,
	};
	int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
		   ARES_OPT_NDOTS | ARES_OPT_EDNSPSZ | ARES_OPT_SOCK_STATE_CB |
		   ARES_OPT_LOOKUPS | ARES_OPT_DOMAINS | ARES_OPT_SORTLIST;
	int r;

	if (o->servers)
		mask |= ARES_OPT_SERVERS;
	r = ares_init_options(&c->ares, &opt, mask);
	if (r != ARES_SUCCESS) {
		c->ares = NULL;
		return r == ARES_ENOMEM ? -ENOMEM : -EIO;
	}
	ares_set_socket_functions(c->ares, &channel_functions, c);
	if (o->servers &&
	    ares_set_servers_ports_csv(c->ares, o->servers) != ARES_SUCCESS)
		return -EINVAL;
	return 0;
}

int channel_init(struct channel *c, struct ev_loop *loop,
		 const struct channel_options *o, channel_step_fn *step,
		 void *user)
{
	struct channel_options opt = *o;
	int r;

	memset(c, 0, sizeof(*c));
	c->loop = loop;
	c->egress = o->egress;
	c->verify = o->verify;
	c->step = step;
	c->user = user;
	c->deadline_ns = clock_mono_ns() + (uint64_t)o->total_ms * 1000000;
	ev_timer_init(&c->timer, channel_timer, 0., 0.);
	c->timer.data = c;
	for (int i = 0; i < CHANNEL_SOCKETS; i++) {
		ev_io_init(&c->sockets[i].io, channel_ready, -1, 0);
		c->sockets[i].io.data = c;
	}
	if (opt.tries == 0)
		opt.tries = 1;
	if (opt.tries > TRIES_MOST)
		opt.tries = TRIES_MOST;
	if (opt.try_ms == 0)
		opt.try_ms = 1;
	if (ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS)
		return -ENOMEM;
	r = ares_start(c, &opt);
	if (r < 0)
		channel_done(c);
	return r;
}

void channel_done(struct channel *c)
{
	if (c->ares)
		ares_destroy(c->ares);
	c->ares = NULL;
	ev_timer_stop(c->loop, &c->timer);
	ares_library_cleanup();
}

int channel_errno(const struct channel *c, int ares_status)
{
	switch (ares_status) {
	case ARES_SUCCESS:
		return 0;
	case ARES_ENOTFOUND:
	case ARES_ENODATA:
		return -ENOENT;
	case ARES_ENOMEM:
		return -ENOMEM;
	case ARES_EBADNAME:
	case ARES_EBADQUERY:
		return -EINVAL;
	case ARES_EBADRESP:
		return -EBADMSG;
	case ARES_ESERVFAIL:
	case ARES_ENOTIMP:
	case ARES_EREFUSED:
	case ARES_EFORMERR:
		return -EREMOTEIO; /* the server would not say */
	case ARES_ETIMEOUT:
		return -ETIMEDOUT;
	case ARES_ECONNREFUSED:
		/* c-ares says so, too, when every server answered SERVFAIL. */
		return c->error ? c->error : -EREMOTEIO;
	default:
		return c->error ? c->error : -EIO;
	}
}

uint32_t channel_first_try_ms(uint32_t total_ms, unsigned int tries)
{
	if (tries == 0)
		tries = 1;
	if (tries > TRIES_MOST)
		tries = TRIES_MOST;
	return total_ms / ((1u << tries) - 1);
}
