#include "config.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <ev.h>

#include "base/addr.h"
#include "base/clock.h"
#include "resolver/announce.h"
#include "tests/support/netns.h"
#include "tests/support/suite.h"
#include "tests/support/wait.h"

#define IP(...) ck_assert_int_eq(netns_ip(__VA_ARGS__), 0)

static struct ev_loop *loop;
static struct announce announce;
static int heard;
static uint64_t heard_ns;
static int from_w0 = -1, from_w1 = -1;
static bool close_in_it;

/* A socket that leaves by this link. */
static int sender(const char *link)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct ip_mreqn m = { .imr_ifindex = (int)if_nametoindex(link) };
	int yes = 1;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &m,
				    sizeof(m)), 0);
	ck_assert_int_eq(setsockopt(fd, IPPROTO_IP, IP_MULTICAST_LOOP, &yes,
				    sizeof(yes)), 0);
	return fd;
}

/*
 * What is sent to a group by a link comes back to those who listen there:
 * nobody else is needed.
 */
static void setup(void)
{
	netns_enter();
	IP("link add w0 type veth peer name p0");
	IP("link add w1 type veth peer name p1");
	IP("link set p0 up");
	IP("link set p1 up");
	IP("link set w0 up");
	IP("link set w1 up");
	IP("addr add 192.0.2.1/24 dev w0");
	IP("addr add 198.51.100.1/24 dev w1");
	loop = ev_loop_new(0);
	from_w0 = sender("w0");
	from_w1 = sender("w1");
	memset(&announce, 0, sizeof(announce));
}

static void teardown(void)
{
	announce_close(&announce);
	ev_loop_destroy(loop);
	(void)close(from_w0);
	(void)close(from_w1);
}

static void say(int fd, const char *to, uint16_t port, size_t len)
{
	static const uint8_t data[4096];
	struct sockaddr_storage ss;
	struct addr a;
	socklen_t ss_len;

	ck_assert_int_eq(addr_parse(to, &a), 0);
	ss_len = addr_to_sockaddr(&a, port, &ss);
	ck_assert_int_eq(sendto(fd, data, len, 0, (struct sockaddr *)&ss,
				ss_len), (ssize_t)len);
}

static void hears(void *user, uint64_t ns)
{
	ck_assert_ptr_eq(user, &announce);
	heard++;
	heard_ns = ns;
	if (close_in_it)
		announce_close(&announce);
}

static void open_it(void)
{
	ck_assert_int_eq(announce_open(&announce, loop,
				       (int)if_nametoindex("w0"), hears,
				       &announce), 0);
}

static void nothing_more(int so_far)
{
	(void)wait_for(loop, &heard, so_far + 1, .05);
	ck_assert_int_eq(heard, so_far);
}

static const struct row {
	const char *name;
	bool by_w1;
	const char *to;
	uint16_t port;
	size_t len;
	int heard;
} rows[] = {
	{ "an announcement", false, "224.0.0.1", 5350, 12, 1 },
	{ "an empty one", false, "224.0.0.1", 5350, 0, 1 },
	{ "a huge one", false, "224.0.0.1", 5350, 1400, 1 },
	{ "by another link", true, "224.0.0.1", 5350, 12, 0 },
	{ "to another port", false, "224.0.0.1", 5351, 12, 0 },
	{ "to another group", false, "224.0.0.251", 5350, 12, 0 },
	{ "to our own address", false, "192.0.2.1", 5350, 12, 0 },
};

START_TEST(test_row)
{
	const struct row *r = &rows[_i];
	uint64_t begun_ns = clock_mono_ns();

	open_it();
	say(r->by_w1 ? from_w1 : from_w0, r->to, r->port, r->len);
	if (r->heard) {
		ck_assert_msg(wait_for(loop, &heard, 1, 5), "%s", r->name);
		ck_assert_uint_ge(heard_ns, begun_ns);
		ck_assert_uint_le(heard_ns, clock_mono_ns());
	}
	nothing_more(r->heard);
}
END_TEST

/* A flood is one hint, and while it is deaf not even that. */
START_TEST(test_flood)
{
	open_it();
	for (int i = 0; i < 100; i++)
		say(from_w0, "224.0.0.1", 5350, 12);
	ck_assert(wait_for(loop, &heard, 1, 5));
	nothing_more(1);
	announce_deafen(&announce, 60000);
	for (int i = 0; i < 100; i++)
		say(from_w0, "224.0.0.1", 5350, 12);
	nothing_more(1);
	/* At its end, all of it is one. */
	announce_deafen(&announce, 1);
	ck_assert(wait_for(loop, &heard, 2, 5));
	nothing_more(2);
	/* And where nothing came, none. */
	announce_deafen(&announce, 1);
	nothing_more(2);
	say(from_w0, "224.0.0.1", 5350, 12);
	ck_assert(wait_for(loop, &heard, 3, 5));
}
END_TEST

START_TEST(test_forget)
{
	open_it();
	announce_deafen(&announce, 20);
	say(from_w0, "224.0.0.1", 5350, 12);
	announce_forget(&announce);
	nothing_more(0);
}
END_TEST

START_TEST(test_closed)
{
	int fds = wait_open_fds();

	open_it();
	say(from_w0, "224.0.0.1", 5350, 12);
	close_in_it = true;
	ck_assert(wait_for(loop, &heard, 1, 5));
	ck_assert_int_eq(wait_open_fds(), fds);
	nothing_more(1);
	/* What is closed may be told anything. */
	announce_close(&announce);
	announce_deafen(&announce, 1);
	announce_forget(&announce);
	nothing_more(1);
}
END_TEST

/* Others may listen there too, whichever of the two options they have set. */
START_TEST(test_beside_others)
{
	const int options[] = { SO_REUSEADDR, SO_REUSEPORT };
	struct sockaddr_in any = { .sin_family = AF_INET,
				   .sin_port = htons(5350) };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), yes = 1;

	ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, options[_i], &yes,
				    sizeof(yes)), 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&any, sizeof(any)), 0);
	open_it();
	say(from_w0, "224.0.0.1", 5350, 12);
	ck_assert(wait_for(loop, &heard, 1, 5));
	(void)close(fd);
}
END_TEST

START_TEST(test_no_such_link)
{
	int fds = wait_open_fds();

	ck_assert_int_lt(announce_open(&announce, loop, 4711, hears, NULL), 0);
	ck_assert_int_eq(wait_open_fds(), fds);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("announce");
	TCase *tc = tcase_create("links");

	netns_or_skip();
	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_row, 0, SUITE_COUNT(rows));
	tcase_add_test(tc, test_flood);
	tcase_add_test(tc, test_forget);
	tcase_add_test(tc, test_closed);
	tcase_add_loop_test(tc, test_beside_others, 0, 2);
	tcase_add_test(tc, test_no_such_link);
	suite_add_tcase(s, tc);
	return s;
}
