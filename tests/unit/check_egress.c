/*
 * How sockets are bound, in a namespace of the test's own. The linker sends
 * bind() here, so that the kernel can be made to refuse once.
 */
#include "config.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/egress.h"
#include "tests/support/netns.h"
#include "tests/support/suite.h"

#define IP(...) ck_assert_int_eq(netns_ip(__VA_ARGS__), 0)

static int refusals;

int __real_bind(int fd, const struct sockaddr *sa, socklen_t len);
int __wrap_bind(int fd, const struct sockaddr *sa, socklen_t len);

int __wrap_bind(int fd, const struct sockaddr *sa, socklen_t len)
{
	if (refusals > 0) {
		refusals--;
		errno = EADDRNOTAVAIL;
		return -1;
	}
	return __real_bind(fd, sa, len);
}

static void setup(void)
{
	netns_enter();
	IP("link add w0 index 10 type veth peer name w1 index 11");
	IP("link set w0 up");
	IP("link set w1 up");
	IP("addr add 198.51.100.1/24 dev w0");
	IP("addr add 2001:db8:1::1/64 dev w0 nodad");
	IP("route add default via 198.51.100.254");
	IP("route add default via 2001:db8:1::fe dev w0");
	refusals = 0;
}

static struct addr parsed(const char *text)
{
	struct addr a = { 0 };

	if (text)
		ck_assert_int_eq(addr_parse(text, &a), 0);
	return a;
}

static int family_of(const char *dst)
{
	return strchr(dst, ':') ? AF_INET6 : AF_INET;
}

static int connected(int fd, const char *dst)
{
	struct addr a = parsed(dst);
	struct sockaddr_storage ss;
	socklen_t len = addr_to_sockaddr(&a, 9, &ss);

	if (connect(fd, (const struct sockaddr *)&ss, len) < 0)
		return errno == EINPROGRESS ? 0 : -errno;
	return 0;
}

static struct addr source_of(int fd)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	struct addr a;

	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&ss, &len), 0);
	ck_assert_int_eq(addr_from_sockaddr((struct sockaddr *)&ss, &a, NULL),
			 0);
	return a;
}

static const struct row {
	const char *name, *source;
	int ifindex;
	uint32_t mark;
	const char *dst;
	int refusals, apply, connect;
} rows[] = {
	{ "as the kernel likes", NULL, 0, 0, "8.8.8.8", 0, 0, 0 },
	{ "source", "198.51.100.1", 0, 0, "8.8.8.8", 0, 0, 0 },
	{ "source, interface, mark", "198.51.100.1", 10, 3, "8.8.8.8", 0, 0,
	  0 },
	{ "IPv6", "2001:db8:1::1", 10, 0, "2600::1", 0, 0, 0 },
	/* Announced, not yet in the local table. */
	{ "refused for a moment", "198.51.100.1", 0, 0, "8.8.8.8", 1, 0, 0 },
	{ "refused for a moment, with interface", "198.51.100.1", 10, 0,
	  "8.8.8.8", 1, 0, 0 },
	{ "a missing address", "198.51.100.77", 0, 0, "8.8.8.8", 0,
	  -EADDRNOTAVAIL },
	{ "a missing address, with interface", "198.51.100.77", 10, 0,
	  "8.8.8.8", 0, -EADDRNOTAVAIL },
	{ "a missing IPv6 address", "2001:db8:1::77", 0, 0, "2600::1", 0,
	  -EADDRNOTAVAIL },
	{ "no route through there", "198.51.100.1", 11, 0, "2.2.2.2", 0, 0,
	  0 },
	{ "no such interface", "198.51.100.1", 99, 0, "8.8.8.8", 0, -ENODEV },
	{ "of the other family", "2001:db8:1::1", 0, 0, "8.8.8.8", 0,
	  -EAFNOSUPPORT },
};

