#include "config.h"

#include "net/favourite.h"
#include "tests/support/suite.h"

#define S 1000000000ULL

/* What happens at which second; then: who is asked first, if anybody. */
static const struct row {
	const char *name;
	struct { const char *addr; uint16_t port; unsigned int at_s; } heard[3];
	unsigned int now_s;
	const char *first; /* NULL: as they stand */
	uint16_t port;
} rows[] = {
	{ "nothing is known", { { NULL, 0, 0 } }, 10, NULL, 0 },
	{ "who answered", { { "192.0.2.1", 53, 1 } }, 10, "192.0.2.1", 53 },
	{ "who answered last",
	  { { "192.0.2.1", 53, 1 }, { "2001:db8::1", 53, 2 } }, 10,
	  "2001:db8::1", 53 },
	{ "two at one address",
	  { { "192.0.2.1", 53, 1 }, { "192.0.2.1", 5353, 2 } }, 10,
	  "192.0.2.1", 5353 },
	{ "by TCP: not known who", { { "192.0.2.1", 53, 1 }, { "", 0, 2 } },
	  10, "192.0.2.1", 53 },
	{ "for a minute", { { "192.0.2.1", 53, 1 } }, 60, "192.0.2.1", 53 },
	{ "and no longer", { { "192.0.2.1", 53, 1 } }, 61, NULL, 0 },
	{ "not longer either if it goes on",
	  { { "192.0.2.1", 53, 1 }, { "192.0.2.1", 53, 50 } }, 61, NULL, 0 },
	{ "but again after that",
	  { { "192.0.2.1", 53, 1 }, { "192.0.2.1", 53, 70 } }, 80,
	  "192.0.2.1", 53 },
};

START_TEST(test_row)
{
	const struct row *r = &rows[_i];
	struct favourite f = { 0 };
	char text[ADDR_STRLEN];

	for (int i = 0; i < 3 && r->heard[i].addr; i++) {
		struct addr a = { 0 };

		if (r->heard[i].addr[0])
			ck_assert_int_eq(addr_parse(r->heard[i].addr, &a), 0);
		favourite_note(&f, &a, r->heard[i].port, r->heard[i].at_s * S);
	}
	ck_assert_msg(favourite_has(&f, r->now_s * S) == !!r->first, "%s",
		      r->name);
	if (!r->first)
		return;
	ck_assert_str_eq(addr_print(&f.addr, text), r->first);
	ck_assert_uint_eq(f.port, r->port);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("favourite");
	TCase *tc = tcase_create("rows");

	tcase_add_loop_test(tc, test_row, 0, SUITE_COUNT(rows));
	suite_add_tcase(s, tc);
	return s;
}
