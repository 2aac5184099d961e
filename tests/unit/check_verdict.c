#include "config.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "net/dns_msg.h"
#include "resolver/resolver.h"
#include "tests/support/suite.h"

#define SERVERS_MOST 4
#define ADDRS_MOST   4

/*
 * A server in one word: its addresses with commas; "-" absent; "C" an alias;
 * "I" intercepted, "L" lame, "S" silent.
 */
static const struct row {
	const char *name;
	const char *servers[SERVERS_MOST];
	const char *wanted;
	int status;
	enum resolver_verdict want;
	bool shared;
} rows[] = {
	{ "shared, with another's", { "1,2" }, "1", 0, RESOLVER_RIGHT, true },
	{ "shared, alone", { "1", "1" }, "1", 0, RESOLVER_RIGHT, true },
	{ "shared, not there", { "2" }, "1", 0, RESOLVER_DIFFERS, true },
	{ "shared, one of two wanted", { "1,3" }, "1,2", 0, RESOLVER_DIFFERS,
	  true },
	{ "shared, not everywhere", { "1,2", "2" }, "1", 0,
	  RESOLVER_PROPAGATING, true },
	{ "shared, nothing of ours", { "2" }, "-", 0, RESOLVER_RIGHT, true },
	{ "all right", { "1", "1" }, "1", 0, RESOLVER_RIGHT },
	{ "order does not count", { "1,2", "2,1" }, "2,1", 0, RESOLVER_RIGHT },
	{ "nothing wanted, nothing there", { "-", "-" }, "-", 0,
	  RESOLVER_RIGHT },
	{ "one of two", { "1", "2" }, "1", 0, RESOLVER_PROPAGATING },
	{ "one absent still", { "1", "-" }, "1", 0, RESOLVER_PROPAGATING },
	{ "none of two", { "3", "2" }, "1", 0, RESOLVER_DIFFERS },
	{ "absent", { "-", "-" }, "1", 0, RESOLVER_DIFFERS },
	{ "there, but unwanted", { "1" }, "-", 0, RESOLVER_DIFFERS },
	{ "one too many", { "1,2" }, "1", 0, RESOLVER_DIFFERS },
	{ "one too few", { "1" }, "1,2", 0, RESOLVER_DIFFERS },
	{ "the silent have no vote", { "1", "S" }, "1", 0, RESOLVER_RIGHT },
	{ "the lame have no vote", { "1", "L" }, "1", 0, RESOLVER_RIGHT },
	{ "who intercepts has no vote", { "1", "I" }, "2", 0,
	  RESOLVER_DIFFERS },
	{ "... not even a right one", { "I" }, "1", 0, RESOLVER_UNKNOWN },
	{ "nobody answered", { "S", "S", "L" }, "1", 0, RESOLVER_UNKNOWN },
	{ "nobody answered is not absent", { "S" }, "-", 0, RESOLVER_UNKNOWN },
	{ "no servers", { NULL }, "1", 0, RESOLVER_UNKNOWN },
	{ "no zone", { NULL }, "-", -ENOENT, RESOLVER_UNKNOWN },
	{ "an alias", { "C", "C" }, "1", 0, RESOLVER_ALIAS },
	{ "an alias, the rest silent", { "C", "S" }, "1", 0, RESOLVER_ALIAS },
	{ "an alias on its way in", { "C", "1" }, "1", 0,
	  RESOLVER_PROPAGATING },
	{ "an alias on its way out", { "C", "2" }, "1", 0, RESOLVER_DIFFERS },
	{ "an alias where nothing is wanted", { "C" }, "-", 0,
	  RESOLVER_ALIAS },
};

static size_t addrs_of(const char *word, struct addr *out)
{
	size_t n = 0;

	for (; *word; word++)
		if (*word >= '0' && *word <= '9')
			out[n++] = (struct addr){
				.family = AF_INET,
				.bytes = { 192, 0, 2, (uint8_t)*word },
			};
	return n;
}

static enum resolver_outcome outcome_of(char c)
{
	switch (c) {
	case 'C':
		return RESOLVER_CNAME;
	case 'I':
		return RESOLVER_INTERCEPTED;
	case 'L':
		return RESOLVER_LAME;
	case 'S':
		return RESOLVER_SILENT;
	default:
		return RESOLVER_ANSWERED;
	}
}

