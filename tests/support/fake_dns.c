#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <ev.h>

#include "net/dns_msg.h"
#include "tests/support/fake_dns.h"

#define MESSAGE_MOST 65535
#define RULES_MOST   32
#define HUGE_BYTES   40000

struct fake_conn {
	struct fake_conn *next;
	struct fake_dns *server;
	ev_io io;
	uint8_t data[2 + 1024];
	size_t len;
};

struct fake_dns {
	struct ev_loop *loop;
	ev_io udp, tcp;
	const struct fake_dns_rule *rules;
	unsigned int n_rules;
	unsigned int dropped[RULES_MOST];
	uint16_t port;
	char text[ADDR_STRLEN + 10];
	struct fake_dns_seen seen;
	struct fake_conn *conns;
};

/* A message that grows. */
struct message {
	uint8_t data[MESSAGE_MOST];
	size_t len;
};

static void die(const char *what)
{
	(void)fprintf(stderr, "fake_dns: %s: %s\n", what, strerror(errno));
	abort();
}

static void put(struct message *m, const void *data, size_t len)
{
	if (m->len + len > sizeof(m->data))
		die("message too long");
	memcpy(m->data + m->len, data, len);
	m->len += len;
}

static void put_u16(struct message *m, unsigned int v)
{
	uint8_t b[2] = { (uint8_t)(v >> 8), (uint8_t)v };

	put(m, b, 2);
}

static void put_u32(struct message *m, uint32_t v)
{
	put_u16(m, v >> 16);
	put_u16(m, v & 0xffff);
}

static void put_name(struct message *m, const char *name)
{
	if (strcmp(name, "@") == 0) {
		put_u16(m, 0xc00c);
		return;
	}
	while (*name && strcmp(name, ".") != 0) {
		uint8_t len = (uint8_t)strcspn(name, ".");

		put(m, &len, 1);
		put(m, name, len);
		name += len;
		if (*name == '.')
			name++;
	}
	put(m, "", 1);
}

static uint16_t type_of(const char *text)
{
	static const struct {
		const char *name;
		uint16_t type;
	} types[] = {
		{ "A", DNS_A },	    { "AAAA", DNS_AAAA }, { "NS", DNS_NS },
		{ "SOA", DNS_SOA }, { "TXT", DNS_TXT },   { "CNAME", DNS_CNAME },
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(types[i].name, text) == 0)
			return types[i].type;
	errno = EINVAL;
	die(text);
	return 0;
}

static void put_rdata(struct message *m, uint16_t type, const char *data)
{
	struct addr a;
	uint8_t len = (uint8_t)strlen(data);

	switch (type) {
	case DNS_A:
	case DNS_AAAA:
		if (addr_parse(data, &a) < 0)
			die(data);
		put(m, a.bytes, addr_len(a.family));
		break;
	case DNS_TXT:
		put(m, &len, 1);
		put(m, data, len);
		break;
	case DNS_SOA: /* data is the MNAME */
		put_name(m, data);
		put_name(m, "hostmaster.example");
		for (uint32_t i = 1; i <= 5; i++)
			put_u32(m, i * 60);
		break;
	default:
		put_name(m, data);
		break;
	}
}

/* In the class of the question, whatever it is. */
static void put_record(struct message *m, unsigned int class, const char *line)
{
	static const char *const sections[] = { "an", "au", "ar" };
	char section[8], owner[256], type[16], data[512];
	unsigned int ttl;
	size_t at;

	if (sscanf(line, "%7s %255s %u %15s %511[^\n]", section, owner, &ttl,
		   type, data) != 5)
		die(line);
	for (size_t i = 0; i < 3; i++)
		if (strcmp(sections[i], section) == 0)
			(void)(++m->data[7 + 2 * i] || ++m->data[6 + 2 * i]);
	put_name(m, owner);
	put_u16(m, type_of(type));
	put_u16(m, class);
	put_u32(m, ttl);
	at = m->len;
	put_u16(m, 0);
	put_rdata(m, type_of(type), data);
	m->data[at] = (uint8_t)((m->len - at - 2) >> 8);
	m->data[at + 1] = (uint8_t)(m->len - at - 2);
}

