#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/dns_msg.h"
#include "tests/support/suite.h"

#define L63 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

/* ---- questions ---- */

static const struct query_row {
	const char *name;
	int want; /* the length of the message, or -errno */
} queries[] = {
	{ "home.example", 12 + 14 + 4 + 11 },
	{ "home.example.", 12 + 14 + 4 + 11 },
	{ "", 12 + 1 + 4 + 11 },
	{ ".", 12 + 1 + 4 + 11 },
	{ "*.example", 12 + 11 + 4 + 11 },
	{ "a..example", -EINVAL },
	{ ".example", -EINVAL },
	{ "..", -EINVAL },
	{ L63 ".example", 12 + 64 + 9 + 4 + 11 },
	{ L63 "a.example", -EINVAL },
	{ L63 "." L63 "." L63 "." L63, -EINVAL },
	/* 255 bytes on the wire, the most there may be; then one more */
	{ L63 "." L63 "." L63 "."
	  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	  12 + 255 + 4 + 11 },
	{ L63 "." L63 "." L63 "."
	  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	  -EINVAL },
};

START_TEST(test_query)
{
	const struct query_row *r = &queries[_i];
	uint8_t out[DNS_QUERY_SIZE];
	int n = dns_query_build(r->name, DNS_A, DNS_IN, 0x1234, false, false,
				0, out);

	ck_assert_msg(n == r->want, "\"%s\": %d, not %d", r->name, n, r->want);
}
END_TEST

START_TEST(test_query_bytes)
{
	static const uint8_t want[] = {
		0x12, 0x34, 0x01, 0x00, 0, 1, 0, 0, 0, 0, 0, 1,
		2, 'a', 'b', 1, 'c', 0, 0, 28, 0, 1,
		0, 0, 41, 0x04, 0xd0, 0, 0, 0, 0, 0, 0,
	};
	uint8_t out[DNS_QUERY_SIZE];
	int n = dns_query_build("ab.c", DNS_AAAA, DNS_IN, 0x1234, true, false,
				0, out);

	ck_assert_int_eq(n, sizeof(want));
	ck_assert_mem_eq(out, want, sizeof(want));
	/* 0x20: each letter by its bit */
	n = dns_query_build("ab.c", DNS_AAAA, DNS_IN, 0x1234, true, true, 5,
			    out);
	ck_assert_int_eq(n, sizeof(want));
	ck_assert_mem_eq(out + 12, "\2Ab\1C\0", 6);
}
END_TEST

/* ---- answers, written as text of bytes; \xc0\x0c is the name asked ---- */

#define HEAD(flags, an, au, ar)                                                \
	"\x12\x34" flags "\0\1\0" an "\0" au "\0" ar                           \
	"\4home\7example\0\0\1\0\1"
#define AA   "\x84\x00"
#define SIZE(text) sizeof(text) - 1
#define BYTES(text) text, SIZE(text)