START_TEST(test_row)
{
	const struct row *r = &rows[_i];
	struct addr addrs[SERVERS_MOST][ADDRS_MOST], wanted[ADDRS_MOST];
	struct resolver_server servers[SERVERS_MOST] = { 0 };
	struct resolver_answer a = { .status = r->status, .servers = servers };
	size_t n_wanted = addrs_of(r->wanted, wanted);
	enum resolver_verdict got;

	for (size_t i = 0; i < SERVERS_MOST && r->servers[i]; i++) {
		servers[i].outcome = outcome_of(r->servers[i][0]);
		servers[i].addrs = addrs[i];
		servers[i].n_addrs = addrs_of(r->servers[i], addrs[i]);
		a.n_servers++;
	}
	/* What one who intercepts says is the wanted: it must not matter. */
	for (size_t i = 0; i < a.n_servers; i++)
		if (servers[i].outcome == RESOLVER_INTERCEPTED) {
			servers[i].addrs = wanted;
			servers[i].n_addrs = n_wanted;
		}
	got = r->shared ? resolver_verdict_shared(&a, wanted, n_wanted)
			: resolver_verdict(&a, wanted, n_wanted);
	ck_assert_msg(got == r->want, "%s: %d, not %d", r->name, (int)got,
		      (int)r->want);
}
END_TEST

static const struct print_row {
	struct resolver_server server;
	const char *addr;
	const char *addrs;
	const char *want;
} prints[] = {
	{ { .name = "ns1.example", .port = 53 }, "192.0.2.53", "1,2",
	  "ns1.example (192.0.2.53): 192.0.2.49, 192.0.2.50" },
	{ { .name = "ns1.example", .port = 5353 }, "192.0.2.53", "-",
	  "ns1.example (192.0.2.53:5353): absent" },
	{ { .name = "ns1.example", .port = 5353 }, "2001:db8::53", "-",
	  "ns1.example ([2001:db8::53]:5353): absent" },
	{ { .name = "192.0.2.53", .port = 53 }, "192.0.2.53", "-",
	  "192.0.2.53: absent" },
	{ { .name = "ns1.example", .port = 53, .outcome = RESOLVER_LAME,
	    .rcode = DNS_REFUSED }, "192.0.2.53", "",
	  "ns1.example (192.0.2.53): REFUSED" },
	{ { .name = "ns1.example", .port = 53, .outcome = RESOLVER_LAME },
	  "192.0.2.53", "",
	  "ns1.example (192.0.2.53): does not hold the zone" },
	{ { .name = "ns1.example", .port = 53, .outcome = RESOLVER_CNAME,
	    .cname = "www.example" }, "192.0.2.53", "",
	  "ns1.example (192.0.2.53): an alias of www.example" },
	{ { .name = "ns1.example", .port = 53, .outcome = RESOLVER_SILENT,
	    .error = -ETIMEDOUT }, "192.0.2.53", "",
	  "ns1.example (192.0.2.53): no answer (timed out)" },
	{ { .name = "ns1.example", .port = 53,
	    .outcome = RESOLVER_INTERCEPTED }, "192.0.2.53", "1",
	  "ns1.example (192.0.2.53): answered without authority: "
	  "intercepted? (192.0.2.49)" },
	{ { .name = "resolver", .port = 53 }, NULL, "1",
	  "resolver: 192.0.2.49" },
};

START_TEST(test_print)
{
	struct resolver_server s = prints[_i].server;
	struct addr addrs[ADDRS_MOST];
	char out[128], tiny[8];

	s.addrs = addrs;
	s.n_addrs = addrs_of(prints[_i].addrs, addrs);
	if (prints[_i].addr)
		ck_assert_int_eq(addr_parse(prints[_i].addr, &s.addr), 0);
	ck_assert_str_eq(resolver_server_print(&s, out, sizeof(out)),
			 prints[_i].want);
	for (size_t size = 1; size <= sizeof(tiny); size++) {
		(void)resolver_server_print(&s, tiny, size);
		ck_assert_uint_lt(strlen(tiny), size);
	}
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("verdict");
	TCase *tc = tcase_create("rows");

	tcase_add_loop_test(tc, test_row, 0, SUITE_COUNT(rows));
	tcase_add_loop_test(tc, test_print, 0, SUITE_COUNT(prints));
	suite_add_tcase(s, tc);
	return s;
}
