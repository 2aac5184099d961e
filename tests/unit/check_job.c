#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "notify/core/job.h"
#include "notify/protocol.h"
#include "tests/support/suite.h"

START_TEST(test_limits)
{
	static const struct notify_account accounts[] = {
		{ .name = "none" },
		{ .name = "a \"b\"", .n_limits = 2, .full_ms = { 5, 6 } },
		{ .name = "c", .n_limits = 1, .full_ms = { 1700000000000 } },
	};
	struct buf b = BUF_INIT(4096);
	struct job_fault f;
	struct job *j;
	char name[16];

	protocol_put_limits(&b, accounts, 1);
	ck_assert_uint_eq(b.len, 0);
	protocol_put_limits(&b, accounts, 3);
	ck_assert_int_eq(job_parse(b.data, b.len - 1, &j, &f), 0);
	ck_assert_int_eq(j->kind, JOB_LIMITS);
	ck_assert_uint_eq(j->n_limits, 2);
	ck_assert_str_eq(j->limits[0].account, "a \"b\"");
	ck_assert_int_eq(j->limits[0].full_ms[1], 6);
	ck_assert(j->limits[1].full_ms[0] == 1700000000000);
	job_free(j);
	buf_done(&b);
	ck_assert_int_eq(protocol_parse_spent(
		"{\"spent\":1,\"account\":\"cf\"}", 26, name, 16), 0);
	ck_assert_str_eq(name, "cf");
	ck_assert_int_eq(protocol_parse_spent(
		"{\"spent\":1,\"account\":\"cf\"}", 26, name, 2), -EBADMSG);
	ck_assert_int_eq(protocol_parse_spent("{\"spent\":", 9, name, 16),
			 -ENOENT);
	ck_assert_int_eq(protocol_parse_spent("{\"id\":1,\"spent\":1}", 18,
					      name, 16), -ENOENT);
}
END_TEST

START_TEST(test_whole)
{
	static const char line[] =
		"{\"id\":9007199254740993,\"account\":\"cf\","
		"\"name\":\"Home.Example.ORG.\",\"zone\":\"example.org\","
		"\"ipv4\":[\"192.0.2.7\",\"192.0.2.8\"],\"ipv6\":[],"
		"\"ttl\":60,\"source\":{\"ipv4\":\"192.0.2.1\",\"ipv6\":null},"
		"\"interface\":\"wan0\",\"mark\":4294967295,\"more\":true,"
		"\"resolve\":{\"a.example\":[\"::1\",\"192.0.2.9\"]}}";
	struct job_fault f;
	struct job *j;

	ck_assert_int_eq(job_parse(line, strlen(line), &j, &f), 0);
	ck_assert_int_eq(j->kind, JOB_UPDATE);
	ck_assert(j->id == 9007199254740993);
	ck_assert_str_eq(j->account, "cf");
	ck_assert_str_eq(j->name, "home.example.org");
	ck_assert(j->zone_given);
	ck_assert_str_eq(j->zone, "example.org");
	ck_assert(j->ipv4.given && j->ipv4.n == 2);
	ck_assert(j->ipv6.given && j->ipv6.n == 0);
	ck_assert_uint_eq(j->ttl_s, 60);
	ck_assert_int_eq(j->ipv4.source.family, AF_INET);
	ck_assert_int_eq(j->ipv6.source.family, 0);
	ck_assert_str_eq(j->interface, "wan0");
	ck_assert_uint_eq(j->mark, 4294967295U);
	ck_assert(j->more);
	ck_assert_uint_eq(j->n_hints, 1);
	ck_assert_uint_eq(j->hints[0].n, 2);
	job_free(j);
}
END_TEST