static const struct open_row {
	const char *name;
	const char *data;
	size_t len;
	int want;
} opens[] = {
	{ "an answer", BYTES(HEAD(AA, "\0", "\0", "\0")), 0 },
	{ "nothing", BYTES(""), -EBADMSG },
	{ "half a header", BYTES("\x12\x34\x84\0\0\1\0\0"), -EBADMSG },
	{ "another id", BYTES("\x12\x35\x84\0\0\1\0\0\0\0\0\0"
			      "\4home\7example\0\0\1\0\1"), -EBADMSG },
	{ "a query", BYTES(HEAD("\x04\x00", "\0", "\0", "\0")), -EBADMSG },
	{ "an UPDATE's answer", BYTES(HEAD("\xac\x00", "\0", "\0", "\0")),
	  -EBADMSG },
	{ "the question in another case",
	  BYTES("\x12\x34\x84\0\0\1\0\0\0\0\0\0\4Home\7example\0\0\1\0\1"),
	  -EBADMSG },
	{ "another type", BYTES("\x12\x34\x84\0\0\1\0\0\0\0\0\0"
				"\4home\7example\0\0\x1c\0\1"), -EBADMSG },
	{ "another class", BYTES("\x12\x34\x84\0\0\1\0\0\0\0\0\0"
				 "\4home\7example\0\0\1\0\3"), -EBADMSG },
	{ "the question cut short", BYTES("\x12\x34\x84\0\0\1\0\0\0\0\0\0"
					  "\4home\7example\0\0\1\0"),
	  -EBADMSG },
	{ "two questions", BYTES("\x12\x34\x84\0\0\2\0\0\0\0\0\0"
				 "\4home\7example\0\0\1\0\1"
				 "\4home\7example\0\0\1\0\1"), -EBADMSG },
	{ "no question, NOERROR",
	  BYTES("\x12\x34\x84\0\0\0\0\0\0\0\0\0"), -EBADMSG },
	{ "no question, NXDOMAIN",
	  BYTES("\x12\x34\x84\3\0\0\0\0\0\0\0\0"), -EBADMSG },
	{ "no question, FORMERR", BYTES("\x12\x34\x80\1\0\0\0\0\0\0\0\0"), 0 },
	{ "no question, REFUSED", BYTES("\x12\x34\x80\5\0\0\0\0\0\0\0\0"), 0 },
};

static size_t ask_home(uint8_t query[DNS_QUERY_SIZE])
{
	return (size_t)dns_query_build("home.example", DNS_A, DNS_IN, 0x1234,
				       false, false, 0, query);
}

START_TEST(test_open)
{
	const struct open_row *r = &opens[_i];
	uint8_t query[DNS_QUERY_SIZE];
	size_t n = ask_home(query);
	struct dns_answer a = { .id = 7 };
	int rc = dns_answer_open(query, n, (const uint8_t *)r->data, r->len,
				 &a);

	ck_assert_msg(rc == r->want, "%s: %d, not %d", r->name, rc, r->want);
	ck_assert_uint_eq(a.id, rc == 0 ? 0x1234 : 7);
}
END_TEST

