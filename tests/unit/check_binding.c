#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <ev.h>

#include "resolver/binding.h"
#include "tests/support/fake_egress.h"
#include "tests/support/fake_udp.h"
#include "tests/support/suite.h"
#include "tests/support/wait.h"

#define ANSWER_SIZE (STUN_HEADER_SIZE + 12)

/* What comes back. */
enum back {
	NOTHING,
	RIGHT,	      /* 5.6.7.9 */
	OTHER_ID,     /* the answer to somebody else's question */
	FORGED_FIRST, /* that, and then the right one */
	ERROR,	      /* an error response */
	IN_PIECES,    /* TCP: byte by byte */
	HALF,	      /* TCP: and the end of the connection */
	ENDLESS,      /* TCP: a header that promises 60,000 bytes */
	GARBAGE,
};

struct result {
	int done;
	int status;
	char addr[ADDR_STRLEN];
	char why[STUN_WHY_SIZE];
};

static struct ev_loop *loop;
static enum back back;
static unsigned int lost; /* so many questions are not heard */
static struct result result;
static struct binding binding;

static void setup(void)
{
	loop = ev_loop_new(0);
	lost = 0;
	memset(&result, 0, sizeof(result));
	memset(&binding, 0, sizeof(binding));
	fake_egress_failures = 0;
}

static void teardown(void)
{
	binding_stop(&binding);
	ev_loop_destroy(loop);
}

/* 5.6.7.9, turned over with the cookie 21 12 a4 42. */
static size_t build(const uint8_t *request, enum back how, uint8_t *out)
{
	static const uint8_t value[] = { 0x00, 0x20, 0, 8, 0, 1, 0x12, 0x34,
					 0x24, 0x14, 0xa3, 0x4b };
	static const uint8_t error[] = { 0x00, 0x09, 0, 8, 0, 0, 4, 20,
					 'b', 'u', 's', 'y' };

	memcpy(out, request, STUN_HEADER_SIZE);
	out[0] = 0x01;
	out[1] = how == ERROR ? 0x11 : 0x01;
	out[2] = 0;
	out[3] = sizeof(value);
	if (how == OTHER_ID)
		out[STUN_HEADER_SIZE - 1] ^= 1;
	if (how == GARBAGE)
		out[0] = 0xff;
	if (how == ENDLESS)
		out[2] = 0xea;
	memcpy(out + STUN_HEADER_SIZE, how == ERROR ? error : value,
	       sizeof(value));
	return how == NOTHING ? 0 : ANSWER_SIZE;
}

static size_t answer(void *user, struct fake_udp *f, unsigned int nth,
		     const uint8_t *data, size_t len,
		     uint8_t out[FAKE_UDP_SIZE])
{
	(void)user;
	ck_assert_uint_eq(len, STUN_REQUEST_SIZE);
	if (nth <= lost)
		return 0;
	if (back == FORGED_FIRST) {
		(void)build(data, OTHER_ID, out);
		fake_udp_say(f, out, ANSWER_SIZE);
		fake_udp_say(f, "junk", 4);
	}
	return build(data, back, out);
}

/* ---- by TCP ---- */

static ev_io listening, talking;
static int tcp_fd = -1;
static uint8_t to_send[ANSWER_SIZE];
static size_t n_to_send, n_sent;

static void tcp_close(void)
{
	ev_io_stop(loop, &talking);
	if (tcp_fd >= 0)
		(void)close(tcp_fd);
	tcp_fd = -1;
}

static void tcp_writable(struct ev_loop *l, ev_io *w, int revents)
{
	size_t n = back == IN_PIECES ? 1 : n_to_send - n_sent;

	(void)l;
	(void)revents;
	if (n_sent == n_to_send) {
		if (back == HALF)
			tcp_close();
		else
			ev_io_stop(loop, w);
		return;
	}
	ck_assert_int_eq(send(w->fd, to_send + n_sent, n, MSG_NOSIGNAL),
			 (ssize_t)n);
	n_sent += n;
}

static void tcp_readable(struct ev_loop *l, ev_io *w, int revents)
{
	uint8_t request[64];
	ssize_t n = recv(w->fd, request, sizeof(request), 0);

	(void)l;
	(void)revents;
	if (n <= 0) {
		tcp_close();
		return;
	}
	ck_assert_int_eq(n, STUN_REQUEST_SIZE);
	n_to_send = build(request, back, to_send);
	n_sent = 0;
	if (back == HALF)
		n_to_send /= 2;
	if (n_to_send == 0)
		return;
	ev_io_stop(loop, w);
	ev_io_init(&talking, tcp_writable, tcp_fd, EV_WRITE);
	ev_io_start(loop, &talking);
}

static void tcp_comes(struct ev_loop *l, ev_io *w, int revents)
{
	(void)l;
	(void)revents;
	ck_assert_int_lt(tcp_fd, 0);
	tcp_fd = accept4(w->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	ck_assert_int_ge(tcp_fd, 0);
	ev_io_init(&talking, tcp_readable, tcp_fd, EV_READ);
	ev_io_start(loop, &talking);
}

static uint16_t tcp_listen(void)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	struct addr a;
	uint16_t port;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
			0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(listen(fd, 4), 0); /* any port of any address */
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&ss, &len), 0);
	ck_assert_int_eq(addr_from_sockaddr((struct sockaddr *)&ss, &a, &port),
			 0);
	ev_io_init(&listening, tcp_comes, fd, EV_READ);
	ev_io_start(loop, &listening);
	return port;
}

