#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "notify/rfc2136/owner.h"
#include "tests/support/suite.h"

#define NOW 1900000000
#define TEXT_MAX 4096

static const struct mark_row {
	const char *text;
	const char *owner; /* "": no mark */
	const char *addr;
	int64_t until_s;
} mark_rows[] = {
	{ "v=evddns1 owner=gw1 ipv4=192.0.2.7", "gw1", "192.0.2.7", 0 },
	{ "v=evddns1 owner=gw1 ipv6=2001:db8::7 until=1900000300", "gw1",
	  "2001:db8::7", 1900000300 },
	{ "v=evddns1 ipv4=192.0.2.7 owner=a.b-c_d", "a.b-c_d", "192.0.2.7",
	  0 },
	{ "v=evddns1 owner=gw1 ipv4=192.0.2.7 colour=blue", "gw1",
	  "192.0.2.7", 0 },
	{ "v=evddns2 owner=gw1 ipv4=192.0.2.7", "", NULL, 0 },
	{ "owner=gw1 ipv4=192.0.2.7", "", NULL, 0 },
	{ "v=evddns1 owner=gw1", "", NULL, 0 },
	{ "v=evddns1 ipv4=192.0.2.7", "", NULL, 0 },
	{ "v=evddns1 owner=g/1 ipv4=192.0.2.7", "", NULL, 0 },
	{ "v=evddns1 owner=gw1 ipv4=2001:db8::7", "", NULL, 0 },
	{ "v=evddns1 owner=gw1 ipv4=192.0.2.7 ipv4=192.0.2.8", "", NULL, 0 },
	{ "v=evddns1 owner=gw1 ipv4=192.0.2.7 until=x", "", NULL, 0 },
	{ "v=evddns1 owner=gw1 ipv4=192.0.2.7 until=-5", "", NULL, 0 },
	{ "v=evddns1 owner=gw1 ipv4=192.0.2.7 until=99999999999999999999",
	  "", NULL, 0 },
	{ "v=spf1 -all", "", NULL, 0 },
	{ "v=evddns1 owner", "", NULL, 0 },
	{ "", "", NULL, 0 },
};

static struct owner_mark mark(const char *text)
{
	uint8_t data[OWNER_DATA_MAX];
	struct owner_mark m;
	size_t len = strlen(text);

	data[0] = (uint8_t)len;
	memcpy(data + 1, text, len);
	owner_mark_read(data, len + 1, &m);
	return m;
}

START_TEST(test_mark)
{
	const struct mark_row *r = &mark_rows[_i];
	struct owner_mark m = mark(r->text);
	char text[ADDR_STRLEN];

	ck_assert_msg(strcmp(m.owner, r->owner) == 0, "%s: %s", r->text,
		      m.owner);
	ck_assert_uint_eq(m.len, strlen(r->text) + 1);
	if (!r->addr)
		return;
	ck_assert_str_eq(addr_print(&m.addr, text), r->addr);
	ck_assert(m.until_s == r->until_s);
}
END_TEST

#define GW1 "v=evddns1 owner=gw1 "
#define GW2 "v=evddns1 owner=gw2 "
#define PAST "until=1899999999"
#define FUTURE "until=1900000100"