static const struct row {
	const char *line;
	bool has_id;
	const char *word; /* NULL: it is a job */
} rows[] = {
	{ "{\"id\":1,\"account\":\"a\",\"name\":\"b.c\",\"ipv4\":[]}", true,
	  NULL },
	{ "{\"id\":1,\"account\":\"a\",\"name\":\"b.c\",\"ipv4\":[],"
	  "\"zone\":null,\"ttl\":null,\"source\":null,\"interface\":null}",
	  true, NULL },
	{ "{\"id\":1,\"account\":\"a\",\"name\":\"b.c\",\"ipv6\":[],"
	  "\"zone\":\".\",\"source\":\"::1\"}", true, NULL },
	{ "{\"id\":1,\"fetch\":\"https://a.b/\"}", true, NULL },
	{ "{\"id\":1,\"fetch\":\"http://a.b/\"}", true, "fetch" },
	{ "{\"fetch\":\"https://a.b/\"}", false, "id" },
	{ "{\"id\":1,\"fetch\":\"https://a.b/\",\"ipv4\":[]}", true,
	  "fetch" },
	{ "{\"id\":1,\"fetch\":\"https://a.b/\",\"pointer\":\"ip\"}", true,
	  "pointer" },
	{ "{\"id\":1,\"fetch\":\"https://a.b/\",\"family\":\"ipx\"}", true,
	  "family" },
	{ "{\"id\":1,\"fetch\":\"https://a.b/\",\"timeout_ms\":0}", true,
	  "timeout_ms" },
	{ "{\"cancel\":1}", false, NULL },
	{ "{\"prepare\":[\"a\",\"b\"]}", false, NULL },
	{ "{\"cancel\":\"1\"}", false, "cancel" },
	{ "{\"prepare\":\"a\"}", false, "prepare" },
	{ "{\"prepare\":[1]}", false, "prepare" },
	{ "{\"limits\":{}}", false, NULL },
	{ "{\"limits\":{\"a\":[1700000000000,0],\"b\":[]}}", false, NULL },
	{ "{\"limits\":[]}", false, "limits" },
	{ "{\"limits\":{\"a\":1}}", false, "limits" },
	{ "{\"limits\":{\"a\":[1],\"b\":[-1]}}", false, "limits" },
	{ "{\"limits\":{\"a\":[1,2,3,4,5]}}", false, "limits" },
	{ "", false, "JSON" },
	{ "{}", false, "id" },
	{ "[1]", false, "object" },
	{ "{\"id\":1,\"id\":2}", false, "JSON" },
	{ "{\"id\":1}x", false, "JSON" },
	{ "{\"id\":\"1\",\"account\":\"a\",\"name\":\"b.c\",\"ipv4\":[]}",
	  false, "id" },
	{ "{\"id\":1,\"name\":\"b.c\",\"ipv4\":[]}", true, "account" },
	{ "{\"id\":1,\"account\":\"a\",\"ipv4\":[]}", true, "name" },
	{ "{\"id\":1,\"account\":\"a\",\"name\":\"b.c\"}", true, "nothing" },
	{ "{\"id\":1,\"account\":\"a\",\"name\":\"b.c\",\"ipv4\":null}", true,
	  "ipv4" },
	{ "{\"id\":1,\"account\":\"a\",\"name\":\"b.c\",\"ipv4\":[],"
	  "\"source\":{\"ipv4\":\"::1\"}}", true, "source" },
	{ "{\"id\":1,\"account\":\"a\",\"name\":\"b.c\",\"ipv4\":[],"
	  "\"more\":1}", true, "more" },
	{ "{\"id\":1,\"account\":\"a\",\"name\":\"b.c\",\"ipv4\":[],"
	  "\"ipv5\":[]}", true, "ipv5" },
	{ "{\"id\":1,\"account\":\"a\",\"name\":\"b.c\",\"ipv4\":[],"
	  "\"owner\":\"g\",\"owner_expire_s\":5,\"ptr\":false,"
	  "\"create\":true,\"was\":{\"ipv4\":[]}}", true, NULL },
	{ "{\"id\":1,\"account\":\"a\",\"name\":\"b.c\",\"ipv4\":[],"
	  "\"owner\":\"\"}", true, "owner" },
	{ "{\"id\":1,\"account\":\"a\",\"name\":\"b.c\",\"ipv4\":[],"
	  "\"owner\":\"a b\"}", true, "owner" },
	{ "{\"id\":1,\"account\":\"a\",\"name\":\"b.c\",\"ipv4\":[],"
	  "\"ptr\":1}", true, "ptr" },
	{ "{\"id\":1,\"account\":\"a\",\"name\":\"b.c\",\"ipv4\":[],"
	  "\"create\":0}", true, "create" },
	{ "{\"id\":1,\"account\":\"a\",\"name\":\"b.c\",\"ipv4\":[],"
	  "\"was\":[]}", true, "was" },
	{ "{\"id\":1,\"account\":\"a\",\"name\":\"b.c\",\"ipv4\":[],"
	  "\"was\":{\"ipv4\":[\"::1\"]}}", true, "was" },
	{ "{\"id\":1,\"account\":\"a\",\"name\":\"b.c\",\"ipv4\":[],"
	  "\"was\":{\"ipv5\":[]}}", true, "was" },
};

