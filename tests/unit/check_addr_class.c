#include "config.h"

#include <check.h>
#include <stddef.h>

#include "base/addr_class.h"
#include "tests/support/suite.h"

static const struct row {
	const char *addr;
	enum addr_class want;
} rows[] = {
	{ "0.0.0.0", ADDR_SPECIAL },
	{ "0.1.2.3", ADDR_SPECIAL },
	{ "1.1.1.1", ADDR_GLOBAL },
	{ "9.255.255.255", ADDR_GLOBAL },
	{ "10.0.0.0", ADDR_PRIVATE },
	{ "10.255.255.255", ADDR_PRIVATE },
	{ "11.0.0.0", ADDR_GLOBAL },
	{ "100.63.255.255", ADDR_GLOBAL },
	{ "100.64.0.0", ADDR_SHARED },
	{ "100.127.255.255", ADDR_SHARED },
	{ "100.128.0.0", ADDR_GLOBAL },
	{ "127.0.0.1", ADDR_LOOPBACK },
	{ "169.253.255.255", ADDR_GLOBAL },
	{ "169.254.1.1", ADDR_LINK_LOCAL },
	{ "172.15.255.255", ADDR_GLOBAL },
	{ "172.16.0.0", ADDR_PRIVATE },
	{ "172.31.255.255", ADDR_PRIVATE },
	{ "172.32.0.0", ADDR_GLOBAL },
	{ "192.0.0.0", ADDR_SHARED },
	{ "192.0.0.7", ADDR_SHARED },
	{ "192.0.0.8", ADDR_SPECIAL },
	{ "192.0.0.9", ADDR_GLOBAL },
	{ "192.0.0.10", ADDR_GLOBAL },
	{ "192.0.0.170", ADDR_SPECIAL },
	{ "192.0.0.171", ADDR_SPECIAL },
	{ "192.0.1.1", ADDR_GLOBAL },
	{ "192.0.2.1", ADDR_DOCUMENTATION },
	{ "192.31.196.1", ADDR_GLOBAL },
	{ "192.52.193.1", ADDR_GLOBAL },
	{ "192.88.99.1", ADDR_SPECIAL },
	{ "192.167.255.255", ADDR_GLOBAL },
	{ "192.168.0.1", ADDR_PRIVATE },
	{ "192.169.0.0", ADDR_GLOBAL },
	{ "192.175.48.1", ADDR_GLOBAL },
	{ "198.17.255.255", ADDR_GLOBAL },
	{ "198.18.0.1", ADDR_SPECIAL },
	{ "198.19.255.255", ADDR_SPECIAL },
	{ "198.51.100.7", ADDR_DOCUMENTATION },
	{ "203.0.113.255", ADDR_DOCUMENTATION },
	{ "203.0.114.0", ADDR_GLOBAL },
	{ "223.255.255.255", ADDR_GLOBAL },
	{ "224.0.0.1", ADDR_MULTICAST },
	{ "239.255.255.255", ADDR_MULTICAST },
	{ "240.0.0.1", ADDR_SPECIAL },
	{ "255.255.255.255", ADDR_SPECIAL },
	{ "::", ADDR_SPECIAL },
	{ "::1", ADDR_LOOPBACK },
	{ "::2", ADDR_SPECIAL },
	{ "::ffff:1.1.1.1", ADDR_SPECIAL },
	{ "64:ff9b::101:101", ADDR_SPECIAL },
	{ "64:ff9b:1::1", ADDR_SPECIAL },
	{ "100::1", ADDR_SPECIAL },
	{ "100:0:0:1::1", ADDR_SPECIAL },
	{ "1fff::1", ADDR_SPECIAL },
	{ "2000::1", ADDR_GLOBAL },
	{ "2001::1", ADDR_SPECIAL },
	{ "2001:1::", ADDR_SPECIAL },
	{ "2001:1::1", ADDR_GLOBAL },
	{ "2001:1::3", ADDR_GLOBAL },
	{ "2001:1::4", ADDR_SPECIAL },
	{ "2001:2::1", ADDR_SPECIAL },
	{ "2001:3::1", ADDR_GLOBAL },
	{ "2001:4:112::1", ADDR_GLOBAL },
	{ "2001:10::1", ADDR_SPECIAL },
	{ "2001:20::1", ADDR_GLOBAL },
	{ "2001:30::1", ADDR_GLOBAL },
	{ "2001:1ff::1", ADDR_SPECIAL },
	{ "2001:200::1", ADDR_GLOBAL },
	{ "2001:db7:ffff::1", ADDR_GLOBAL },
	{ "2001:db8::1", ADDR_DOCUMENTATION },
	{ "2001:db9::1", ADDR_GLOBAL },
	{ "2002:c000:201::1", ADDR_SPECIAL },
	{ "2620:4f:8000::1", ADDR_GLOBAL },
	{ "2a00::1", ADDR_GLOBAL },
	{ "3ffe::1", ADDR_GLOBAL },
	{ "3fff::1", ADDR_DOCUMENTATION },
	{ "3fff:fff::1", ADDR_DOCUMENTATION },
	{ "3fff:1000::1", ADDR_GLOBAL },
	{ "4000::1", ADDR_SPECIAL },
	{ "5f00::1", ADDR_SPECIAL },
	{ "fc00::1", ADDR_UNIQUE_LOCAL },
	{ "fdff::1", ADDR_UNIQUE_LOCAL },
	{ "fe80::1", ADDR_LINK_LOCAL },
	{ "febf::1", ADDR_LINK_LOCAL },
	{ "fec0::1", ADDR_SPECIAL },
	{ "ff02::1", ADDR_MULTICAST },
};

