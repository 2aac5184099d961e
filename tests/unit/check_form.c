#include "config.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config/form.h"
#include "tests/support/suite.h"

#define LONG                                                                   \
	"0123456789012345678901234567890123456789012345678901234567890123456" \
	"7890123456789012345678901234567890123456789012345678901234567890"

static const struct row {
	const char *(*form)(const char *text);
	const char *text;
	bool good;
} rows[] = {
	{ form_name, "gw-1.example_2", true },
	{ form_name, "a b", false },
	{ form_name, "\xc3\xbc", false },
	{ form_name, "", false },
	{ form_name, LONG, false },
	{ form_interface, "eth0", true },
	{ form_interface, "ppp[0-9]*", true },
	{ form_interface, "br-lan.10", true },
	{ form_interface, "a/b", false },
	{ form_interface, "eth0:1", false },
	{ form_interface, "..", false },
	{ form_interface, "a b", false },
	{ form_interface, LONG, false },
	{ form_server, "192.0.2.1", true },
	{ form_server, "[2001:db8::1]:53", true },
	{ form_server, "ns.example:53", true },
	{ form_server, "ns.example.", true },
	{ form_server, "ns..example", false },
	{ form_server, "ns.example:99999", false },
	{ form_server, "https://ns.example", false },
	{ form_address, "192.0.2.1:53", true },
	{ form_address, "ns.example", false },
	{ form_reflector, "dns:opendns", true },
	{ form_reflector, "https://echo.example/", true },
	{ form_reflector, "", false },
	{ form_reflector, "a b", false },
};

START_TEST(test_row)
{
	const struct row *row = &rows[_i];
	const char *want = row->form(row->text);

	ck_assert_msg((want == NULL) == row->good, "\"%s\": %s", row->text,
		      want ? want : "taken");
}
END_TEST

static const struct host_row {
	const char *text;
	unsigned int prefix;
	const char *want; /* NULL: refused */
} hosts[] = {
	{ "::10:20ff:fe30:4050", 64, "::10:20ff:fe30:4050" },
	{ "::1", 64, "::1" },
	{ "::1", 127, "::1" },
	{ "0:0:0:0:ffff:ffff:ffff:ffff", 64, "::ffff:ffff:ffff:ffff" },
	{ "::1:0:0:0:1", 63, "::1:0:0:0:1" },
	{ "::1:0:0:0:1", 64, NULL },
	{ "::2", 127, NULL },
	{ "2001:db8::1", 64, NULL },
	{ "::", 64, NULL },
	{ "192.0.2.1", 64, NULL },
	{ "", 64, NULL },
	{ "::1/64", 64, NULL },
	/* RFC 2464, section 4 has this example. */
	{ "34:56:78:9A:BC:DE", 64, "::3656:78ff:fe9a:bcde" },
	{ "02-00-5e-10-00-00", 64, "::5eff:fe10:0" },
	{ "02:00:5e:10:00:00", 48, "::5eff:fe10:0" },
	{ "02:00:5e:10:00:00", 65, NULL },
	{ "02:00:5e:10:00", 64, NULL },
	{ "02:00:5e:10:00:0", 64, NULL },
	{ "02:00:5e:10:00:00:00", 64, NULL },
	{ "02:00:5e:10:00:0g", 64, NULL },
	{ "0:00:5e:10:00:00", 64, NULL },
	{ "00:00:00:00:00:00", 64, NULL },
	{ "ff:ff:ff:ff:ff:ff", 64, NULL },
	{ "33:33:00:00:00:01", 64, NULL },
};

START_TEST(test_host)
{
	const struct host_row *row = &hosts[_i];
	struct addr a = { .family = 99 };
	/* Of the exact size, so that a read past the end is seen. */
	char *text = strdup(row->text), out[ADDR_STRLEN];
	const char *why = NULL;
	int r = form_ipv6_host(text, row->prefix, &a, &why);

	if (row->want) {
		ck_assert_msg(r == 0, "%s: %s", row->text, why);
		ck_assert_str_eq(addr_print(&a, out), row->want);
	} else {
		ck_assert_msg(r == -EINVAL, "%s: %d", row->text, r);
		ck_assert_ptr_nonnull(why);
		ck_assert_uint_eq(a.family, 99);
	}
	free(text);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("form");
	TCase *tc = tcase_create("form");

	tcase_add_loop_test(tc, test_row, 0, SUITE_COUNT(rows));
	tcase_add_loop_test(tc, test_host, 0, SUITE_COUNT(hosts));
	suite_add_tcase(s, tc);
	return s;
}