/* What the owner gw1 makes of "home.example.org". */
static const struct row {
	const char *name;
	const char *ipv4, *was; /* NULL: not given */
	uint32_t expire_s;
	bool alone;
	const char *marks[4];
	const char *removed;  /* IPv4 values deleted */
	const char *records;  /* "+": added, "-": deleted, "=": compared */
} rows[] = {
	{ "the first", "192.0.2.1", NULL, 0, false, { NULL }, "",
	  "+" GW1 "ipv4=192.0.2.1\n" },
	{ "a change that the job knows", "192.0.2.2", "192.0.2.1", 0, false,
	  { NULL }, "192.0.2.1 ", "+" GW1 "ipv4=192.0.2.2\n" },
	{ "a change that the mark knows", "192.0.2.2", NULL, 0, false,
	  { GW1 "ipv4=192.0.2.1" }, "192.0.2.1 ",
	  "+" GW1 "ipv4=192.0.2.2\n-" GW1 "ipv4=192.0.2.1\n" },
	{ "no change", "192.0.2.1", "192.0.2.1", 0, false,
	  { GW1 "ipv4=192.0.2.1" }, "", "" },
	{ "renewed", "192.0.2.1", "192.0.2.1", 300, false,
	  { GW1 "ipv4=192.0.2.1 " FUTURE }, "",
	  "+" GW1 "ipv4=192.0.2.1 until=1900000300\n"
	  "-" GW1 "ipv4=192.0.2.1 " FUTURE "\n" },
	{ "withdrawn", "", "192.0.2.1", 0, false,
	  { GW1 "ipv4=192.0.2.1", GW2 "ipv4=192.0.2.2" }, "192.0.2.1 ",
	  "-" GW1 "ipv4=192.0.2.1\n"
	  "=" GW1 "ipv4=192.0.2.1\n=" GW2 "ipv4=192.0.2.2\n" },
	{ "... after many who changed it meanwhile", "", "192.0.2.1", 0, true,
	  { GW1 "ipv4=192.0.2.1" }, "192.0.2.1 ",
	  "-" GW1 "ipv4=192.0.2.1\n" },
	{ "withdrawn, without a mark", "", "192.0.2.1", 0, false, { NULL },
	  "192.0.2.1 ", "" },
	{ "the other family stays", "192.0.2.1", NULL, 0, false,
	  { GW1 "ipv6=2001:db8::1" }, "", "+" GW1 "ipv4=192.0.2.1\n" },
	{ "not told of this family", NULL, NULL, 0, true,
	  { GW1 "ipv4=192.0.2.1" }, "", "" },
	{ "another one has it too", "192.0.2.2", "192.0.2.1", 0, false,
	  { GW1 "ipv4=192.0.2.1", GW2 "ipv4=192.0.2.1" }, "",
	  "+" GW1 "ipv4=192.0.2.2\n-" GW1 "ipv4=192.0.2.1\n"
	  "=" GW1 "ipv4=192.0.2.1\n=" GW2 "ipv4=192.0.2.1\n" },
	{ "... and nothing is compared", "192.0.2.2", "192.0.2.1", 0, true,
	  { GW1 "ipv4=192.0.2.1", GW2 "ipv4=192.0.2.1" }, "",
	  "+" GW1 "ipv4=192.0.2.2\n-" GW1 "ipv4=192.0.2.1\n" },
	{ "another one is silent", "192.0.2.1", NULL, 300, false,
	  { GW2 "ipv4=192.0.2.2 " PAST }, "192.0.2.2 ",
	  "+" GW1 "ipv4=192.0.2.1 until=1900000300\n"
	  "-" GW2 "ipv4=192.0.2.2 " PAST "\n"
	  "=" GW2 "ipv4=192.0.2.2 " PAST "\n" },
	{ "... with the value that is ours now", "192.0.2.1", NULL, 300,
	  false, { GW2 "ipv4=192.0.2.1 " PAST }, "",
	  "+" GW1 "ipv4=192.0.2.1 until=1900000300\n"
	  "-" GW2 "ipv4=192.0.2.1 " PAST "\n"
	  "=" GW2 "ipv4=192.0.2.1 " PAST "\n" },
	{ "... but nobody is asked to remove it", "192.0.2.1", NULL, 0, false,
	  { GW2 "ipv4=192.0.2.2 " PAST }, "", "+" GW1 "ipv4=192.0.2.1\n" },
	{ "one that never ends", "192.0.2.1", NULL, 300, false,
	  { GW2 "ipv4=192.0.2.2" }, "",
	  "+" GW1 "ipv4=192.0.2.1 until=1900000300\n" },
	{ "one that is not over", "192.0.2.1", NULL, 300, false,
	  { GW2 "ipv4=192.0.2.2 " FUTURE }, "",
	  "+" GW1 "ipv4=192.0.2.1 until=1900000300\n" },
	{ "what is no mark is left alone", "192.0.2.1", NULL, 300, false,
	  { "v=spf1 -all" }, "",
	  "+" GW1 "ipv4=192.0.2.1 until=1900000300\n" },
	{ "... and compared", "192.0.2.1", NULL, 300, false,
	  { "hello", GW2 "ipv4=192.0.2.2 " PAST }, "192.0.2.2 ",
	  "+" GW1 "ipv4=192.0.2.1 until=1900000300\n"
	  "-" GW2 "ipv4=192.0.2.2 " PAST "\n"
	  "=hello\n=" GW2 "ipv4=192.0.2.2 " PAST "\n" },
};

