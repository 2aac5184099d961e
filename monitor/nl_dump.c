#include "config.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include <libmnl/libmnl.h>
#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include "monitor/nl_dump.h"
#include "monitor/nl_rule.h"
#include "monitor/nl_sock.h"
#include "net/nl_attr.h"

/*
 * The Internet's routes take a second to read. The kernel tells an IPv4
 * table from 0.0.0.0 on: what is of use comes first, but for 128.0.0.0/1,
 * whose twin 0.0.0.0/1 does. Tables follow one another, so that where there
 * are very many routes each table is asked for by itself.
 */
#define ROUTES_MOST   30000U
#define OF_TABLE_MOST 500U
#define TABLES_MOST   64U

struct nl_dump {
	int fd;
	uint32_t seq;
	unsigned int useless, useless_most; /* messages of this question */
	void *buf;
	size_t size;
	nl_dump_take_fn *take;
	void *user;
	bool interrupted, done;
	bool cut; /* too many useless ones: the rest was not read */
	uint32_t tables[TABLES_MOST]; /* that rules lead to */
	size_t n_tables;
};

static const struct nl_dump_question {
	uint16_t type;
	uint8_t family;
	uint8_t header; /* the size of the family's header */
} questions[] = {
	{ RTM_GETLINK, AF_UNSPEC, sizeof(struct ifinfomsg) },
	{ RTM_GETADDR, AF_INET, sizeof(struct ifaddrmsg) },
	{ RTM_GETADDR, AF_INET6, sizeof(struct ifaddrmsg) },
	{ RTM_GETROUTE, AF_INET, sizeof(struct rtmsg) },
	{ RTM_GETROUTE, AF_INET6, sizeof(struct rtmsg) },
};

static int nl_dump_ask(struct nl_dump *d, const struct nl_dump_question *q,
		       uint32_t table)
{
	_Alignas(struct nlmsghdr) uint8_t room[64] = { 0 };
	struct nlmsghdr *h = mnl_nlmsg_put_header(room);
	void *header;

	h->nlmsg_type = q->type;
	h->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	h->nlmsg_seq = d->seq;
	/* Each of these headers begins with its family; the rest is zero. */
	header = mnl_nlmsg_put_extra_header(h, q->header);
	*(uint8_t *)header = q->family;
	/* Not each address's local route and broadcasts. */
	if (q->type == RTM_GETROUTE)
		((struct rtmsg *)header)->rtm_type = RTN_UNICAST;
	if (table != 0)
		mnl_attr_put_u32(h, RTA_TABLE, table);
	if (q->type == RTM_GETLINK)
		mnl_attr_put_u32(h, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	return nl_sock_send(d->fd, h);
}

/* A kernel without IPv6 holds no IPv6. */
static int nl_dump_status(const struct nlmsghdr *h)
{
	int r = nl_msg_status(h);

	return r == -EOPNOTSUPP || r == -EAFNOSUPPORT ? 0 : r;
}

/* Too many tables, or nobody knows which: -E2BIG. */
static int nl_dump_rule(struct nl_dump *d, const struct nlmsghdr *h)
{
	uint32_t table;
	int r = nl_rule_parse(h, &table);

	if (r == -ENOMSG)
		return 0;
	if (r < 0)
		return r;
	for (size_t i = 0; i < d->n_tables; i++)
		if (d->tables[i] == table)
			return 0;
	if (d->n_tables == TABLES_MOST)
		return -E2BIG;
	d->tables[d->n_tables++] = table;
	return 0;
}

static int nl_dump_message(struct nl_dump *d, const struct nlmsghdr *h)
{
	int r;

	if (h->nlmsg_seq != d->seq)
		return 0;
	if (h->nlmsg_flags & NLM_F_DUMP_INTR)
		d->interrupted = true;
	if (h->nlmsg_type == NLMSG_DONE || h->nlmsg_type == NLMSG_ERROR) {
		d->done = true;
		return nl_dump_status(h);
	}
	if (h->nlmsg_type == NLMSG_OVERRUN)
		return -ENOBUFS;
	if (h->nlmsg_type < NLMSG_MIN_TYPE)
		return 0;
	if (h->nlmsg_type == RTM_NEWRULE)
		return nl_dump_rule(d, h);
	r = d->take(d->user, h);
	if (r > 0)
		d->useless++;
	return r < 0 ? r : 0;
}

static int nl_dump_datagram(struct nl_dump *d)
{
	const struct nlmsghdr *h;
	uint32_t portid;
	size_t at = 0;
	ssize_t n = nl_sock_recv(d->fd, d->buf, d->size, &portid);
	int r;

	if (n < 0)
		return n == -EAGAIN ? -EIO : (int)n;
	if (portid != 0)
		return 0;
	while ((r = nl_msg_next(d->buf, (size_t)n, &at, &h)) > 0) {
		r = nl_dump_message(d, h);
		if (r < 0 || d->done)
			break;
	}
	return r < 0 ? r : 0;
}

static int nl_dump_question(struct nl_dump *d,
			    const struct nl_dump_question *q, uint32_t table,
			    unsigned int useless_most)
{
	int r;

	d->seq++;
	d->done = d->cut = false;
	d->useless = 0;
	r = nl_dump_ask(d, q, table);
	while (r == 0 && !d->done && !d->cut) {
		r = nl_dump_datagram(d);
		d->cut = d->useless > useless_most;
	}
	if (!d->cut || d->done)
		return r;
	/* What else this one would say ends with it. */
	nl_sock_close(d->fd);
	d->fd = nl_sock_open();
	return d->fd < 0 ? d->fd : r;
}

/* From each table that a rule leads to what is at its beginning. */
static int nl_dump_tables(struct nl_dump *d, const struct nl_dump_question *q)
{
	static const struct nl_dump_question rules = {
		RTM_GETRULE, AF_INET, sizeof(struct fib_rule_hdr)
	};
	int r = nl_dump_question(d, &rules, 0, UINT_MAX);

	for (size_t i = 0; r == 0 && i < d->n_tables; i++) {
		r = nl_dump_question(d, q, d->tables[i], OF_TABLE_MOST);
		if (r == -ENOENT) /* a rule may lead to what is not there */
			r = 0;
	}
	/* Slowly, then. */
	if (r == -E2BIG || (r == 0 && d->n_tables == 0))
		r = nl_dump_question(d, q, 0, UINT_MAX);
	return r;
}

int nl_dump_all(void *buf, size_t size, nl_dump_take_fn *take, void *user)
{
	struct nl_dump d = {
		.fd = nl_sock_open(),
		.buf = buf,
		.size = size,
		.take = take,
		.user = user,
	};
	int r = d.fd < 0 ? d.fd : 0;

	for (size_t i = 0;
	     r == 0 && i < sizeof(questions) / sizeof(questions[0]); i++) {
		const struct nl_dump_question *q = &questions[i];
		bool v4 = q->type == RTM_GETROUTE && q->family == AF_INET;

		r = nl_dump_question(&d, q, 0, v4 ? ROUTES_MOST : UINT_MAX);
		if (r == 0 && d.cut && !d.done)
			r = nl_dump_tables(&d, q);
	}
	nl_sock_close(d.fd);
	if (r == 0 && d.interrupted)
		r = -EINTR;
	return r;
}
