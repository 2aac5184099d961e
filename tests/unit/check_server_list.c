#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <ares.h>

#include "net/server_list.h"
#include "tests/support/suite.h"

static const struct join {
	const char *servers[3];
	int status;
	const char *text; /* NULL: none */
} joins[] = {
	{ { NULL }, 0, NULL },
	{ { "192.0.2.1" }, 0, "192.0.2.1:53" },
	{ { "[2001:db8::1]:5353", "192.0.2.1:54", "2001:db8::2" }, 0,
	  "[2001:db8::1]:5353,192.0.2.1:54,[2001:db8::2]:53" },
	{ { "192.0.2.1", "ns.example" }, -EINVAL, NULL },
	{ { "192.0.2.1:0" }, -EINVAL, NULL },
};

START_TEST(test_join)
{
	const struct join *j = &joins[_i];
	char untouched, *text = &untouched;
	size_t n = 0;
	int r;

	while (n < 3 && j->servers[n])
		n++;
	r = server_list_join(j->servers, n, &text);
	ck_assert_int_eq(r, j->status);
	if (r < 0) {
		ck_assert_ptr_eq(text, &untouched);
		return;
	}
	if (j->text)
		ck_assert_str_eq(text, j->text);
	else
		ck_assert_ptr_null(text);
	free(text);
}
END_TEST

static const struct prefer {
	const char *name;
	struct { const char *addr; int port; } list[3];
	const char *first;
	uint16_t port;
	int status;
	const char *text;
} prefers[] = {
	{ "the second", { { "192.0.2.1", 0 }, { "192.0.2.2", 53 } },
	  "192.0.2.2", 53, 0, "192.0.2.2:53,192.0.2.1:53" },
	{ "the first already", { { "192.0.2.1", 0 }, { "192.0.2.2", 0 } },
	  "192.0.2.1", 53, 0, "192.0.2.1:53,192.0.2.2:53" },
	{ "the last of three families and ports",
	  { { "2001:db8::1", 0 }, { "192.0.2.1", 54 }, { "192.0.2.1", 0 } },
	  "192.0.2.1", 53, 0, "192.0.2.1:53,[2001:db8::1]:53,192.0.2.1:54" },
	{ "not one of them", { { "192.0.2.1", 0 } }, "192.0.2.1", 54,
	  -ENOENT, NULL },
	{ "of none", { { NULL, 0 } }, "192.0.2.1", 53, -ENOENT, NULL },
	{ "beside a link-local one", { { "fe80::1", 0 }, { "192.0.2.1", 0 } },
	  "192.0.2.1", 53, -ENOENT, NULL },
};

START_TEST(test_prefer)
{
	const struct prefer *p = &prefers[_i];
	struct ares_addr_port_node nodes[3] = { 0 };
	char untouched, *text = &untouched;
	struct addr first;
	size_t n = 0;
	int r;

	for (; n < 3 && p->list[n].addr; n++) {
		nodes[n].family = strchr(p->list[n].addr, ':') ? AF_INET6
							       : AF_INET;
		nodes[n].udp_port = p->list[n].port;
		ck_assert_int_eq(inet_pton(nodes[n].family, p->list[n].addr,
					   &nodes[n].addr), 1);
		if (n > 0)
			nodes[n - 1].next = &nodes[n];
	}
	ck_assert_int_eq(addr_parse(p->first, &first), 0);
	r = server_list_prefer(n > 0 ? nodes : NULL, &first, p->port, &text);
	ck_assert_msg(r == p->status, "%s: %d", p->name, r);
	if (r < 0) {
		ck_assert_ptr_eq(text, &untouched);
		return;
	}
	ck_assert_msg(strcmp(text, p->text) == 0, "%s: %s", p->name, text);
	free(text);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("server_list");
	TCase *tc = tcase_create("rows");

	tcase_add_loop_test(tc, test_join, 0, SUITE_COUNT(joins));
	tcase_add_loop_test(tc, test_prefer, 0, SUITE_COUNT(prefers));
	suite_add_tcase(s, tc);
	return s;
}
