#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "notify/core/job.h"
#include "notify/core/job_scan.h"
#include "notify/protocol.h"
#include "tests/support/same_job.h"
#include "tests/support/suite.h"

#define HEAD "{\"id\":1,\"account\":\"a\",\"name\":\"b.c\""
#define SET ",\"ipv4\":[\"192.0.2.7\"]"

static const struct row {
	const char *line;
	int want;
} rows[] = {
	{ HEAD SET "}", 0 },
	{ HEAD ",\"ipv4\":[]}", 0 },
	{ HEAD ",\"ipv6\":[\"2001:db8::7\",\"2001:db8::8\"]}", 0 },
	{ HEAD ",\"zone\":\".\"" SET "}", 0 },
	{ HEAD ",\"zone\":\"c\"" SET ",\"ipv6\":[],\"ttl\":60,\"source\":{"
	  "\"ipv4\":\"192.0.2.1\",\"ipv6\":\"::1\"},\"interface\":\"wan0\","
	  "\"mark\":4294967295,\"more\":true}", 0 },
	{ HEAD SET ",\"source\":{\"ipv6\":\"::1\"}}", 0 },
	{ "{\"id\":1,\"account\":\"\",\"name\":\"B.C.\"" SET "}", 0 },
	/* What is not ours, or is no job. */
	{ "", -EAGAIN },
	{ "{", -EAGAIN },
	{ HEAD "}", -EAGAIN },
	{ HEAD SET, -EAGAIN },
	{ HEAD SET "} ", -EAGAIN },
	{ HEAD SET "}x", -EAGAIN },
	{ HEAD ", \"ipv4\":[]}", -EAGAIN },
	{ HEAD ",\"ipv4\":[\"192.0.2.7\",]}", -EAGAIN },
	{ HEAD ",\"ipv4\":[,\"192.0.2.7\"]}", -EAGAIN },
	{ HEAD ",\"ipv4\":[\"192.0.2.7\"", -EAGAIN },
	{ HEAD ",\"ipv4\":[\"192.0.2.7", -EAGAIN },
	{ HEAD ",\"ipv4\":[\"192.0.2.700\"]}", -EAGAIN },
	{ HEAD ",\"ipv4\":[\"::1\"]}", -EAGAIN },
	{ HEAD ",\"ipv6\":[\"192.0.2.7\"]}", -EAGAIN },
	{ HEAD ",\"zone\":\"d\"" SET "}", -EAGAIN },
	{ HEAD ",\"zone\":\"c\",\"zone\":\"c\"" SET "}", -EAGAIN },
	{ HEAD SET ",\"ttl\":060}", -EAGAIN },
	{ HEAD SET ",\"ttl\":}", -EAGAIN },
	{ HEAD SET ",\"ttl\":6.5}", -EAGAIN },
	{ HEAD SET ",\"ttl\":2147483648}", -EAGAIN },
	{ HEAD SET ",\"mark\":4294967296}", -EAGAIN },
	{ HEAD SET ",\"mark\":99999999999999999999}", -EAGAIN },
	{ HEAD SET ",\"source\":{}}", -EAGAIN },
	{ HEAD SET ",\"source\":{\"ipv4\":\"::1\"}}", -EAGAIN },
	{ HEAD SET ",\"interface\":\"sixteenletters00\"}", -EAGAIN },
	{ HEAD SET ",\"more\":false}", -EAGAIN },
	{ HEAD SET ",\"ptr\":true}", -EAGAIN },
	{ "{\"id\":-1,\"account\":\"a\",\"name\":\"b.c\"" SET "}", -EAGAIN },
	{ "{\"id\":1,\"account\":\"a\\u0041\",\"name\":\"b.c\"" SET "}",
	  -EAGAIN },
	{ "{\"id\":1,\"account\":\"\xc3\xa4\",\"name\":\"b.c\"" SET "}",
	  -EAGAIN },
	{ "{\"id\":1,\"account\":\"a\",\"name\":\"b..c\"" SET "}", -EAGAIN },
};

START_TEST(test_row)
{
	const struct row *r = &rows[_i];
	size_t len = strlen(r->line);
	/* On the heap, and cut to size: reading past it would be seen. */
	char *line = malloc(len + 1);
	struct job *scanned, *read;
	struct job_fault f;

	ck_assert_ptr_nonnull(line);
	memcpy(line, r->line, len);
	line = realloc(line, len ? len : 1);
	ck_assert_int_eq(job_scan(line, len, &scanned), r->want);
	if (r->want == 0) {
		ck_assert_int_eq(job_read(line, len, &read, &f), 0);
		ck_assert(same_job(scanned, read));
		job_free(scanned);
		job_free(read);
	}
	free(line);
}
END_TEST

/* What the daemon writes is read the short way, and rightly. */
START_TEST(test_written)
{
	static const struct addr four[] = {
		{ AF_INET, { 192, 0, 2, 7 } }, { AF_INET, { 192, 0, 2, 255 } },
	};
	static const struct addr six[] = {
		{ AF_INET6, { 0x20, 1, 0xd, 0xb8, [15] = 7 } },
	};

	for (unsigned int bits = 0; bits < 1024; bits++) {
		struct notify_job out = {
			.account = "ns", .name = "home.example.org",
			.zone = bits & 1 ? "example.org" : bits & 2 ? "" : NULL,
			.ttl_s = bits & 4 ? 60 : 0,
			.interface = bits & 8 ? "ppp0" : NULL,
			.mark = bits & 16 ? 7 : 0,
			.more = bits & 32,
		};
		struct buf line = BUF_INIT(4096);
		struct job *scanned, *read;
		struct job_fault f;

		out.ipv4.given = bits & 64 || !(bits & 128);
		out.ipv4.addrs = four;
		out.ipv4.n = bits & 256 ? 2 : 0;
		out.ipv6.given = bits & 128;
		out.ipv6.addrs = six;
		out.ipv6.n = 1;
		if (bits & 512) {
			out.ipv4.source = four[0];
			out.ipv6.source = six[0];
		}
		ck_assert_int_eq(protocol_put_job(&line, 5, &out), 0);
		/* The desk hands lines over without their end. */
		ck_assert_int_eq(job_scan(line.data, line.len - 1, &scanned),
				 0);
		ck_assert_int_eq(job_read(line.data, line.len - 1, &read, &f),
				 0);
		ck_assert(same_job(scanned, read));
		job_free(scanned);
		job_free(read);
		buf_done(&line);
	}
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("job_scan");
	TCase *tc = tcase_create("pure");

	tcase_add_loop_test(tc, test_row, 0, SUITE_COUNT(rows));
	tcase_add_test(tc, test_written);
	suite_add_tcase(s, tc);
	return s;
}
