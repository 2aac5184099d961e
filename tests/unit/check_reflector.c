#include "config.h"

#include <errno.h>
#include <string.h>

#include "resolver/whoami.h"
#include "tests/support/fake_dns.h"
#include "tests/support/suite.h"

#define L63 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct word {
	const char *text;
	int want;
	const char *operator;
} words[] = {
	{ "dns:google", 0, "google.com" },
	{ "dns:opendns", 0, "opendns.com" },
	{ "dns:cloudflare", 0, "cloudflare.com" },
	{ "dns:akamai", 0, "akamai.com" },
	{ "dns:gogle", -EINVAL, NULL },
	{ "dns:", -EINVAL, NULL },
	{ "google", -EINVAL, NULL },
	{ "", -EINVAL, NULL },
	{ "dns:who.example@192.0.2.1/TXT", 0, "192.0.2.1 port 53" },
	{ "dns:who.example@192.0.2.1:5353/A", 0, "192.0.2.1 port 5353" },
	{ "dns:who.example@[2001:db8::1]:5353/aaaa", 0,
	  "2001:db8::1 port 5353" },
	{ "dns:who.example@2001:db8::1/TXT/CH", 0,
	  "2001:db8::1 port 53" },
	{ "dns:who.example@NS.example/TXT/in", 0, "ns.example" },
	{ "dns:who.example@ns.example:53/TXT", 0, "ns.example" },
	{ "dns:who.example@ns.example", -EINVAL, NULL },
	{ "dns:who.example@/TXT", -EINVAL, NULL },
	{ "dns:@ns.example/TXT", -EINVAL, NULL },
	{ "dns:who.example@ns.example/MX", -EINVAL, NULL },
	{ "dns:who.example@ns.example/", -EINVAL, NULL },
	{ "dns:who.example@ns.example/TXT/HS", -EINVAL, NULL },
	{ "dns:who.example@ns.example/TXT/", -EINVAL, NULL },
	{ "dns:who.example@ns.example/A/CH", -EINVAL, NULL },
	{ "dns:who.example@ns.example:0/A", -EINVAL, NULL },
	{ "dns:who.example@ns.example:65536/A", -EINVAL, NULL },
	{ "dns:who..example@ns.example/A", -EINVAL, NULL },
	{ "dns:who example@ns.example/A", -EINVAL, NULL },
	{ "dns:who.example@ns..example/A", -EINVAL, NULL },
	{ "dns:who.example@a@b/A", -EINVAL, NULL },
	{ "dns:" L63 "a@ns.example/A", -EINVAL, NULL },
	{ "stun:stun.example:3478", 0, "stun.example" },
	{ "stun:stun1.l.Google.com", 0, "google.com" },
	{ "stun:stun.example.co.uk", 0, "example.co.uk" },
	{ "stun:co.uk", 0, "co.uk" },
	{ "stun:a.b.c.stun.example?transport=udp", 0, "stun.example" },
	{ "stun:stun.example:99?transport=tcp", 0, "stun.example" },
	{ "stun-tcp:192.0.2.1", 0, "192.0.2.1 port 3478" },
	{ "stun:[2001:db8::1]:99", 0, "2001:db8::1 port 99" },
	{ "stun:stun.example?transport=sctp", -EINVAL, NULL },
	{ "stun-tcp:stun.example?transport=tcp", -EINVAL, NULL },
	{ "stun:?transport=tcp", -EINVAL, NULL },
	{ "stun:stun.example:0", -EINVAL, NULL },
	{ "stun:stun..example", -EINVAL, NULL },
	{ "stun://stun.example", -EINVAL, NULL },
	{ "stun:", -EINVAL, NULL },
	{ "https://echo.example/", 0, "echo.example" },
	{ "https://v4.echo.example/ip?a=b#/ip", 0, "echo.example" },
	{ "https://echo.example:8443/#/a/0", 0, "echo.example" },
	{ "https://[2001:db8::1]/", 0, "2001:db8::1 port 443" },
	{ "https://echo.example", 0, "echo.example" },
	{ "https://echo.example/#ip", -EINVAL, NULL },
	{ "https://me:secret@echo.example/", -EINVAL, NULL },
	{ "https://echo.example/a b", -EINVAL, NULL },
	{ "https:///", -EINVAL, NULL },
	{ "https://echo.example:x/", -EINVAL, NULL },
	{ "pcp", 0, "router" },
	{ "nat-pmp", 0, "router" },
	{ "natpmp", -EINVAL, NULL },
	{ "http://echo.example/", -EINVAL, NULL },
};