static void put_huge(struct message *m, unsigned int class)
{
	char text[200];
	char line[300];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	(void)snprintf(line, sizeof(line), "ar pad.example 1 TXT %s", text);
	while (m->len < HUGE_BYTES)
		put_record(m, class, line);
}

static void build(struct message *m, const struct fake_dns_rule *r,
		  const uint8_t *query, size_t question_len, bool tcp)
{
	const char *line = r && r->records ? r->records : "";
	unsigned int flags = r ? r->flags : 0;
	uint8_t head[12] = { query[0], query[1], 0x80, 0, 0, 1 };
	unsigned int class = query[12 + question_len - 1];

	head[2] = (uint8_t)(0x80 | (query[2] & 1) | (flags & FAKE_AA ? 4 : 0));
	head[3] = (uint8_t)((flags & FAKE_RA ? 0x80 : 0) |
			    (r ? r->rcode : DNS_REFUSED));
	m->len = 0;
	put(m, head, sizeof(head));
	put(m, query + 12, question_len);
	if ((flags & FAKE_TC) && !tcp) {
		m->data[2] |= 2;
		return;
	}
	while (*line) {
		put_record(m, class, line);
		line += strcspn(line, "\n");
		line += *line == '\n';
	}
	if ((flags & FAKE_HUGE) && tcp)
		put_huge(m, class);
	if (flags & FAKE_CUT)
		m->len -= 3;
}

size_t fake_dns_build(const struct fake_dns_rule *r, const uint8_t *query,
		      uint8_t *out, size_t size)
{
	struct message *m = malloc(sizeof(*m));
	size_t at = 12, len;

	if (!m)
		die("malloc");
	while (query[at] != 0)
		at += 1u + query[at];
	build(m, r, query, at + 5 - 12, true);
	len = m->len;
	if (len > size)
		die("message too long");
	memcpy(out, m->data, len);
	if (r->flags & FAKE_TC)
		out[2] |= 2;
	free(m);
	return len;
}

/* The rule for this query, or NULL; counts what was asked. */
static const struct fake_dns_rule *choose(struct fake_dns *f, bool tcp,
					  const uint8_t *query, size_t len,
					  size_t *ret_len, bool *ret_drop)
{
	char name[256] = "";
	size_t at = 12, n = 0;
	uint16_t type;

	while (at < len && query[at] != 0 && query[at] < 64) {
		for (size_t i = 1; i <= query[at]; i++) {
			name[n++] = (char)query[at + i];
			if (isupper(query[at + i]))
				f->seen.mixed_case = true;
		}
		name[n++] = '.';
		at += 1u + query[at];
	}
	name[n > 0 ? n - 1 : 0] = '\0';
	type = (uint16_t)(query[at + 1] << 8 | query[at + 2]);
	*ret_len = at + 5 - 12;
	*ret_drop = false;
	f->seen.rd = query[2] & 1;
	for (unsigned int i = 0; i < f->n_rules; i++) {
		const struct fake_dns_rule *r = &f->rules[i];

		if ((r->name && !dns_name_equal(r->name, name)) ||
		    (r->type && r->type != type) ||
		    (tcp && (r->flags & FAKE_UDP)))
			continue;
		if (f->dropped[i] < r->skip) {
			f->dropped[i]++;
			*ret_drop = true;
		}
		return r;
	}
	return NULL;
}

static void udp_send(struct fake_dns *f, const struct message *m,
		     const struct sockaddr_storage *to, socklen_t to_len)
{
	(void)sendto(f->udp.fd, m->data, m->len, 0,
		     (const struct sockaddr *)to, to_len);
}