static void tcp_unlisten(void)
{
	tcp_close();
	ev_io_stop(loop, &listening);
	(void)close(listening.fd);
}

/* ---- */

static void bound(void *user, const struct binding_reply *reply)
{
	struct result *r = user;

	r->done++;
	r->status = reply->status;
	if (reply->status == 0)
		addr_print(&reply->addr, r->addr);
	else
		(void)snprintf(r->why, sizeof(r->why), "%s", reply->why);
	binding_stop(&binding);
}

static void ask(uint16_t port, bool tcp, uint32_t timeout_ms)
{
	struct binding_question q = {
		.port = port, .tcp = tcp, .timeout_ms = timeout_ms,
	};

	ck_assert_int_eq(addr_parse("127.0.0.1", &q.server), 0);
	ck_assert_int_eq(binding_start(&binding, loop, &q, bound, &result), 0);
	ck_assert_int_eq(result.done, 0);
}

static const struct row {
	const char *name;
	bool tcp;
	enum back back;
	unsigned int lost;
	uint32_t timeout_ms;
	int status;
} rows[] = {
	{ "an answer", false, RIGHT, 0, 5000, 0 },
	{ "a lost question is asked again", false, RIGHT, 1, 5000, 0 },
	{ "a forged answer ends nothing", false, FORGED_FIRST, 0, 5000, 0 },
	{ "nothing but one", false, OTHER_ID, 0, 60, -ETIMEDOUT },
	{ "garbage", false, GARBAGE, 0, 60, -ETIMEDOUT },
	{ "silence", false, NOTHING, 0, 60, -ETIMEDOUT },
	{ "it says no", false, ERROR, 0, 5000, -EREMOTEIO },
	{ "an answer by TCP", true, RIGHT, 0, 5000, 0 },
	{ "byte by byte", true, IN_PIECES, 0, 5000, 0 },
	{ "half of it", true, HALF, 0, 5000, -ECONNRESET },
	{ "a promise of 60 kB", true, ENDLESS, 0, 5000, -EBADMSG },
	{ "somebody else's by TCP", true, OTHER_ID, 0, 5000, -EBADMSG },
	{ "garbage by TCP", true, GARBAGE, 0, 5000, -EBADMSG },
	{ "silence by TCP", true, NOTHING, 0, 60, -ETIMEDOUT },
	{ "no, by TCP", true, ERROR, 0, 5000, -EREMOTEIO },
};

START_TEST(test_row)
{
	const struct row *row = &rows[_i];
	struct fake_udp *f = NULL;
	uint16_t port;
	int fds;

	back = row->back;
	lost = row->lost;
	if (row->tcp) {
		port = tcp_listen();
	} else {
		f = fake_udp_new(loop, "127.0.0.1", 0, answer, NULL);
		port = fake_udp_port(f);
	}
	fds = wait_open_fds();
	ask(port, row->tcp, row->timeout_ms);
	ck_assert_msg(wait_for(loop, &result.done, 1, 10), "%s: hangs",
		      row->name);
	ck_assert_msg(result.status == row->status, "%s: %s (%s)", row->name,
		      strerror(-result.status), result.why);
	ck_assert_str_eq(result.addr, row->status == 0 ? "5.6.7.9" : "");
	ck_assert(row->status == 0 || result.why[0]);
	if (row->tcp) {
		tcp_close();
		ck_assert_int_eq(wait_open_fds(), fds);
		tcp_unlisten();
	}
	fake_udp_free(f);
}
END_TEST

START_TEST(test_nobody_listens)
{
	uint16_t port = tcp_listen();

	tcp_unlisten();
	ask(port, true, 5000);
	ck_assert(wait_for(loop, &result.done, 1, 10));
	ck_assert_int_eq(result.status, -ECONNREFUSED);
}
END_TEST

/* The address is announced a moment before it can be bound. */
START_TEST(test_an_address_that_comes)
{
	uint16_t port = tcp_listen();

	back = RIGHT;
	fake_egress_error = -EADDRNOTAVAIL;
	fake_egress_failures = 4;
	ask(port, true, 5000);
	ck_assert(wait_for(loop, &result.done, 1, 10));
	ck_assert_int_eq(result.status, 0);
	ck_assert_uint_eq(fake_egress_failures, 0);
	tcp_unlisten();
}
END_TEST

START_TEST(test_stopped)
{
	uint16_t port = tcp_listen();
	int fds = wait_open_fds(), never = 0;

	back = RIGHT;
	for (int tcp = 0; tcp < 2; tcp++) {
		ask(port, tcp, 5000);
		binding_stop(&binding);
		binding_stop(&binding);
	}
	ck_assert_int_eq(wait_open_fds(), fds);
	(void)wait_for(loop, &never, 1, .05);
	ck_assert_int_eq(result.done, 0);
	tcp_unlisten();
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("binding");
	TCase *tc = tcase_create("loopback");

	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_row, 0, SUITE_COUNT(rows));
	tcase_add_test(tc, test_nobody_listens);
	tcase_add_test(tc, test_an_address_that_comes);
	tcase_add_test(tc, test_stopped);
	suite_add_tcase(s, tc);
	return s;
}
