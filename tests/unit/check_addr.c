#include "config.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "tests/support/suite.h"

static const struct addr untouched = { .family = 99, .bytes = { 1, 2, 3 } };

static const struct text_row {
	const char *text;
	const char *want; /* NULL: no address */
} texts[] = {
	{ "192.0.2.1", "192.0.2.1" },
	{ "2001:db8:0:0:0:0:0:1", "2001:db8::1" },
	{ "2001:DB8::A", "2001:db8::a" },
	{ "::", "::" },
	{ "::ffff:192.0.2.1", "::ffff:192.0.2.1" },
	{ "", NULL },
	{ "192.0.2", NULL },
	{ "192.0.2.256", NULL },
	{ "192.0.2.01", NULL },
	{ "192.0.2.1 ", NULL },
	{ "0x7f.1", NULL },
	{ "2001:db8::1/64", NULL },
	{ "[2001:db8::1]", NULL },
	{ "fe80::1%eth0", NULL },
	{ "1:2:3:4:5:6:7:8:9", NULL },
	{ "host.example", NULL },
};

START_TEST(test_parse)
{
	const struct text_row *row = &texts[_i];
	struct addr a = untouched;
	char text[ADDR_STRLEN];
	int r = addr_parse(row->text, &a);

	ck_assert_msg(r == (row->want ? 0 : -EINVAL), "%s: %d", row->text, r);
	if (row->want)
		ck_assert_str_eq(addr_print(&a, text), row->want);
	else
		ck_assert_mem_eq(&a, &untouched, sizeof(a));
}
END_TEST

static const struct endpoint_row {
	const char *text;
	bool hosts;       /* are host names taken? */
	const char *want; /* NULL: -EINVAL; address or host */
	uint16_t port;
} endpoints[] = {
	{ "192.0.2.1", false, "192.0.2.1", 53 },
	{ "192.0.2.1:5353", false, "192.0.2.1", 5353 },
	{ "2001:db8::1", false, "2001:db8::1", 53 },
	{ "2001:db8::1:5353", false, "2001:db8::1:5353", 53 },
	{ "[2001:db8::1]", false, "2001:db8::1", 53 },
	{ "[2001:db8::1]:65535", false, "2001:db8::1", 65535 },
	{ "ns.example", true, "ns.example", 53 },
	{ "ns.example:1", true, "ns.example", 1 },
	{ "ns.example", false, NULL, 0 },
	{ "", true, NULL, 0 },
	{ ":53", true, NULL, 0 },
	{ "[]:53", true, NULL, 0 },
	{ "[ns.example]:53", true, NULL, 0 },
	{ "[2001:db8::1]53", true, NULL, 0 },
	{ "[2001:db8::1", true, NULL, 0 },
	{ "192.0.2.1:", true, NULL, 0 },
	{ "192.0.2.1:0", true, NULL, 0 },
	{ "192.0.2.1:65536", true, NULL, 0 },
	{ "192.0.2.1:+1", true, NULL, 0 },
	{ "a:b:c", true, NULL, 0 },
	{ "a-host-name-that-does-not-fit.example", true, NULL, 0 },
};

START_TEST(test_endpoint)
{
	const struct endpoint_row *row = &endpoints[_i];
	struct addr a = untouched;
	char text[ADDR_STRLEN], host[20] = "untouched";
	uint16_t port = 7;
	int r = addr_parse_endpoint(row->text, 53, &a, &port,
				    row->hosts ? host : NULL, sizeof(host));

	ck_assert_msg(r == (row->want ? 0 : -EINVAL), "%s: %d", row->text, r);
	if (!row->want) {
		ck_assert_mem_eq(&a, &untouched, sizeof(a));
		ck_assert_uint_eq(port, 7);
		ck_assert_str_eq(host, "untouched");
		return;
	}
	ck_assert_uint_eq(port, row->port);
	ck_assert_str_eq(a.family ? addr_print(&a, text) : host, row->want);
}
END_TEST