/* The bad datagrams that the rule asks for. */
static void udp_forge(struct fake_dns *f, unsigned int flags,
		      const struct message *right, size_t question_len,
		      const struct sockaddr_storage *to, socklen_t to_len)
{
	struct message *m = malloc(sizeof(*m));

	if (!m)
		die("malloc");
	if (flags & FAKE_BAD_ID) {
		*m = *right;
		m->data[0] ^= 0x55;
		udp_send(f, m, to, to_len);
	}
	if (flags & FAKE_BAD_CASE) {
		*m = *right;
		for (size_t i = 12; i < 12 + question_len - 4; i++)
			if (isalpha(m->data[i]))
				m->data[i] ^= 0x20;
		udp_send(f, m, to, to_len);
	}
	if (flags & FAKE_GARBAGE) {
		memset(m->data, 0xee, 33);
		m->len = 33;
		udp_send(f, m, to, to_len);
	}
	free(m);
}

static void udp_ready(struct ev_loop *loop, ev_io *w, int revents)
{
	struct fake_dns *f = w->data;
	struct sockaddr_storage from;
	socklen_t from_len = sizeof(from);
	const struct fake_dns_rule *r;
	struct message *m;
	uint8_t query[1024];
	ssize_t n = recvfrom(w->fd, query, sizeof(query), 0,
			     (struct sockaddr *)&from, &from_len);
	size_t question_len;
	unsigned int bad;
	bool drop;

	(void)loop;
	(void)revents;
	if (n < 17)
		return;
	f->seen.udp++;
	(void)addr_from_sockaddr((struct sockaddr *)&from, &f->seen.from,
				 &f->seen.port);
	r = choose(f, false, query, (size_t)n, &question_len, &drop);
	if (drop || (r && (r->flags & FAKE_SILENT)))
		return;
	m = malloc(sizeof(*m));
	if (!m)
		die("malloc");
	build(m, r, query, question_len, false);
	for (size_t i = 12; r && (r->flags & FAKE_LOWER) &&
			    i < 12 + question_len - 4; i++)
		m->data[i] = (uint8_t)tolower(m->data[i]);
	bad = r ? r->flags & (FAKE_BAD_ID | FAKE_BAD_CASE | FAKE_GARBAGE) : 0;
	if (bad)
		udp_forge(f, bad, m, question_len, &from, from_len);
	if (!bad || (r->flags & FAKE_THEN))
		udp_send(f, m, &from, from_len);
	free(m);
}

static void conn_free(struct fake_conn *c)
{
	struct fake_conn **at = &c->server->conns;

	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	ev_io_stop(c->server->loop, &c->io);
	(void)close(c->io.fd);
	free(c);
}

static void conn_answer(struct fake_conn *c)
{
	struct fake_dns *f = c->server;
	const struct fake_dns_rule *r;
	struct message *m;
	size_t question_len;
	uint8_t head[2];
	bool drop;

	f->seen.tcp++;
	r = choose(f, true, c->data + 2, c->len - 2, &question_len, &drop);
	if (r && (r->flags & FAKE_NO_TCP)) {
		conn_free(c);
		return;
	}
	if (r && (r->flags & FAKE_SILENT) && !(r->flags & FAKE_TC))
		return;
	m = malloc(sizeof(*m));
	if (!m)
		die("malloc");
	build(m, r, c->data + 2, question_len, true);
	head[0] = (uint8_t)(m->len >> 8);
	head[1] = (uint8_t)m->len;
	(void)send(c->io.fd, head, 2, MSG_NOSIGNAL | MSG_MORE);
	(void)send(c->io.fd, m->data, m->len, MSG_NOSIGNAL);
	free(m);
	c->len = 0;
}

static void conn_ready(struct ev_loop *loop, ev_io *w, int revents)
{
	struct fake_conn *c = w->data;
	ssize_t n = recv(w->fd, c->data + c->len, sizeof(c->data) - c->len, 0);

	(void)loop;
	(void)revents;
	if (n <= 0) {
		conn_free(c);
		return;
	}
	c->len += (size_t)n;
	if (c->len > 19 &&
	    c->len >= 2u + (size_t)(c->data[0] << 8 | c->data[1]))
		conn_answer(c);
}