/* What the records of an answer come to. */
static const struct record_row {
	const char *name;
	const char *data;
	size_t len;
	int want; /* of the last call: 0 all were read, or -EBADMSG */
	unsigned int n;
	const char *last; /* "NAME TTL VALUE" of the last one read */
} records[] = {
	{ "an address",
	  BYTES(HEAD(AA, "\1", "\0", "\0")
		"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\1"),
	  0, 1, "home.example 60 192.0.2.1" },
	{ "an address of five bytes",
	  BYTES(HEAD(AA, "\1", "\0", "\0")
		"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\5\xc0\0\2\1\1"),
	  -EBADMSG, 0, NULL },
	{ "an alias, pointing into the question",
	  BYTES(HEAD(AA, "\1", "\0", "\0")
		"\xc0\x0c\0\5\0\1\0\0\0\x3c\0\6\3WWW\xc0\x11"),
	  0, 1, "home.example 60 www.example" },
	{ "a target that does not fill its rdata",
	  BYTES(HEAD(AA, "\1", "\0", "\0")
		"\xc0\x0c\0\5\0\1\0\0\0\x3c\0\7\3www\xc0\x11x"),
	  -EBADMSG, 0, NULL },
	{ "a target that leaves its rdata",
	  BYTES(HEAD(AA, "\1", "\0", "\0")
		"\xc0\x0c\0\5\0\1\0\0\0\x3c\0\4\3www\xc0\x11"),
	  -EBADMSG, 0, NULL },
	{ "a pointer to itself",
	  BYTES(HEAD(AA, "\1", "\0", "\0") "\xc0\x1e\0\1\0\1\0\0\0\1\0\4AAAA"),
	  -EBADMSG, 0, NULL },
	{ "a pointer forward",
	  BYTES(HEAD(AA, "\1", "\0", "\0")
		"\xc0\x28\0\1\0\1\0\0\0\1\0\4AAAA\1a\0"),
	  -EBADMSG, 0, NULL },
	{ "a pointer past the end",
	  BYTES(HEAD(AA, "\1", "\0", "\0") "\xff\xff\0\1\0\1\0\0\0\1\0\4AAAA"),
	  -EBADMSG, 0, NULL },
	{ "a pointer into the header is only bytes",
	  BYTES(HEAD(AA, "\1", "\0", "\0") "\xc0\x04\0\1\0\1\0\0\0\1\0\4AAAA"),
	  0, 1, " 1 65.65.65.65" },
	{ "a label type of 0x40",
	  BYTES(HEAD(AA, "\1", "\0", "\0") "\x41""a\0\0\1\0\1\0\0\0\1\0\4AAAA"),
	  -EBADMSG, 0, NULL },
	{ "a dot and a bell in a label are neither",
	  BYTES(HEAD(AA, "\1", "\0", "\0")
		"\5a.b\7c\0\0\1\0\1\0\0\0\1\0\4AAAA"),
	  0, 1, "a?b?c 1 65.65.65.65" },
	{ "more records claimed than there are",
	  BYTES(HEAD(AA, "\2", "\0", "\0")
		"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\1"),
	  -EBADMSG, 1, "home.example 60 192.0.2.1" },
	{ "rdata longer than the message",
	  BYTES(HEAD(AA, "\1", "\0", "\0") "\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4AAA"),
	  -EBADMSG, 0, NULL },
	{ "a TTL with its top bit set is 0",
	  BYTES(HEAD(AA, "\1", "\0", "\0")
		"\xc0\x0c\0\1\0\1\x80\0\0\x3c\0\4\xc0\0\2\1"),
	  0, 1, "home.example 0 192.0.2.1" },
	{ "a SOA",
	  BYTES(HEAD(AA, "\0", "\1", "\0")
		"\xc0\x11\0\6\0\1\0\0\1\x2c\0\x1b\2ns\xc0\x11\xc0\x0c"
		"\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0\x09"),
	  0, 1, "example 300 ns.example min 9" },
	{ "a SOA cut short",
	  BYTES(HEAD(AA, "\0", "\1", "\0")
		"\xc0\x11\0\6\0\1\0\0\1\x2c\0\x1a\2ns\xc0\x11\xc0\x0c"
		"\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0"),
	  -EBADMSG, 0, NULL },
	{ "two strings of a TXT are joined, a NUL is none",
	  BYTES(HEAD(AA, "\1", "\0", "\0")
		"\xc0\x0c\0\x10\0\1\0\0\0\1\0\6\2ab\2c\0"),
	  0, 1, "home.example 1 abc?" },
	{ "a string that leaves its TXT",
	  BYTES(HEAD(AA, "\1", "\0", "\0")
		"\xc0\x0c\0\x10\0\1\0\0\0\1\0\4\4abcd"),
	  -EBADMSG, 0, NULL },
	{ "a type that we do not know is passed on",
	  BYTES(HEAD(AA, "\1", "\0", "\0") "\xc0\x0c\1\1\0\1\0\0\0\1\0\3xyz"),
	  0, 1, "home.example 1 " },
	{ "sections in their order",
	  BYTES(HEAD(AA, "\1", "\0", "\1")
		"\xc0\x0c\0\1\0\1\0\0\0\1\0\4AAAA"
		"\xc0\x0c\0\1\0\1\0\0\0\2\0\4AAAA"),
	  0, 2, "home.example 2 65.65.65.65" },
};

static void describe(const struct dns_record *rec, char *out, size_t size)
{
	char addr[ADDR_STRLEN];

	(void)snprintf(out, size, "%s %u %s%s", rec->name, rec->ttl_s,
		       rec->addr.family ? addr_print(&rec->addr, addr) : "",
		       rec->addr.family ? "" : rec->target);
	if (rec->type == DNS_SOA)
		(void)snprintf(out + strlen(out), size - strlen(out),
			       " min %u", rec->minimum_s);
	if (rec->type == DNS_TXT)
		(void)snprintf(out + strlen(out), size - strlen(out), "%s",
			       rec->text);
}