START_TEST(test_row)
{
	const struct row *row = &rows[_i];
	const char *name = "untouched";
	enum addr_class got;
	struct addr a;

	ck_assert_int_eq(addr_parse(row->addr, &a), 0);
	got = addr_class(&a, &name);
	ck_assert_msg(got == row->want, "%s: %d, not %d", row->addr, (int)got,
		      (int)row->want);
	/* Each that is not global says what it is. */
	ck_assert_msg((name == NULL) == (got == ADDR_GLOBAL), "%s: %s",
		      row->addr, name);
	ck_assert_int_eq(addr_class(&a, NULL), got);
}
END_TEST

/*
 * Every entry of both registries as of ADDR_CLASS_DATE, in their order, with
 * what they say of its being globally reachable ("?": nothing, or it depends).
 */
static const struct registered {
	const char *net;
	unsigned int prefix_len;
	char reachable;
} registry[] = {
	{ "0.0.0.0", 8, 'n' },
	{ "0.0.0.0", 32, 'n' },
	{ "10.0.0.0", 8, 'n' },
	{ "100.64.0.0", 10, 'n' },
	{ "127.0.0.0", 8, 'n' },
	{ "169.254.0.0", 16, 'n' },
	{ "172.16.0.0", 12, 'n' },
	{ "192.0.0.0", 24, 'n' },
	{ "192.0.0.0", 29, 'n' },
	{ "192.0.0.8", 32, 'n' },
	{ "192.0.0.9", 32, 'y' },
	{ "192.0.0.10", 32, 'y' },
	{ "192.0.0.170", 32, 'n' },
	{ "192.0.0.171", 32, 'n' },
	{ "192.0.2.0", 24, 'n' },
	{ "192.31.196.0", 24, 'y' },
	{ "192.52.193.0", 24, 'y' },
	{ "192.88.99.0", 24, '?' },
	{ "192.88.99.2", 32, 'n' },
	{ "192.168.0.0", 16, 'n' },
	{ "192.175.48.0", 24, 'y' },
	{ "198.18.0.0", 15, 'n' },
	{ "198.51.100.0", 24, 'n' },
	{ "203.0.113.0", 24, 'n' },
	{ "240.0.0.0", 4, 'n' },
	{ "255.255.255.255", 32, 'n' },
	{ "::1", 128, 'n' },
	{ "::", 128, 'n' },
	{ "::ffff:0:0", 96, 'n' },
	{ "64:ff9b::", 96, '?' }, /* "y", by a translator */
	{ "64:ff9b:1::", 48, 'n' },
	{ "100::", 64, 'n' },
	{ "100:0:0:1::", 64, 'n' },
	{ "2001::", 23, 'n' },
	{ "2001::", 32, '?' },
	{ "2001:1::1", 128, 'y' },
	{ "2001:1::2", 128, 'y' },
	{ "2001:1::3", 128, 'y' },
	{ "2001:2::", 48, 'n' },
	{ "2001:3::", 32, 'y' },
	{ "2001:4:112::", 48, 'y' },
	{ "2001:10::", 28, '?' },
	{ "2001:20::", 28, 'y' },
	{ "2001:30::", 28, 'y' },
	{ "2001:db8::", 32, 'n' },
	{ "2002::", 16, '?' },
	{ "2620:4f:8000::", 48, 'y' },
	{ "3fff::", 20, 'n' },
	{ "5f00::", 16, 'n' },
	{ "fc00::", 7, 'n' },
	{ "fe80::", 10, 'n' },
};

/* All bits after the prefix set. */
static void set_last(struct addr *a, unsigned int prefix_len)
{
	for (unsigned int i = prefix_len; i < 8 * addr_len(a->family); i++)
		a->bytes[i / 8] |= (uint8_t)(0x80 >> i % 8);
}

START_TEST(test_registry)
{
	const struct registered *r = &registry[_i];
	struct addr a;

	ck_assert_str_eq(ADDR_CLASS_DATE, "2025-10-09");
	ck_assert_int_eq(addr_parse(r->net, &a), 0);
	ck_assert_int_eq(addr_class(&a, NULL) == ADDR_GLOBAL,
			 r->reachable == 'y');
	set_last(&a, r->prefix_len);
	ck_assert_int_eq(addr_class(&a, NULL) == ADDR_GLOBAL,
			 r->reachable == 'y');
}
END_TEST

START_TEST(test_none)
{
	const struct addr none = { 0 };
	const char *name;

	ck_assert_int_eq(addr_class(&none, &name), ADDR_NONE);
	ck_assert_str_eq(name, "none");
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("addr_class");
	TCase *tc = tcase_create("addr_class");

	tcase_add_loop_test(tc, test_row, 0, SUITE_COUNT(rows));
	tcase_add_loop_test(tc, test_registry, 0, SUITE_COUNT(registry));
	tcase_add_test(tc, test_none);
	suite_add_tcase(s, tc);
	return s;
}
