#include "config.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "hooks/hook_env.h"
#include "tests/support/suite.h"

static const struct row {
	const char *name;
	struct hook_event event;
	const char *json;
	const char *variables[14]; /* after PATH, in this order */
} rows[] = {
	{ "an event of the daemon has nothing but its name",
	  { .event = "start", .retry_in_s = -1, .latency_ms = -1 },
	  "{\"event\":\"start\"}\n", { "EVDDNS_EVENT=start" } },
	{ "everything there is",
	  { .event = "published", .record = "home.example.org",
	    .family = "ipv6", .address = "2a0a::7", .old_address = "2a0a::6",
	    .interface = "ppp0", .provider = "ns", .prefix = "2a0a::/64",
	    .old_prefix = "2a0b::/64", .error = "busy", .retry_in_s = 60,
	    .latency_ms = 12 },
	  "{\"event\":\"published\",\"record\":\"home.example.org\","
	  "\"family\":\"ipv6\",\"address\":\"2a0a::7\","
	  "\"old_address\":\"2a0a::6\",\"interface\":\"ppp0\","
	  "\"provider\":\"ns\",\"prefix\":\"2a0a::/64\","
	  "\"old_prefix\":\"2a0b::/64\",\"error\":\"busy\",\"retry_in\":60,"
	  "\"latency_ms\":12}\n",
	  { "EVDDNS_EVENT=published", "EVDDNS_RECORD=home.example.org",
	    "EVDDNS_FAMILY=ipv6", "EVDDNS_ADDRESS=2a0a::7",
	    "EVDDNS_OLD_ADDRESS=2a0a::6", "EVDDNS_INTERFACE=ppp0",
	    "EVDDNS_PROVIDER=ns", "EVDDNS_PREFIX=2a0a::/64",
	    "EVDDNS_OLD_PREFIX=2a0b::/64", "EVDDNS_ERROR=busy",
	    "EVDDNS_RETRY_IN=60", "EVDDNS_LATENCY_MS=12" } },
	{ "zero is a number as good as any",
	  { .event = "failed", .retry_in_s = 0, .latency_ms = 0 },
	  "{\"event\":\"failed\",\"retry_in\":0,\"latency_ms\":0}\n",
	  { "EVDDNS_EVENT=failed", "EVDDNS_RETRY_IN=0",
	    "EVDDNS_LATENCY_MS=0" } },
	{ "what a server says cannot add a line or break the JSON",
	  { .event = "failed", .error = "no\nEVDDNS_EVENT=start \"\\\x01\xff",
	    .retry_in_s = -1, .latency_ms = -1 },
	  "{\"event\":\"failed\","
	  "\"error\":\"no EVDDNS_EVENT=start \\\"\\\\??\"}\n",
	  { "EVDDNS_EVENT=failed",
	    "EVDDNS_ERROR=no EVDDNS_EVENT=start \"\\??" } },
	{ "UTF-8 stays, half of it does not",
	  { .event = "failed", .error = "gr\xc3\xbc\xc3 \xe2\x82",
	    .retry_in_s = -1, .latency_ms = -1 },
	  "{\"event\":\"failed\",\"error\":\"gr\xc3\xbc? ??\"}\n",
	  { "EVDDNS_EVENT=failed", "EVDDNS_ERROR=gr\xc3\xbc? ??" } },
};

START_TEST(test_row)
{
	const struct row *r = &rows[_i];
	struct hook_env env;
	size_t i;

	ck_assert_int_eq(hook_env_make(&r->event, &env), 0);
	ck_assert_msg(strcmp(env.json, r->json) == 0, "%s: %s", r->name,
		      env.json);
	ck_assert_uint_eq(env.json_len, strlen(env.json));
	ck_assert_msg(strncmp(env.envp[0], "PATH=/", 6) == 0, "%s", r->name);
	for (i = 0; r->variables[i]; i++)
		ck_assert_msg(env.envp[i + 1] &&
				      strcmp(env.envp[i + 1],
					     r->variables[i]) == 0,
			      "%s: %s, not %s", r->name, env.envp[i + 1],
			      r->variables[i]);
	ck_assert_msg(!env.envp[i + 1], "%s: too many", r->name);
	hook_env_done(&env);
}
END_TEST

/* Any bytes: one line of well-formed JSON that ends. */
START_TEST(test_any_bytes)
{
	char error[600];
	struct hook_event e = { .event = "failed", .error = error,
				.retry_in_s = -1, .latency_ms = -1 };

	srand(7);
	for (int round = 0; round < 2000; round++) {
		size_t len = (size_t)rand() % sizeof(error);
		struct hook_env env;
		json_t *parsed;

		for (size_t i = 0; i < len; i++)
			error[i] = (char)(1 + rand() % 255);
		error[len ? len - 1 : 0] = '\0';
		ck_assert_int_eq(hook_env_make(&e, &env), 0);
		parsed = json_loadb(env.json, env.json_len, 0, NULL);
		ck_assert_msg(parsed != NULL, "%s", env.json);
		ck_assert_ptr_eq(strchr(env.json, '\n'),
				 env.json + env.json_len - 1);
		ck_assert_ptr_null(strchr(env.envp[2], '\n'));
		json_decref(parsed);
		hook_env_done(&env);
	}
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("hook_env");
	TCase *tc = tcase_create("event");

	tcase_add_loop_test(tc, test_row, 0, SUITE_COUNT(rows));
	tcase_add_test(tc, test_any_bytes);
	suite_add_tcase(s, tc);
	return s;
}
