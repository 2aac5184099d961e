#include "config.h"

#include <string.h>
#include <sys/socket.h>

#include "daemon/setup/lack.h"
#include "tests/support/fake_mirror.h"
#include "tests/support/suite.h"

#define ETH  2

/* A machine while it boots: what there is, and what is waited for. */
static const struct row {
	const char *name;
	int flags;           /* of eth0; -1: it does not exist */
	const char *addr;    /* on it */
	int route;           /* family of a default route by it */
	const char *named;   /* interfaces of the source */
	bool ipv4, ipv6;
	enum lack want;
	const char *text;
} rows[] = {
	{ "nothing", -1, NULL, 0, NULL, true, true, LACK_LINK,
	  "a link (no interface but the loopback exists)" },
	{ "named, and not there yet", FAKE_LIVE, NULL, 0, "ppp0", true, true,
	  LACK_LINK, "a link (ppp0 does not exist)" },
	{ "a link that is down", 0, NULL, 0, NULL, true, true, LACK_LINK,
	  "a link (eth0 is down)" },
	{ "the cable is out", FAKE_UP, NULL, 0, NULL, true, true, LACK_LINK,
	  "a link (eth0 has no carrier)" },
	{ "the cable of a named one", FAKE_UP, "5.6.7.8/24", 0, "eth*", true,
	  true, LACK_LINK, "a link (eth0 has no carrier)" },
	{ "no address", FAKE_LIVE, NULL, 0, NULL, true, true, LACK_ADDRESS,
	  "an address (eth0 has none that could be published)" },
	{ "a route, but no address", FAKE_LIVE, NULL, AF_INET, NULL, true,
	  true, LACK_ADDRESS,
	  "an address (eth0 has none that could be published)" },
	{ "link-local addresses are none", FAKE_LIVE, "fe80::1/64", 0, NULL,
	  true, true, LACK_ADDRESS,
	  "an address (eth0 has none that could be published)" },
	{ "of another family", FAKE_LIVE, "5.6.7.8/24", 0, NULL, false, true,
	  LACK_ADDRESS, "an address (eth0 has none that could be published)" },
	{ "no route", FAKE_LIVE, "5.6.7.8/24", 0, NULL, true, true,
	  LACK_ROUTE,
	  "a route (eth0 has an address, but there is no default route)" },
	{ "a route of another family", FAKE_LIVE, "2a00::5/64", AF_INET, NULL,
	  false, true, LACK_ROUTE,
	  "a route (eth0 has an address, but there is no default route)" },
	{ "a named one needs no route", FAKE_LIVE, "fe80::1/64", 0, "eth0",
	  true, true, LACK_ADDRESS,
	  "an address (eth0 has none that could be published)" },
};

START_TEST(test_row)
{
	const struct row *r = &rows[_i];
	char *named[] = { (char *)(uintptr_t)r->named };
	struct config_source config = { .name = (char *)"default" };
	struct lack_question q = { .config = &config, .ipv4 = r->ipv4,
				   .ipv6 = r->ipv6 };
	char text[LACK_STRLEN] = "";
	enum lack got;

	fake_mirror_reset();
	fake_link(1, "lo", "", FAKE_LIVE | 0x8);
	fake_addr(1, "127.0.0.1/8", 0, 0);
	if (r->flags >= 0)
		fake_link(ETH, "eth0", "", (uint32_t)r->flags);
	if (r->addr)
		fake_addr(ETH, r->addr, 0, 0);
	if (r->route)
		fake_route(r->route, ETH, 0, FAKE_MAIN);
	if (r->named)
		config.interfaces = (struct config_strings){ named, 1 };
	got = lack_find(&q, text);
	ck_assert_msg(got == r->want, "%s: %d", r->name, got);
	ck_assert_msg(strcmp(text, r->text) == 0, "%s: %s", r->name, text);
}
END_TEST

/* The longest names there may be fit. */
START_TEST(test_long_names)
{
	char *named[] = { (char *)"a-very-long-pattern-that-nobody-would-"
				  "write-in-earnest-but-somebody-does*" };
	struct config_source config = {
		.name = (char *)"default",
		.interfaces = { named, 1 },
	};
	struct lack_question q = { .config = &config, .ipv4 = true };
	char text[LACK_STRLEN];

	fake_mirror_reset();
	ck_assert_int_eq(lack_find(&q, text), LACK_LINK);
	ck_assert_ptr_nonnull(strstr(text, "does not exist)"));
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("lack");
	TCase *tc = tcase_create("lack");

	tcase_add_loop_test(tc, test_row, 0, SUITE_COUNT(rows));
	tcase_add_test(tc, test_long_names);
	suite_add_tcase(s, tc);
	return s;
}
