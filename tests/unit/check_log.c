#include "config.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "tests/support/suite.h"

static int sink;
static char said[20000];

/* Each test runs in a process of its own: its stderr becomes a file. */
static void catch(void)
{
	char path[] = "/tmp/check_log.XXXXXX";

	sink = mkstemp(path);
	ck_assert_int_ge(sink, 0);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(dup2(sink, STDERR_FILENO), STDERR_FILENO);
	ck_assert_int_eq(unsetenv("JOURNAL_STREAM"), 0);
}

static const char *caught(void)
{
	ssize_t n = pread(sink, said, sizeof(said) - 1, 0);

	ck_assert_int_ge(n, 0);
	said[n] = '\0';
	return said;
}

START_TEST(test_text)
{
	static const struct log_fields f = { .subject = "record",
					     .name = "home.example",
					     .family = "ipv4",
					     .provider = "ns",
					     .event = "published" };
	static const struct log_fields g = { .subject = "kernel" };

	log_start("test", LOG_LEVEL_INFO, LOG_FORMAT_TEXT, LOG_SINK_STDERR);
	log_line(LOG_LEVEL_NOTICE, &f, "published %s", "192.0.2.7");
	log_line(LOG_LEVEL_WARNING, &g, "messages lost");
	log_info("started");
	log_debug("not heard");
	log_error("two\nlines\rare one");
	log_set_level(LOG_LEVEL_DEBUG);
	log_debug("heard");
	log_set_level(LOG_LEVEL_ERROR);
	log_warning("not heard");
	ck_assert_str_eq(caught(),
			 "record home.example/ipv4 at ns: published 192.0.2.7\n"
			 "kernel: messages lost\n"
			 "started\n"
			 "two lines are one\n"
			 "heard\n");
}
END_TEST

START_TEST(test_journal)
{
	struct stat st;
	char text[64];

	ck_assert_int_eq(fstat(STDERR_FILENO, &st), 0);
	(void)snprintf(text, sizeof(text), "%llu:%llu",
		       (unsigned long long)st.st_dev,
		       (unsigned long long)st.st_ino);
	ck_assert_int_eq(setenv("JOURNAL_STREAM", text, 1), 0);
	log_start("test", LOG_LEVEL_DEBUG, LOG_FORMAT_TEXT, LOG_SINK_STDERR);
	log_error("a");
	log_warning("b");
	log_notice("c");
	log_info("d");
	log_debug("e");
	ck_assert_str_eq(caught(), "<3>a\n<4>b\n<5>c\n<6>d\n<7>e\n");

	/* Somebody else's journal. */
	ck_assert_int_eq(setenv("JOURNAL_STREAM", "1:1", 1), 0);
	log_start("test", LOG_LEVEL_DEBUG, LOG_FORMAT_TEXT, LOG_SINK_STDERR);
	log_error("f");
	ck_assert_ptr_nonnull(strstr(caught(), "\nf\n"));
}
END_TEST

START_TEST(test_json)
{
	static const struct log_fields f = { .subject = "record",
					     .name = "a.example",
					     .family = "ipv6",
					     .provider = "n\"s",
					     .event = "sent" };
	const char *at;

	log_start("test", LOG_LEVEL_NOTICE, LOG_FORMAT_JSON, LOG_SINK_STDERR);
	log_line(LOG_LEVEL_NOTICE, &f, "a \\ b\t\x01 \xc3\xbc");
	at = caught();
	ck_assert_int_eq(strncmp(at, "{\"time\":\"2", 10), 0);
	at = strstr(at, ",\"level\"");
	ck_assert_ptr_nonnull(at);
	ck_assert_str_eq(at, ",\"level\":\"notice\",\"subject\":\"record\","
			     "\"name\":\"a.example\",\"family\":\"ipv6\","
			     "\"provider\":\"n\\\"s\",\"event\":\"sent\","
			     "\"message\":\"a \\\\ b\\u0009\\u0001 "
			     "\xc3\xbc\"}\n");
}
END_TEST

/* However long a message is, a line stays whole: JSON, and UTF-8. */
START_TEST(test_long)
{
	char text[3000];
	size_t n;

	for (int shift = 0; shift < 4; shift++) {
		memset(text, 'x', (size_t)shift);
		for (n = (size_t)shift; n + 4 < sizeof(text); n += 4)
			memcpy(text + n, "\xf0\x9f\x98\x80", 4);
		text[n] = '\0';
		ck_assert_int_eq(ftruncate(sink, 0), 0);
		ck_assert_int_eq(lseek(sink, 0, SEEK_SET), 0);
		log_start("test", LOG_LEVEL_NOTICE, LOG_FORMAT_JSON,
			  LOG_SINK_STDERR);
		log_notice("%s", text);
		(void)caught();
		n = strlen(said);
		ck_assert_uint_gt(n, 1000);
		ck_assert_str_eq(said + n - 3, "\"}\n");
		/* The last character before the quote is a whole one. */
		ck_assert_mem_eq(said + n - 7, "\xf0\x9f\x98\x80", 4);
	}

	memset(text, 1, sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	ck_assert_int_eq(ftruncate(sink, 0), 0);
	ck_assert_int_eq(lseek(sink, 0, SEEK_SET), 0);
	log_notice("%s", text);
	(void)caught();
	ck_assert_str_eq(said + strlen(said) - 9, "\\u0001\"}\n");
}
END_TEST

START_TEST(test_levels)
{
	enum log_level level = LOG_LEVEL_DEBUG;

	ck_assert_int_eq(log_level_parse("loud", &level), -EINVAL);
	ck_assert_int_eq(log_level_parse("", &level), -EINVAL);
	ck_assert_int_eq(level, LOG_LEVEL_DEBUG);
	for (int i = LOG_LEVEL_ERROR; i <= LOG_LEVEL_DEBUG; i++) {
		ck_assert_int_eq(log_level_parse(
					 log_level_name((enum log_level)i),
					 &level), 0);
		ck_assert_int_eq(level, i);
		log_set_level(level);
		ck_assert_int_eq(log_get_level(), i);
		ck_assert(log_wants(LOG_LEVEL_ERROR));
		ck_assert_int_eq(log_wants(LOG_LEVEL_DEBUG),
				 i == LOG_LEVEL_DEBUG);
	}
}
END_TEST

START_TEST(test_clock)
{
	uint64_t before = clock_mono_ns();
	char text[32];

	ck_assert_str_eq(clock_rfc3339(1795370100, text, sizeof(text)),
			 "2026-11-22T17:55:00Z");
	ck_assert_str_eq(clock_rfc3339(0, text, sizeof(text)),
			 "1970-01-01T00:00:00Z");
	ck_assert_uint_ge(clock_mono_ns(), before);
	ck_assert_uint_ge(clock_mono_ms(), before / 1000000);
	ck_assert_int_gt(clock_wall_s(), 1600000000);
	/* Once in 2^96 runs four draws are the same. */
	ck_assert(clock_random() != clock_random() ||
		  clock_random() != clock_random() ||
		  clock_random() != clock_random());
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("log");
	TCase *tc = tcase_create("log");

	tcase_add_checked_fixture(tc, catch, NULL);
	tcase_add_test(tc, test_text);
	tcase_add_test(tc, test_journal);
	tcase_add_test(tc, test_json);
	tcase_add_test(tc, test_long);
	tcase_add_test(tc, test_levels);
	tcase_add_test(tc, test_clock);
	suite_add_tcase(s, tc);
	return s;
}