START_TEST(test_word)
{
	struct reflector r = { .port = 99 };
	int rc = reflector_parse(words[_i].text, &r);

	ck_assert_msg(rc == words[_i].want, "%s: %d", words[_i].text, rc);
	if (rc == 0)
		ck_assert_str_eq(reflector_operator(&r), words[_i].operator);
	else
		ck_assert_uint_eq(r.port, 99); /* untouched */
}
END_TEST

static const struct ask_row {
	const char *text;
	int family;
	int want;
	const char *server; /* "none": its host is looked up */
	uint16_t type, port;
} asks[] = {
	{ "dns:google", AF_INET, 0, "216.239.32.10", DNS_TXT, 53 },
	{ "dns:google", AF_INET6, 0, "2001:4860:4802:32::a", DNS_TXT, 53 },
	{ "dns:opendns", AF_INET6, 0, "2620:119:35::35", DNS_AAAA, 53 },
	{ "dns:opendns", AF_INET, 0, "208.67.222.222", DNS_A, 53 },
	{ "dns:akamai", AF_INET6, 0, "none", DNS_AAAA, 53 },
	{ "dns:w.example@192.0.2.1:99/TXT", AF_INET, 0, "192.0.2.1", DNS_TXT,
	  99 },
	{ "dns:w.example@192.0.2.1/TXT", AF_INET6, -EAFNOSUPPORT, NULL, 0, 0 },
	{ "dns:w.example@ns.example/TXT", AF_INET6, 0, "none", DNS_TXT, 53 },
	{ "dns:w.example@ns.example/A", AF_INET6, -EAFNOSUPPORT, NULL, 0, 0 },
	{ "dns:w.example@ns.example/AAAA", AF_INET, -EAFNOSUPPORT, NULL, 0,
	  0 },
	{ "dns:google", AF_UNSPEC, -EAFNOSUPPORT, NULL, 0, 0 },
};

START_TEST(test_ask)
{
	const struct ask_row *row = &asks[_i];
	struct whoami_question q;
	char text[ADDR_STRLEN];
	struct reflector r;
	int rc;

	ck_assert_int_eq(reflector_parse(row->text, &r), 0);
	rc = whoami_ask(&r, row->family, 0, &q);
	ck_assert_msg(rc == row->want, "%s: %d", row->text, rc);
	if (rc < 0)
		return;
	ck_assert_str_eq(addr_print(&q.server, text), row->server);
	ck_assert_uint_eq(q.type, row->type);
	ck_assert_uint_eq(q.port, row->port);
	/* Whatever is drawn, a built-in one has an address to ask. */
	for (uint32_t i = 0; i < 16 && q.server.family; i++) {
		ck_assert_int_eq(whoami_ask(&r, row->family, i, &q), 0);
		ck_assert_int_eq(q.server.family, row->family);
	}
}
END_TEST