START_TEST(test_row)
{
	const struct row *r = &rows[_i % SUITE_COUNT(rows)];
	int type = _i / SUITE_COUNT(rows) % 2 ? SOCK_STREAM : SOCK_DGRAM;
	bool by_name = _i >= 2 * SUITE_COUNT(rows);
	struct egress e = {
		.source = parsed(r->source),
		.ifindex = by_name ? 0 : r->ifindex,
		.mark = r->mark,
	};
	int fd = socket(family_of(r->dst), type | SOCK_NONBLOCK, 0), rc;

	if (by_name && r->ifindex)
		strcpy(e.device, r->ifindex == 10 ? "w0" :
				 r->ifindex == 11 ? "w1" : "none0");
	refusals = r->refusals;
	rc = egress_apply(fd, family_of(r->dst), &e);
	ck_assert_msg(rc == r->apply, "%s: %d (%s)", r->name, rc,
		      strerror(-rc));
	ck_assert_int_eq(refusals, 0);
	if (rc == 0) {
		struct addr got;

		rc = connected(fd, r->dst);
		ck_assert_msg(rc == r->connect, "%s: %d (%s)", r->name, rc,
			      strerror(-rc));
		got = source_of(fd);
		if (r->source)
			ck_assert(addr_equal(&got, &e.source));
	}
	(void)close(fd);
}
END_TEST

/* A tentative address is not to be sent from. */
START_TEST(test_tentative)
{
	struct egress e = { .source = parsed("2001:db8:1::2") };
	int fd = socket(AF_INET6, SOCK_DGRAM, 0);

	IP("addr add 2001:db8:1::2/64 dev w0");
	ck_assert_int_eq(egress_apply(fd, AF_INET6, &e), -EADDRNOTAVAIL);
	(void)close(fd);
}
END_TEST

/* Gone between bind and connect, or after: an error, never another source. */
START_TEST(test_gone_since)
{
	struct egress e = { .source = parsed("198.51.100.1") };
	int early = socket(AF_INET, SOCK_DGRAM, 0);
	int late = socket(AF_INET, SOCK_DGRAM, 0), rc;

	refusals = _i; /* 1: bound freely */
	ck_assert_int_eq(egress_apply(early, AF_INET, &e), 0);
	refusals = _i;
	ck_assert_int_eq(egress_apply(late, AF_INET, &e), 0);
	ck_assert_int_eq(connected(late, "8.8.8.8"), 0);
	IP("addr add 203.0.113.1/24 dev w0");
	IP("addr del 198.51.100.1/24 dev w0");
	IP("route replace default via 203.0.113.254");
	rc = connected(early, "8.8.8.8");
	ck_assert_msg(rc == -ENETUNREACH || rc == -EINVAL, "%d", rc);
	ck_assert_int_lt(send(late, "x", 1, MSG_DONTWAIT), 0);
	(void)close(early);
	(void)close(late);
}
END_TEST

/* No route yet: connect() says so. */
START_TEST(test_no_route_yet)
{
	struct egress e = { .source = parsed("198.51.100.1") };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	IP("route del default");
	ck_assert_int_eq(egress_apply(fd, AF_INET, &e), 0);
	ck_assert_int_eq(connected(fd, "8.8.8.8"), -ENETUNREACH);
	IP("route add default via 198.51.100.254");
	ck_assert_int_eq(connected(fd, "8.8.8.8"), 0);
	(void)close(fd);
}
END_TEST

/* Without the right to, the mark is an error. */
START_TEST(test_mark_without_right)
{
	struct egress e = { .mark = 3 };
	int fd;

	if (geteuid() != 0 || setuid(65534) < 0)
		return;
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	ck_assert_int_eq(egress_apply(fd, AF_INET, &e), -EPERM);
	/* Interface and source need none. */
	e = (struct egress){ .source = parsed("198.51.100.1"),
			      .ifindex = 10 };
	ck_assert_int_eq(egress_apply(fd, AF_INET, &e), 0);
	(void)close(fd);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("egress");
	TCase *tc = tcase_create("kernel");

	netns_or_skip();
	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_loop_test(tc, test_row, 0, 4 * SUITE_COUNT(rows));
	tcase_add_test(tc, test_tentative);
	tcase_add_loop_test(tc, test_gone_since, 0, 2);
	tcase_add_test(tc, test_no_route_yet);
	tcase_add_test(tc, test_mark_without_right);
	suite_add_tcase(s, tc);
	return s;
}
