#include "config.h"

#include <errno.h>
#include <string.h>

#include "notify/rfc2136/reverse.h"
#include "tests/support/suite.h"

static const struct row {
	const char *addr, *name;
} rows[] = {
	{ "192.0.2.7", "7.2.0.192.in-addr.arpa" },
	{ "255.255.255.255", "255.255.255.255.in-addr.arpa" },
	{ "2001:db8::567:89ab", "b.a.9.8.7.6.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0."
				"0.0.8.b.d.0.1.0.0.2.ip6.arpa" },
};

START_TEST(test_name)
{
	char name[DOMAIN_SIZE];
	struct addr a;

	ck_assert_int_eq(addr_parse(rows[_i].addr, &a), 0);
	reverse_name(&a, name);
	ck_assert_str_eq(name, rows[_i].name);
}
END_TEST

static const struct zone_row {
	const char *zone;
	bool local;
} zone_rows[] = {
	{ "2.0.192.in-addr.arpa", true },
	{ "168.192.in-addr.arpa", true },
	{ "0-63.2.0.192.in-addr.arpa", true },
	{ "10.in-addr.arpa", false },
	{ "in-addr.arpa", false },
	{ "arpa", false },
	{ "", false },
	{ "example.org", false },
	{ "8.b.d.0.1.0.0.2.ip6.arpa", true },
	{ "b.d.0.1.0.0.2.ip6.arpa", false },
	{ "ip6.arpa", false },
};

START_TEST(test_zone)
{
	ck_assert_msg(reverse_zone_is_local(zone_rows[_i].zone) ==
			      zone_rows[_i].local, "%s", zone_rows[_i].zone);
}
END_TEST

START_TEST(test_data)
{
	static const uint8_t want[] = "\4home\7example\3org";
	uint8_t data[REVERSE_DATA_MAX];
	char name[300];

	ck_assert_int_eq(reverse_data("home.example.org", data),
			 sizeof(want));
	ck_assert_mem_eq(data, want, sizeof(want));
	memset(name, 'a', 64);
	name[64] = '\0';
	ck_assert_int_eq(reverse_data(name, data), -EINVAL);
	for (size_t i = 0; i < 260; i++)
		name[i] = i % 2 ? '.' : 'a';
	name[259] = '\0';
	ck_assert_int_eq(reverse_data(name, data), -EINVAL);
	name[253] = '\0';
	ck_assert_int_eq(reverse_data(name, data), 255);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("reverse");
	TCase *tc = tcase_create("names");

	tcase_add_loop_test(tc, test_name, 0, SUITE_COUNT(rows));
	tcase_add_loop_test(tc, test_zone, 0, SUITE_COUNT(zone_rows));
	tcase_add_test(tc, test_data);
	suite_add_tcase(s, tc);
	return s;
}