START_TEST(test_records)
{
	const struct record_row *r = &records[_i];
	uint8_t query[DNS_QUERY_SIZE], *copy = malloc(r->len);
	size_t qlen = ask_home(query);
	struct dns_record rec;
	struct dns_answer a;
	char last[1024] = "";
	unsigned int n = 0;
	int rc;

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, r->data, r->len);
	ck_assert_int_eq(dns_answer_open(query, qlen, copy, r->len, &a), 0);
	while ((rc = dns_answer_next(&a, &rec)) == 1) {
		describe(&rec, last, sizeof(last));
		n++;
	}
	ck_assert_msg(rc == r->want, "%s: %d, not %d", r->name, rc, r->want);
	ck_assert_msg(n == r->n, "%s: %u records", r->name, n);
	if (r->last)
		ck_assert_msg(strcmp(last, r->last) == 0, "%s: %s", r->name,
			      last);
	free(copy);
}
END_TEST

START_TEST(test_flags)
{
	static const char data[] = "\x12\x34\x86\x85\0\1\0\0\0\0\0\1"
				   "\4home\7example\0\0\1\0\1"
				   "\0\0\x29\4\xd0\1\0\0\0\0\0";
	uint8_t query[DNS_QUERY_SIZE];
	size_t n = ask_home(query);
	struct dns_record rec;
	struct dns_answer a;

	ck_assert_int_eq(dns_answer_open(query, n, (const uint8_t *)data,
					 sizeof(data) - 1, &a), 0);
	ck_assert(a.aa && a.tc && a.ra);
	ck_assert_uint_eq(a.rcode, DNS_REFUSED);
	ck_assert_int_eq(dns_answer_next(&a, &rec), 1);
	ck_assert_uint_eq(a.rcode, 16 + DNS_REFUSED); /* the OPT's upper bits */
	ck_assert_str_eq(dns_rcode_name(DNS_REFUSED), "REFUSED");
	ck_assert(dns_name_equal("Home.Example", "home.eXample"));
	ck_assert(!dns_name_equal("home.example", "home.exampl"));
}
END_TEST

/* What is asked is what is read: through every name of the query rows. */
START_TEST(test_round_trip)
{
	uint8_t query[DNS_QUERY_SIZE];
	struct dns_answer a;
	int n = dns_query_build(queries[_i].name, DNS_A, DNS_IN, 1, false,
				true, 0xdeadbeef, query);
	struct dns_record rec;
	uint8_t answer[DNS_QUERY_SIZE];

	if (n < 0)
		return;
	memcpy(answer, query, (size_t)n);
	answer[2] |= 0x80;
	ck_assert_int_eq(dns_answer_open(query, (size_t)n, answer, (size_t)n,
					 &a), 0);
	ck_assert_int_eq(dns_answer_next(&a, &rec), 1);
	ck_assert_uint_eq(rec.type, DNS_OPT);
	ck_assert_uint_eq(rec.class, 1232);
	ck_assert_int_eq(dns_answer_next(&a, &rec), 0);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("dns_msg");
	TCase *tc = tcase_create("messages");

	tcase_add_loop_test(tc, test_query, 0, SUITE_COUNT(queries));
	tcase_add_test(tc, test_query_bytes);
	tcase_add_loop_test(tc, test_open, 0, SUITE_COUNT(opens));
	tcase_add_loop_test(tc, test_records, 0, SUITE_COUNT(records));
	tcase_add_test(tc, test_flags);
	tcase_add_loop_test(tc, test_round_trip, 0, SUITE_COUNT(queries));
	suite_add_tcase(s, tc);
	return s;
}