START_TEST(test_row)
{
	const struct row *r = &rows[_i];
	struct job_fault f = { .has_id = false };
	struct job *j = NULL;
	int e = job_parse(r->line, strlen(r->line), &j, &f);

	ck_assert_msg(e == (r->word ? -EINVAL : 0), "%s: %d %s", r->line, e,
		      f.text);
	if (r->word) {
		ck_assert_ptr_null(j);
		ck_assert_msg(strstr(f.text, r->word) != NULL, "%s: %s",
			      r->line, f.text);
		ck_assert_msg(f.has_id == r->has_id, "%s", r->line);
	}
	job_free(j);
}
END_TEST

/* What the daemon writes is read here, and what is written here there. */
START_TEST(test_round_trip)
{
	struct addr four = { .family = AF_INET, .bytes = { 192, 0, 2, 7 } };
	struct addr six = { .family = AF_INET6, .bytes = { 32, 1 } };
	struct notify_job nj = {
		.account = "a \"quoted\" one", .name = "home.example.org",
		.zone = "example.org", .ttl_s = 60, .interface = "wan0",
		.mark = 7, .more = true,
		.ipv4 = { .given = true, .addrs = &four, .n = 1,
			  .source = four },
		.ipv6 = { .given = true, .was = &six, .n_was = 1 },
		.owner = "gw-1", .owner_expire_s = 90, .ptr = true,
		.no_create = true,
	};
	struct outcome o = { .retry_after_s = 9, .sent_ns = 12345678901 };
	struct buf b = BUF_INIT(JOB_LINE_MAX);
	struct protocol_reply r;
	struct job_fault f;
	struct job *j;
	char *line;

	ck_assert_int_eq(protocol_put_job(&b, 42, &nj), 0);
	ck_assert_int_eq(job_parse(b.data, b.len, &j, &f), 0);
	ck_assert(j->id == 42 && j->more && j->mark == 7 && j->ttl_s == 60);
	ck_assert_str_eq(j->account, nj.account);
	ck_assert(j->ipv4.n == 1 && addr_equal(&j->ipv4.addrs[0], &four) &&
		  addr_equal(&j->ipv4.source, &four));
	ck_assert(j->ipv6.given && j->ipv6.n == 0);
	ck_assert(!j->ipv4.was_given && j->ipv6.was_given &&
		  j->ipv6.n_was == 1 && addr_equal(&j->ipv6.was[0], &six));
	ck_assert_str_eq(j->owner, "gw-1");
	ck_assert(j->owner_expire_s == 90 && j->ptr && j->no_create);

	outcome_set(&o, NOTIFY_SLOW, 9, "a\tb%s", "\n\"c\"");
	o.ipv6 = NOTIFY_UNCHANGED;
	o.sent_ns = 12345678901;
	o.clock = true;
	line = outcome_print(j, &o, NULL);
	ck_assert_int_eq(protocol_parse_reply(line, strlen(line), &r), 0);
	ck_assert_int_eq(r.id, 42);
	ck_assert_int_eq(r.reply.status, NOTIFY_SLOW);
	ck_assert_int_eq(r.reply.ipv4, NOTIFY_SLOW);
	ck_assert_int_eq(r.reply.ipv6, NOTIFY_UNCHANGED);
	ck_assert_uint_eq(r.reply.retry_after_s, 9);
	ck_assert(r.reply.sent_ns == 12345678901 && r.reply.clock);
	ck_assert_str_eq(r.reply.text, "a b \"c\"");
	free(line);
	job_free(j);

	buf_clear(&b);
	protocol_put_cancel(&b, 42);
	ck_assert_int_eq(job_parse(b.data, b.len, &j, &f), 0);
	ck_assert(j->kind == JOB_CANCEL && j->id == 42);
	job_free(j);
	buf_clear(&b);
	ck_assert_int_eq(protocol_put_prepare(&b, (const char *[]){ "x" }, 1),
			 0);
	ck_assert_int_eq(job_parse(b.data, b.len, &j, &f), 0);
	ck_assert(j->kind == JOB_PREPARE && j->n_accounts == 1);
	job_free(j);
	buf_done(&b);
}
END_TEST