static void tcp_ready(struct ev_loop *loop, ev_io *w, int revents)
{
	struct fake_dns *f = w->data;
	struct fake_conn *c = calloc(1, sizeof(*c));
	int fd = accept4(w->fd, NULL, NULL, SOCK_CLOEXEC);

	(void)revents;
	if (!c || fd < 0)
		die("accept");
	c->server = f;
	c->next = f->conns;
	f->conns = c;
	ev_io_init(&c->io, conn_ready, fd, EV_READ);
	c->io.data = c;
	ev_io_start(loop, &c->io);
}

/* Both sockets at one port, or -1: then another port is tried. */
static int bind_both(const struct addr *a, uint16_t port, int *ret_udp,
		     int *ret_tcp)
{
	struct sockaddr_storage ss;
	socklen_t len = addr_to_sockaddr(a, port, &ss);
	int one = 1;
	uint16_t got;

	*ret_udp = socket(a->family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	*ret_tcp = socket(a->family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (*ret_udp < 0 || *ret_tcp < 0)
		die("socket");
	(void)setsockopt(*ret_tcp, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(*ret_udp, (struct sockaddr *)&ss, len) < 0)
		die("bind");
	(void)getsockname(*ret_udp, (struct sockaddr *)&ss, &len);
	(void)addr_from_sockaddr((struct sockaddr *)&ss, &(struct addr){ 0 },
				 &got);
	if (bind(*ret_tcp, (struct sockaddr *)&ss, len) < 0 ||
	    listen(*ret_tcp, 16) < 0) {
		(void)close(*ret_udp);
		(void)close(*ret_tcp);
		return -1;
	}
	return got;
}

struct fake_dns *fake_dns_new(struct ev_loop *loop, const char *text,
			      uint16_t port, const struct fake_dns_rule *rules,
			      unsigned int n_rules)
{
	struct fake_dns *f = calloc(1, sizeof(*f));
	struct addr a;
	int udp, tcp, got = -1;

	errno = EINVAL;
	if (!f || n_rules > RULES_MOST || addr_parse(text, &a) < 0)
		die("cannot start");
	for (int tries = 0; got < 0 && tries < 20; tries++)
		got = bind_both(&a, port, &udp, &tcp);
	if (got < 0)
		die("no port");
	f->loop = loop;
	f->rules = rules;
	f->n_rules = n_rules;
	f->port = (uint16_t)got;
	(void)snprintf(f->text, sizeof(f->text),
		       a.family == AF_INET6 ? "[%s]:%u" : "%s:%u", text,
		       f->port);
	ev_io_init(&f->udp, udp_ready, udp, EV_READ);
	ev_io_init(&f->tcp, tcp_ready, tcp, EV_READ);
	f->udp.data = f;
	f->tcp.data = f;
	ev_io_start(loop, &f->udp);
	ev_io_start(loop, &f->tcp);
	return f;
}

void fake_dns_free(struct fake_dns *f)
{
	if (!f)
		return;
	while (f->conns)
		conn_free(f->conns);
	ev_io_stop(f->loop, &f->udp);
	ev_io_stop(f->loop, &f->tcp);
	(void)close(f->udp.fd);
	(void)close(f->tcp.fd);
	free(f);
}

uint16_t fake_dns_port(const struct fake_dns *f)
{
	return f->port;
}

const struct fake_dns_seen *fake_dns_seen(const struct fake_dns *f)
{
	return &f->seen;
}

const char *fake_dns_text(const struct fake_dns *f)
{
	return f->text;
}

void fake_dns_use(struct fake_dns *f, const struct fake_dns_rule *rules,
		  unsigned int n_rules)
{
	f->rules = rules;
	f->n_rules = n_rules;
}
