#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "notify/dyndns2.h"
#include "tests/support/suite.h"

/* Most answers are tried against the program: tests/net. */
static const struct row {
	const char *body;
	unsigned int http;
	enum notify_status first, second;
	uint32_t retry_s; /* of the first */
} rows[] = {
	{ "good\nnochg\n", 200, NOTIFY_DONE, NOTIFY_UNCHANGED, 0 },
	{ "\r\n good 1.2.3.4 \r\n\r\nnohost\r\n", 200, NOTIFY_DONE,
	  NOTIFY_REFUSED, 0 },
	{ "badauth", 200, NOTIFY_REFUSED, NOTIFY_REFUSED, 0 },
	{ "good\nnochg\nnohost", 200, NOTIFY_DONE, NOTIFY_UNCHANGED, 0 },
	{ "good", 200, NOTIFY_DONE, NOTIFY_DONE, 0 },
	{ "nochgx\ngood", 200, NOTIFY_RETRY, NOTIFY_DONE, 300 },
	{ "w60\nw", 200, NOTIFY_SLOW, NOTIFY_RETRY, 60 },
	{ "w99999h\nw1x", 200, NOTIFY_RETRY, NOTIFY_RETRY, 300 },
	{ "", 503, NOTIFY_RETRY, NOTIFY_RETRY, 0 },
	{ "911\ngood", 500, NOTIFY_RETRY, NOTIFY_RETRY, 600 },
};

START_TEST(test_judge)
{
	const struct row *r = &rows[_i];
	struct dyndns2_answer a = { .http_status = r->http, .body = r->body,
				    .len = strlen(r->body) };
	struct outcome o[2];

	dyndns2_judge(&a, 2, o);
	ck_assert_msg(o[0].status == r->first && o[1].status == r->second &&
			      o[0].retry_after_s == r->retry_s,
		      "%s: %d %d %u", r->body, (int)o[0].status,
		      (int)o[1].status, o[0].retry_after_s);
	ck_assert(o[0].text[0] && o[1].text[0]);
}
END_TEST

START_TEST(test_short_list)
{
	static const char body[] = "good\nnochg\n";
	struct dyndns2_answer a = { .http_status = 200, .body = body,
				    .len = strlen(body) };
	struct outcome o[3];

	dyndns2_judge(&a, 3, o);
	ck_assert_int_eq(o[2].status, NOTIFY_RETRY);
}
END_TEST

START_TEST(test_url)
{
	static const char *const names[] = { "a.example", "*.b_c.example" };
	struct addr four = { .family = AF_INET, .bytes = { 192, 0, 2, 7 } };
	struct addr six = { .family = AF_INET6, .bytes = { 0x20, 1 } };
	struct job_set s4 = { .given = true, .addrs = &four, .n = 1 };
	struct job_set s6 = { .given = true, .addrs = &six, .n = 1 };
	struct job_set none = { .given = false };
	struct dyndns2_request r = {
		.endpoint = "https://dyn.example/nic/update",
		.ipv6_parameter = "myip", .names = names, .n_names = 2,
		.ipv4 = &s4, .ipv6 = &s6,
	};
	char *url = dyndns2_url(&r);

	ck_assert_str_eq(url, "https://dyn.example/nic/update?hostname="
			 "a.example,%2A.b_c.example&myip=192.0.2.7,2001::");
	free(url);
	r.ipv6_parameter = "my ip6";
	url = dyndns2_url(&r);
	ck_assert_str_eq(url, "https://dyn.example/nic/update?hostname="
			 "a.example,%2A.b_c.example&myip=192.0.2.7"
			 "&my%20ip6=2001::");
	free(url);
	r.ipv4 = &none;
	r.ipv6_parameter = "myip";
	url = dyndns2_url(&r);
	ck_assert_str_eq(url, "https://dyn.example/nic/update?hostname="
			 "a.example,%2A.b_c.example&myip=2001::");
	free(url);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("dyndns2");
	TCase *tc = tcase_create("words");

	tcase_add_loop_test(tc, test_judge, 0, SUITE_COUNT(rows));
	tcase_add_test(tc, test_short_list);
	tcase_add_test(tc, test_url);
	suite_add_tcase(s, tc);
	return s;
}