START_TEST(test_bytes)
{
	static const uint8_t bytes[16] = { 192, 0, 2, 1 };
	struct addr a = untouched;
	char text[ADDR_STRLEN];

	ck_assert_int_eq(addr_from_bytes(AF_INET, bytes, 16, &a), -EINVAL);
	ck_assert_int_eq(addr_from_bytes(AF_INET6, bytes, 4, &a), -EINVAL);
	ck_assert_int_eq(addr_from_bytes(AF_UNIX, bytes, 4, &a),
			 -EAFNOSUPPORT);
	ck_assert_mem_eq(&a, &untouched, sizeof(a));
	ck_assert_int_eq(addr_from_bytes(AF_INET, bytes, 4, &a), 0);
	ck_assert_str_eq(addr_print(&a, text), "192.0.2.1");
	ck_assert_int_eq(addr_from_bytes(AF_INET6, bytes, 16, &a), 0);
	ck_assert_str_eq(addr_print(&a, text), "c000:201::");
	a.family = 0;
	ck_assert_str_eq(addr_print(&a, text), "none");
	ck_assert_uint_eq(addr_len(0), 0);
}
END_TEST

static struct addr addr(const char *text)
{
	struct addr a;

	ck_assert_int_eq(addr_parse(text, &a), 0);
	return a;
}

START_TEST(test_compare)
{
	const struct addr a = addr("192.0.2.1"), b = addr("192.0.2.2"),
			  c = addr("::1");

	ck_assert(addr_equal(&a, &a) && !addr_equal(&a, &b));
	ck_assert_int_lt(addr_compare(&a, &b), 0);
	ck_assert_int_gt(addr_compare(&b, &a), 0);
	ck_assert_int_lt(addr_compare(&b, &c), 0);
	ck_assert_int_gt(addr_compare(&c, &a), 0);
}
END_TEST

static const struct in_row {
	const char *a, *net;
	unsigned int len;
	bool want;
} ins[] = {
	{ "192.0.2.1", "192.0.2.0", 24, true },
	{ "192.0.3.1", "192.0.2.0", 24, false },
	{ "192.0.3.1", "192.0.2.0", 23, true },
	{ "192.0.2.1", "192.0.2.1", 32, true },
	{ "192.0.2.0", "192.0.2.1", 32, false },
	{ "192.0.2.0", "192.0.2.1", 31, true },
	{ "192.0.2.1", "203.0.113.1", 0, true },
	{ "192.0.2.1", "192.0.2.1", 33, false },
	{ "2001:db8::1", "2001:db8::", 128, false },
	{ "2001:db8::1", "2001:db8::", 127, true },
	{ "2001:db8:8000::", "2001:db8::", 33, false },
	{ "::", "0.0.0.0", 0, false },
};

START_TEST(test_in)
{
	const struct in_row *row = &ins[_i];
	const struct addr a = addr(row->a), net = addr(row->net);

	ck_assert_msg(addr_in(&a, &net, row->len) == row->want, "%s in %s/%u",
		      row->a, row->net, row->len);
}
END_TEST

START_TEST(test_sockaddr)
{
	static const char *const both[] = { "192.0.2.1", "2001:db8::1" };
	struct sockaddr_storage ss;
	struct addr a, none = { 0 };
	uint16_t port;

	for (int i = 0; i < 2; i++) {
		const struct addr want = addr(both[i]);

		ck_assert_uint_eq(addr_to_sockaddr(&want, 53, &ss),
				  i ? sizeof(struct sockaddr_in6)
				    : sizeof(struct sockaddr_in));
		ck_assert_int_eq(addr_from_sockaddr((void *)&ss, &a, &port),
				 0);
		ck_assert(addr_equal(&a, &want));
		ck_assert_uint_eq(port, 53);
		ck_assert_int_eq(addr_from_sockaddr((void *)&ss, &a, NULL), 0);
	}
	ck_assert_uint_eq(addr_to_sockaddr(&none, 53, &ss), 0);
	a = untouched;
	ck_assert_int_eq(addr_from_sockaddr((void *)&ss, &a, &port),
			 -EAFNOSUPPORT);
	ck_assert_mem_eq(&a, &untouched, sizeof(a));
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("addr");
	TCase *tc = tcase_create("addr");

	tcase_add_loop_test(tc, test_parse, 0, SUITE_COUNT(texts));
	tcase_add_loop_test(tc, test_endpoint, 0, SUITE_COUNT(endpoints));
	tcase_add_test(tc, test_bytes);
	tcase_add_test(tc, test_compare);
	tcase_add_loop_test(tc, test_in, 0, SUITE_COUNT(ins));
	tcase_add_test(tc, test_sockaddr);
	suite_add_tcase(s, tc);
	return s;
}
