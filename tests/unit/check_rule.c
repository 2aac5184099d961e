#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "notify/types/ptype_find.h"
#include "notify/types/rule.h"
#include "tests/support/suite.h"

static const char type[] =
	"type \"t\" { title = t endpoint = \"https://x.example\"\n"
	"answer \"refused\" { status = {401, 403} says = \"the token\" }\n"
	"answer \"absent\" { json = \"/code\" is = {7, \"gone*\"} }\n"
	"answer \"slow\" { json = \"/code\" not = {1} }\n"
	"step \"s\" { url = \"/\"\n"
	"  answer \"unchanged\" { word = nochg }\n"
	"  answer \"ok\" { word = {good, OK} }\n"
	"  answer \"slow\" { regex = \"^w([0-9]+)([smh]?)\" }\n"
	"  answer \"banned\" { starts = \"abuse of\" }\n"
	"  answer \"later\" { contains = \"maintenance\" wait = 10m }\n"
	"  answer \"unchanged\" { status = 409 json = \"/code\" is = 1 }\n"
	"} }";

static const struct row {
	unsigned int status;
	const char *body;
	enum answer_class class;
	uint32_t wait_s, retry_after_s;
} rows[] = {
	{ 200, "good 1.2.3.4", ANSWER_OK, 0, 0 },
	{ 200, "\r\n OK\r\n", ANSWER_OK, 0, 0 },
	{ 200, "nochg", ANSWER_UNCHANGED, 0, 0 },
	{ 200, "nochange", ANSWER_LATER, 300, 0 },
	{ 200, "it is good", ANSWER_LATER, 300, 0 },
	{ 200, "GOOD", ANSWER_LATER, 300, 0 },
	{ 200, "", ANSWER_LATER, 300, 0 },
	{ 500, "good", ANSWER_LATER, 0, 0 },
	{ 200, "w30", ANSWER_SLOW, 30, 0 },
	{ 200, "w5m", ANSWER_SLOW, 300, 0 },
	{ 200, "w99999999h", ANSWER_SLOW, 0, 0 },
	{ 200, "abuse of power", ANSWER_BANNED, 0, 0 },
	{ 200, "under maintenance now", ANSWER_LATER, 600, 0 },
	{ 503, "under maintenance now", ANSWER_LATER, 42, 42 },
	{ 401, "", ANSWER_REFUSED, 0, 0 },
	{ 409, "{\"code\":1}", ANSWER_UNCHANGED, 0, 0 },
	{ 409, "{\"code\":7}", ANSWER_ABSENT, 0, 0 },
	{ 200, "{\"code\":\"gone away\"}", ANSWER_ABSENT, 0, 0 },
	{ 200, "{\"code\":8}", ANSWER_SLOW, 0, 0 },
	{ 418, "", ANSWER_LATER, 900, 0 },
	{ 404, "", ANSWER_LATER, 900, 0 },
	{ 302, "", ANSWER_LATER, 900, 0 },
	{ 429, "", ANSWER_SLOW, 0, 0 },
	{ 408, "", ANSWER_LATER, 0, 0 },
	{ 502, "<html>", ANSWER_LATER, 0, 0 },
};

START_TEST(test_judge)
{
	const struct row *r = &rows[_i];
	struct faults faults = { .n = 0 };
	struct account account = { .n_values = 0 };
	struct rule_verdict v;
	struct ptype *p;
	struct rule_answer a = { .status = r->status, .body = r->body,
				 .len = strlen(r->body), .location = "",
				 .retry_after_s = r->retry_after_s };
	struct context c = { .account = &account };

	ck_assert_msg(ptype_parse("t", type, sizeof(type) - 1, &p, &faults) ==
			      0, "%s", faults.n ? faults.items[0].text : "");
	c.type = p;
	c.step = &p->steps[0];
	a.json = json_loads(r->body, JSON_DECODE_ANY, NULL);
	rule_judge(&c, &a, r->body, &v);
	ck_assert_msg(v.class == r->class && v.wait_s == r->wait_s,
		      "%u %s: %d %u", r->status, r->body, (int)v.class,
		      v.wait_s);
	json_decref(a.json);
	ptype_free(p);
	faults_done(&faults);
}
END_TEST

/* What was asked, and what somebody else answered to it. */
static const struct strange_row {
	const char *step, *body;
	unsigned int status;
	enum answer_class class;
} strange[] = {
	{ "records { json = \"/r\" value = \"/v\" }", "{}", 200, ANSWER_OK },
	{ "records { json = \"/r\" value = \"/v\" }", "{\"r\": [", 200,
	  ANSWER_LATER },
	{ "records { json = \"/r\" value = \"/v\" }", "", 200, ANSWER_LATER },
	{ "records { json = \"/r\" value = \"/v\" }", "", 204, ANSWER_OK },
	{ "records { json = \"/r\" value = \"/v\" }", "gone", 404,
	  ANSWER_ABSENT },
	{ "reads = yes\n read \"x\" { json = \"/x\" }", "fine", 200,
	  ANSWER_LATER },
	{ "method = POST\n read \"x\" { json = \"/x\" }", "fine", 200,
	  ANSWER_OK },
	{ "method = POST\n read \"x\" { json = \"/x\" required = yes }", "fine",
	  200, ANSWER_LATER },
	{ "body-json = '{}'", "fine", 200, ANSWER_LATER },
	{ "body-json = '{}'", " \r\n", 200, ANSWER_OK },
	{ "body-json = '{}'", "DONE", 200, ANSWER_OK },
	{ "body-json = '{}'", "\"fine\"", 200, ANSWER_OK },
	{ "method = PUT", "fine", 200, ANSWER_OK },
	{ "method = PUT", "\xef\xbb\xbf\n<!doctype HTML><title>", 200,
	  ANSWER_LATER },
	{ "method = PUT", "<HTML>", 201, ANSWER_LATER },
	{ "method = PUT\n answer \"refused\" { status = 2xx }", "<html>", 200,
	  ANSWER_LATER },
	{ "method = PUT\n answer \"refused\" { status = 2xx }", "no", 200,
	  ANSWER_REFUSED },
	{ "method = PUT\n answer \"ok\" { contains = \"<b>good</b>\" }",
	  "<html><b>good</b>", 200, ANSWER_OK },
};