static const struct read_row {
	const char *name;
	const char *type;
	const char *candidate;
	struct fake_dns_rule rule;
	int want;
	const char *addr;
} reads[] = {
	{ "the candidate", "TXT", "203.0.114.1",
	  { .flags = FAKE_AA, .records = "an @ 1 TXT 203.0.114.1" },
	  0, "203.0.114.1" },
	{ "another global one", "TXT", "203.0.114.1",
	  { .flags = FAKE_AA, .records = "an @ 1 TXT 203.0.115.1" },
	  0, "203.0.115.1" },
	{ "IPv6", "TXT", "2a00::1",
	  { .flags = FAKE_AA, .records = "an @ 1 TXT 2A00:0::0001" },
	  0, "2a00::1" },
	{ "an A record", "A", "203.0.114.1",
	  { .flags = FAKE_AA, .records = "an @ 1 A 203.0.114.1" },
	  0, "203.0.114.1" },
	{ "a note beside it", "TXT", "203.0.114.1",
	  { .flags = FAKE_AA,
	    .records = "an @ 1 TXT edns0-client-subnet 198.51.100.0/24\n"
		       "an @ 1 TXT 203.0.114.1" },
	  0, "203.0.114.1" },
	{ "a note alone", "TXT", "203.0.114.1",
	  { .flags = FAKE_AA,
	    .records = "an @ 1 TXT edns0-client-subnet 203.0.114.1/32" },
	  -ENOENT, NULL },
	{ "no authority", "TXT", "203.0.114.1",
	  { .flags = FAKE_RA, .records = "an @ 1 TXT 203.0.114.1" },
	  -EPERM, NULL },
	{ "text around it", "TXT", "203.0.114.1",
	  { .flags = FAKE_AA, .records = "an @ 1 TXT you are 203.0.114.1" },
	  -EBADMSG, NULL },
	{ "a prefix", "TXT", "203.0.114.1",
	  { .flags = FAKE_AA, .records = "an @ 1 TXT 203.0.114.1/32" },
	  -EBADMSG, NULL },
	{ "HTML", "TXT", "203.0.114.1",
	  { .flags = FAKE_AA, .records = "an @ 1 TXT <html>" },
	  -EBADMSG, NULL },
	{ "two that differ", "A", "203.0.114.1",
	  { .flags = FAKE_AA,
	    .records = "an @ 1 A 203.0.114.1\nan @ 1 A 203.0.115.1" },
	  -EBADMSG, NULL },
	{ "another name's", "A", "203.0.114.1",
	  { .flags = FAKE_AA, .records = "an x.example 1 A 203.0.114.1" },
	  -ENOENT, NULL },
	{ "nothing", "A", "203.0.114.1", { .flags = FAKE_AA }, -ENOENT, NULL },
	{ "no such name", "A", "203.0.114.1",
	  { .flags = FAKE_AA, .rcode = DNS_NXDOMAIN }, -EREMOTEIO, NULL },
	{ "REFUSED", "A", "203.0.114.1", { .rcode = DNS_REFUSED }, -EREMOTEIO,
	  NULL },
	{ "the other family", "TXT", "203.0.114.1",
	  { .flags = FAKE_AA, .records = "an @ 1 TXT 2a00::1" },
	  -EAFNOSUPPORT, NULL },
	{ "a private address", "TXT", "203.0.114.1",
	  { .flags = FAKE_AA, .records = "an @ 1 TXT 192.168.1.1" },
	  -EPERM, NULL },
	{ "a shared address", "TXT", "203.0.114.1",
	  { .flags = FAKE_AA, .records = "an @ 1 TXT 100.64.0.1" },
	  -EPERM, NULL },
	{ "loopback", "TXT", "203.0.114.1",
	  { .flags = FAKE_AA, .records = "an @ 1 TXT 127.0.0.1" },
	  -EPERM, NULL },
	{ "a private address that is the candidate", "TXT", "192.168.1.1",
	  { .flags = FAKE_AA, .records = "an @ 1 TXT 192.168.1.1" },
	  0, "192.168.1.1" },
	{ "garbled", "TXT", "203.0.114.1",
	  { .flags = FAKE_AA | FAKE_CUT,
	    .records = "an @ 1 TXT 203.0.114.1" },
	  -EBADMSG, NULL },
};

START_TEST(test_read)
{
	const struct read_row *row = &reads[_i];
	struct whoami_question q = {
		.name = "who.example", .class = DNS_IN,
		.type = strcmp(row->type, "A") == 0 ? DNS_A : DNS_TXT,
	};
	uint8_t query[DNS_QUERY_SIZE], data[2048];
	struct whoami_message m = { query, 0, data, 0 };
	struct addr candidate, got = { 0 };
	char why[REFLECTOR_WHY_SIZE] = "", text[ADDR_STRLEN];
	int rc;

	m.query_len = (size_t)dns_query_build(q.name, q.type, q.class, 7,
					      false, true, 0x33, query);
	m.len = fake_dns_build(&row->rule, query, data, sizeof(data));
	ck_assert_int_eq(addr_parse(row->candidate, &candidate), 0);
	rc = whoami_read(&q, &m, &got, why);
	if (rc == 0)
		rc = reflector_judge(&got, &candidate, why);
	ck_assert_msg(rc == row->want, "%s: %d (%s)", row->name, rc, why);
	if (rc == 0)
		ck_assert_str_eq(addr_print(&got, text), row->addr);
	else
		ck_assert_str_ne(why, "");
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("reflector");
	TCase *tc = tcase_create("rows");

	tcase_add_loop_test(tc, test_word, 0, SUITE_COUNT(words));
	tcase_add_loop_test(tc, test_ask, 0, SUITE_COUNT(asks));
	tcase_add_loop_test(tc, test_read, 0, SUITE_COUNT(reads));
	suite_add_tcase(s, tc);
	return s;
}
