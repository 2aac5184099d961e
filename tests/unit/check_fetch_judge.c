#include "config.h"

#include <errno.h>
#include <string.h>

#include "notify/desk/fetch_judge.h"
#include "tests/support/suite.h"

#define DOCUMENT "<!DOCTYPE html><html><body>203.0.113.7</body></html>"

static const struct row {
	const char *name;
	const char *body;
	const char *pointer;
	int want;
	const char *addr;
	unsigned int status; /* 0: 200 */
	size_t len;	     /* 0: the body's */
	bool six;
} rows[] = {
	{ "an address", "5.6.7.9", NULL, 0, "5.6.7.9", 0, 0, false },
	{ "with a line end", "5.6.7.9\r\n", NULL, 0, "5.6.7.9", 0, 0, false },
	{ "IPv6", "\n 2A00:0::0001 ", NULL, 0, "2a00::1", 0, 0, true },
	{ "JSON", "{\"ip\":\"5.6.7.9\"}", "/ip", 0, "5.6.7.9", 0, 0, false },
	{ "deep in JSON", "{\"a\":[{},{\"b/c~\":\"5.6.7.9\"}]}",
	  "/a/1/b~1c~0", 0, "5.6.7.9", 0, 0, false },
	{ "a JSON string alone is one by no pointer", "\"5.6.7.9\"", NULL,
	  -EBADMSG, NULL, 0, 0, false },
	{ "the other family", "2a00::1", NULL, -EBADMSG, NULL, 0, 0, false },
	{ "HTML", DOCUMENT, NULL, -EBADMSG, NULL, 0, 0, false },
	{ "words around it", "Your IP is 5.6.7.9", NULL, -EBADMSG, NULL, 0, 0,
	  false },
	{ "two of them", "5.6.7.9 5.6.7.8", NULL, -EBADMSG, NULL, 0, 0,
	  false },
	{ "a prefix", "5.6.7.9/32", NULL, -EBADMSG, NULL, 0, 0, false },
	{ "short form", "5.6.7", NULL, -EBADMSG, NULL, 0, 0, false },
	{ "a NUL in it", "5.6.7.9\0x", NULL, -EBADMSG, NULL, 0, 9, false },
	{ "nothing", "", NULL, -EBADMSG, NULL, 0, 0, false },
	{ "not found", "5.6.7.9", NULL, -EBADMSG, NULL, 404, 0, false },
	{ "created", "5.6.7.9", NULL, -EBADMSG, NULL, 201, 0, false },
	{ "too long", NULL, NULL, -EBADMSG, NULL, 0, FETCH_BODY_MAX + 1,
	  false },
	{ "no JSON", "5.6.7.9", "/ip", -EBADMSG, NULL, 0, 0, false },
	{ "JSON twice", "{\"ip\":\"5.6.7.9\",\"ip\":\"5.6.7.8\"}", "/ip",
	  -EBADMSG, NULL, 0, 0, false },
	{ "no such member", "{\"ip\":\"5.6.7.9\"}", "/address", -EBADMSG,
	  NULL, 0, 0, false },
	{ "a number", "{\"ip\":5}", "/ip", -EBADMSG, NULL, 0, 0, false },
	{ "below a string", "{\"ip\":\"5.6.7.9\"}", "/ip/x", -EBADMSG, NULL,
	  0, 0, false },
	{ "past the end of an array", "[\"5.6.7.9\"]", "/1", -EBADMSG, NULL,
	  0, 0, false },
	{ "other text in JSON", "{\"ip\":\"unknown\"}", "/ip", -EBADMSG, NULL,
	  0, 0, false },
};

START_TEST(test_row)
{
	static const char blank[FETCH_BODY_MAX + 1];
	const struct row *r = &rows[_i];
	const struct fetch_answer a = {
		.status = r->status ? r->status : 200,
		.body = r->body ? r->body : blank,
		.len = r->len ? r->len : strlen(r->body),
		.pointer = r->pointer,
		.family = r->six ? AF_INET6 : AF_INET,
	};
	struct addr got = { .family = 99 };
	char why[FETCH_WHY_SIZE] = "", text[ADDR_STRLEN];
	int rc = fetch_judge(&a, &got, why);

	ck_assert_msg(rc == r->want, "%s: %d (%s)", r->name, rc, why);
	if (rc == 0) {
		ck_assert_str_eq(addr_print(&got, text), r->addr);
		return;
	}
	ck_assert_uint_eq(got.family, 99); /* untouched */
	ck_assert_str_ne(why, "");
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("fetch_judge");
	TCase *tc = tcase_create("rows");

	tcase_add_loop_test(tc, test_row, 0, SUITE_COUNT(rows));
	suite_add_tcase(s, tc);
	return s;
}