START_TEST(test_strange)
{
	const struct strange_row *r = &strange[_i];
	struct faults faults = { .n = 0 };
	struct account account = { .n_values = 0 };
	struct rule_verdict v;
	struct ptype *p;
	struct rule_answer a = { .status = r->status, .body = r->body,
				 .len = strlen(r->body), .location = "" };
	struct context c = { .account = &account };
	char text[400];

	(void)snprintf(text, sizeof(text),
		       "type \"t\" { title = t\n"
		       "answer \"absent\" { status = 404 }\n"
		       "answer \"ok\" { word = DONE }\n"
		       "step \"s\" { url = \"/\" %s } }", r->step);
	ck_assert_msg(ptype_parse("t", text, strlen(text), &p, &faults) == 0,
		      "%s", faults.n ? faults.items[0].text : "");
	c.type = p;
	c.step = &p->steps[0];
	a.json = json_loads(r->body, JSON_DECODE_ANY, NULL);
	rule_judge(&c, &a, r->body, &v);
	ck_assert_msg(v.class == r->class, "%s: %u \"%s\" is %d", r->step,
		      r->status, r->body, (int)v.class);
	json_decref(a.json);
	ptype_free(p);
	faults_done(&faults);
}
END_TEST

START_TEST(test_lines)
{
	static const char body[] = "\r\n one \r\n\r\ntwo 2\n three";
	static const char *const wanted[] = { "one", "two 2", "three" };

	ck_assert_uint_eq(rule_count_lines(body), 3);
	for (size_t i = 0; i < 3; i++) {
		char *line = rule_line(body, i);

		ck_assert_str_eq(line, wanted[i]);
		free(line);
	}
	ck_assert_ptr_null(rule_line(body, 3));
	ck_assert_ptr_null(rule_line("", 0));
}
END_TEST

/* What is wrong with a file is told with its line. */
static const struct wrong_row {
	const char *text, *word;
} wrong[] = {
	{ "type \"t\" { step \"s\" { url = \"/\" } }", "title is missing" },
	{ "type \"t\" { title = t }", "no step" },
	{ "type \"t\" { title = t titel = u\n step \"s\" { } }",
	  "did you mean \"title\"" },
	{ "type \"t\" { title = t\n step \"s\" { for = everyone } }", "unknown" },
	{ "type \"t\" { title = t\n step \"s\" { url = \"{\" } }", "expansion" },
	{ "type \"t\" { title = t\n step \"s\" { body-json = '{x' } }",
	  "no JSON" },
	{ "type \"t\" { title = t\n step \"s\" { body-json = '[{\"$for\": 1}]' "
	  "} }", "$for" },
	{ "type \"t\" { title = t\n step \"s\" { read \"v\" { } } }", "one of" },
	{ "type \"t\" { title = t\n step \"s\" { read \"v\" { json = a } } }",
	  "pointer" },
	{ "type \"t\" { title = t\n step \"s\" { answer \"fine\" { } } }",
	  "title is one of" },
	{ "type \"t\" { title = t\n auth \"magic\" { }\n step \"s\" { } }",
	  "one of" },
	{ "type \"t\" { title = t\n auth \"bearer\" { } step \"s\" { } }",
	  "missing" },
	{ "type \"t\" { title = t limit = \"many\"\n step \"s\" { } }",
	  "N/DURATION" },
	{ "type \"t\" { title = t\n step \"s\" { method = \"get it\" } }",
	  "capital" },
	{ "type \"t\" { title = t\n step \"s\" { when = \"a b\" } }",
	  "condition" },
	{ "type \"t\" { title = t\n step \"s\" { answer \"ok\" { regex = \"(\" "
	  "} } }", "regular" },
	{ "type \"t\" { title = t families = ipv5\n step \"s\" { } }",
	  "families" },
	{ "type \"t\" { title = t\n let \"x\" { hash = sha1 } step \"s\" { } }",
	  "from is missing" },
};

START_TEST(test_wrong)
{
	const struct wrong_row *r = &wrong[_i];
	struct faults faults = { .n = 0 };
	struct ptype *p;

	ck_assert_int_lt(ptype_parse("t", r->text, strlen(r->text), &p,
				     &faults), 0);
	ck_assert_msg(faults.n > 0 && strstr(faults.items[0].text, r->word),
		      "%s: %s", r->text,
		      faults.n ? faults.items[0].text : "");
	faults_done(&faults);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("rule");
	TCase *tc = tcase_create("rows");

	tcase_add_loop_test(tc, test_judge, 0, SUITE_COUNT(rows));
	tcase_add_loop_test(tc, test_strange, 0, SUITE_COUNT(strange));
	tcase_add_test(tc, test_lines);
	tcase_add_loop_test(tc, test_wrong, 0, SUITE_COUNT(wrong));
	suite_add_tcase(s, tc);
	return s;
}