static void show(const struct owner_plan *p, char *removed, char *records)
{
	static const char acts[] = { [RFC2136_EQUALS] = '=',
				     [RFC2136_ADD] = '+',
				     [RFC2136_DELETE] = '-' };
	char text[ADDR_STRLEN];

	for (size_t i = 0; i < p->ipv4.n_was; i++)
		(void)sprintf(removed + strlen(removed), "%s ",
			      addr_print(&p->ipv4.was[i], text));
	for (size_t i = 0; i < p->change.n_records; i++) {
		const struct rfc2136_record *r = &p->records[i];

		ck_assert_str_eq(r->name, "_evddns.home.example.org");
		ck_assert_uint_eq(r->data[0] + 1, r->len);
		(void)sprintf(records + strlen(records), "%c%.*s\n",
			      acts[r->act], r->len - 1,
			      (const char *)r->data + 1);
	}
}

START_TEST(test_plan)
{
	const struct row *r = &rows[_i];
	char removed[TEXT_MAX] = "", records[TEXT_MAX] = "";
	struct addr now, was;
	struct job j = { .name = "home.example.org", .owner = "gw1",
			 .owner_expire_s = r->expire_s };
	struct owner_mark marks[4];
	struct owner_marks m = { .items = marks };
	struct owner_plan *p;

	j.ipv6.given = !r->ipv4;
	if (r->ipv4)
		j.ipv4 = (struct job_set){ .given = true, .addrs = &now,
					   .n = addr_parse(r->ipv4, &now) ==
						0 };
	if (r->was) {
		j.ipv4.was_given = true;
		j.ipv4.was = &was;
		j.ipv4.n_was = 1;
		ck_assert_int_eq(addr_parse(r->was, &was), 0);
	}
	for (; r->marks[m.n]; m.n++)
		marks[m.n] = mark(r->marks[m.n]);
	ck_assert_int_eq(owner_plan_new(&j, &m, NOW, r->alone, &p), 0);
	memset(marks, 0, sizeof(marks)); /* it keeps what it needs */
	show(p, removed, records);
	ck_assert_msg(strcmp(removed, r->removed) == 0, "%s: %s", r->name,
		      removed);
	ck_assert_msg(strcmp(records, r->records) == 0, "%s:\n%s", r->name,
		      records);
	ck_assert(p->equals == (strchr(records, '\n') &&
				strstr(records, "\n=") != NULL));
	owner_plan_free(p);
}
END_TEST

/* What somebody has taken up while we took it away comes back. */
START_TEST(test_repair)
{
	struct job j = { .name = "home.example.org", .owner = "gw1",
			 .no_create = true };
	struct owner_mark marks[2] = { mark(GW1 "ipv4=192.0.2.2"),
				       mark(GW2 "ipv4=192.0.2.1") };
	struct owner_marks m = { .items = marks, .n = 2 };
	char removed[TEXT_MAX] = "", records[TEXT_MAX] = "";
	struct addr gone[2];
	struct owner_plan *p = NULL;

	ck_assert_int_eq(addr_parse("192.0.2.1", &gone[0]), 0);
	ck_assert_int_eq(addr_parse("2001:db8::1", &gone[1]), 0);
	ck_assert_int_eq(owner_plan_repair(&j, &m, NOW, gone, 2, &p), 0);
	ck_assert(p->equals && p->ipv4.given && !p->ipv6.given &&
		  !p->change.no_create);
	ck_assert(p->ipv4.n == 1 && p->ipv4.n_was == 0 &&
		  addr_equal(&p->ipv4.addrs[0], &gone[0]));
	show(p, removed, records);
	ck_assert_str_eq(records, "=" GW1 "ipv4=192.0.2.2\n=" GW2
				  "ipv4=192.0.2.1\n");
	owner_plan_free(p);
	p = NULL;
	ck_assert_int_eq(owner_plan_repair(&j, &m, NOW, gone + 1, 1, &p), 0);
	ck_assert_ptr_null(p);
}
END_TEST

START_TEST(test_names)
{
	char name[DOMAIN_SIZE], longest[DOMAIN_SIZE];

	ck_assert_int_eq(owner_mark_name("a.example", name), 0);
	ck_assert_str_eq(name, "_evddns.a.example");
	memset(longest, 'a', 246);
	longest[246] = '\0';
	ck_assert_int_eq(owner_mark_name(longest, name), -EINVAL);
	longest[245] = '\0';
	ck_assert_int_eq(owner_mark_name(longest, name), 0);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("owner");
	TCase *tc = tcase_create("marks");

	tcase_add_loop_test(tc, test_mark, 0, SUITE_COUNT(mark_rows));
	tcase_add_loop_test(tc, test_plan, 0, SUITE_COUNT(rows));
	tcase_add_test(tc, test_repair);
	tcase_add_test(tc, test_names);
	suite_add_tcase(s, tc);
	return s;
}