START_TEST(test_fetch_round_trip)
{
	struct notify_fetch nf = {
		.url = "https://echo.example/\"?a=b", .pointer = "/a\\b",
		.ca_file = "/etc/ca.pem", .family = AF_INET6,
		.interface = "wan0", .mark = 7, .timeout_ms = 1500,
	};
	struct buf b = BUF_INIT(JOB_LINE_MAX);
	struct job_fault f;
	struct job *j;

	ck_assert_int_eq(addr_parse("2001:db8::7", &nf.source), 0);
	ck_assert_int_eq(protocol_put_fetch(&b, 42, &nf), 0);
	ck_assert_int_eq(job_parse(b.data, b.len, &j, &f), 0);
	ck_assert(j->kind == JOB_FETCH && j->id == 42 && j->mark == 7);
	ck_assert_str_eq(j->fetch.url, nf.url);
	ck_assert_str_eq(j->fetch.pointer, nf.pointer);
	ck_assert_str_eq(j->fetch.ca_file, nf.ca_file);
	ck_assert_int_eq(j->fetch.family, AF_INET6);
	ck_assert_uint_eq(j->fetch.timeout_ms, 1500);
	ck_assert_str_eq(j->interface, "wan0");
	ck_assert(addr_equal(&j->ipv6.source, &nf.source));
	job_free(j);
	buf_done(&b);
}
END_TEST

static const char *const no_replies[] = {
	"", "x", "[]", "{}", "{\"id\":1}", "{\"id\":1,\"status\":\"fine\"}",
	"{\"id\":-1,\"status\":\"done\"}", "{\"id\":0,\"status\":\"done\"}",
	"{\"id\":4294967296,\"status\":\"done\"}",
	"{\"id\":1,\"status\":\"done\",\"families\":{\"ipv4\":\"x\"}}",
	"{\"id\":1,\"status\":\"done\",\"retry_after_s\":-1}",
};

START_TEST(test_no_reply)
{
	struct protocol_reply r = { .id = 77 };

	ck_assert_msg(protocol_parse_reply(no_replies[_i],
					   strlen(no_replies[_i]), &r) ==
			      -EBADMSG, "%s", no_replies[_i]);
	ck_assert_int_eq(r.id, 77);
}
END_TEST

START_TEST(test_load_answers)
{
	static const char good[] =
		"{\"accounts\":[{\"name\":\"a\",\"type\":\"t\",\"ipv4\":true,"
		"\"ipv6\":false,\"zone_batch\":true,\"min_interval_s\":1,"
		"\"refresh_s\":2,\"retry_refused_s\":3,\"timeout_s\":4,"
		"\"zone\":null,\"hosts\":[],"
		"\"secret_files\":[[\"/k\",\"ff00000000000001\"]]}]}";
	static const char faulty[] =
		"{\"faults\":[{\"file\":\"f\",\"line\":3,\"text\":\"%s\"}]}";
	static const char *const bad[] = {
		"", "{}", "{\"faults\":[]}", "{\"accounts\":{}}",
		"{\"accounts\":[{}]}", "{\"accounts\":[{\"name\":\"a\"}]}",
		"{\"accounts\":[{\"name\":\"a\",\"type\":\"t\",\"ipv4\":true,"
		"\"ipv6\":false,\"zone_batch\":true,"
		"\"secret_files\":[[\"a\",\"1\"],[\"b\"]]}]}",
	};
	struct protocol_accounts as = { .n = 99 };
	struct faults faults = { .n = 0 };

	ck_assert_int_eq(protocol_parse_load(good, strlen(good), &as,
					     &faults), 0);
	ck_assert_uint_eq(as.n, 1);
	ck_assert_str_eq(as.items[0].name, "a");
	ck_assert(as.items[0].ipv4 && !as.items[0].ipv6 &&
		  as.items[0].zone_batch && as.items[0].timeout_s == 4);
	ck_assert_ptr_null(as.items[0].zone);
	ck_assert_uint_eq(as.items[0].n_secret_files, 1);
	ck_assert_str_eq(as.items[0].secret_files[0].path, "/k");
	ck_assert(as.items[0].secret_files[0].stamp == 0xff00000000000001);
	protocol_accounts_done(&as);
	ck_assert_int_eq(protocol_parse_load(faulty, strlen(faulty), &as,
					     &faults), -EINVAL);
	ck_assert_uint_eq(faults.n, 1);
	ck_assert_str_eq(faults.items[0].text, "%s");
	ck_assert_uint_eq(faults.items[0].line, 3);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(protocol_parse_load(bad[i], strlen(bad[i]), &as,
						  &faults) == -EBADMSG,
			      "%s", bad[i]);
	faults_done(&faults);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("job");
	TCase *tc = tcase_create("lines");

	tcase_add_test(tc, test_whole);
	tcase_add_test(tc, test_limits);
	tcase_add_loop_test(tc, test_row, 0, SUITE_COUNT(rows));
	tcase_add_test(tc, test_round_trip);
	tcase_add_test(tc, test_fetch_round_trip);
	tcase_add_loop_test(tc, test_no_reply, 0, SUITE_COUNT(no_replies));
	tcase_add_test(tc, test_load_answers);
	suite_add_tcase(s, tc);
	return s;
}
