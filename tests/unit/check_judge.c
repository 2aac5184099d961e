#include "config.h"

#include <check.h>

#include "daemon/record/judge.h"
#include "tests/support/suite.h"

static const struct row {
	const char *name;
	struct judge_facts facts;
	enum record_event want;
} rows[] = {
	{ "all say it", { .verdict = RESOLVER_RIGHT }, RECORD_RIGHT },
	{ "none says it", { .verdict = RESOLVER_DIFFERS }, RECORD_DIFFERS },
	{ "some say it", { .verdict = RESOLVER_PROPAGATING },
	  RECORD_PROPAGATING },
	{ "a CNAME", { .verdict = RESOLVER_ALIAS }, RECORD_ALIAS },
	{ "nobody could say, and it is news",
	  { .verdict = RESOLVER_UNKNOWN }, RECORD_UNKNOWN_SEND },
	{ "nobody could say, and it was accepted before",
	  { .verdict = RESOLVER_UNKNOWN, .accepted = true },
	  RECORD_UNKNOWN_KEEP },
	{ "differs just after it was accepted: the servers lag",
	  { .verdict = RESOLVER_DIFFERS, .accepted = true, .fresh = true },
	  RECORD_PROPAGATING },
	{ "differs long after: somebody changed it, once more",
	  { .verdict = RESOLVER_DIFFERS, .accepted = true }, RECORD_DIFFERS },
	{ "... but no third time",
	  { .verdict = RESOLVER_DIFFERS, .accepted = true, .resent = true },
	  RECORD_OVERRULED },
	{ "watching, not there yet",
	  { .verdict = RESOLVER_DIFFERS, .watching = true, .accepted = true,
	    .fresh = true }, RECORD_DIFFERS },
	{ "watching, TTL and grace over",
	  { .verdict = RESOLVER_PROPAGATING, .watching = true,
	    .accepted = true, .overdue = true }, RECORD_OVERDUE },
	{ "... for the second time",
	  { .verdict = RESOLVER_PROPAGATING, .watching = true,
	    .accepted = true, .overdue = true, .resent = true },
	  RECORD_OVERRULED },
	{ "right, but an update that was given up may still land",
	  { .verdict = RESOLVER_RIGHT, .stray = STRAY_POSSIBLE },
	  RECORD_PROPAGATING },
	{ "... and it can no more",
	  { .verdict = RESOLVER_RIGHT, .stray = STRAY_OVER }, RECORD_RIGHT },
	{ "differs while it may: ours may still be on its way as well",
	  { .verdict = RESOLVER_DIFFERS, .watching = true, .accepted = true,
	    .fresh = true, .stray = STRAY_POSSIBLE }, RECORD_DIFFERS },
	{ "differs, and ours was never accepted: it landed",
	  { .verdict = RESOLVER_DIFFERS, .watching = true,
	    .stray = STRAY_POSSIBLE }, RECORD_OVERTAKEN },
	{ "differs when it can no more: it came after ours",
	  { .verdict = RESOLVER_DIFFERS, .watching = true, .accepted = true,
	    .fresh = true, .stray = STRAY_OVER }, RECORD_OVERTAKEN },
	{ "watching, nobody can say: nothing is sent for that",
	  { .verdict = RESOLVER_UNKNOWN, .watching = true, .accepted = true,
	    .overdue = true }, RECORD_OVERRULED },
	{ "nobody can say, but it is known to be shown differently",
	  { .verdict = RESOLVER_UNKNOWN, .accepted = true, .resent = true,
	    .differs = true }, RECORD_OVERRULED },
	{ "watching, nobody can say yet",
	  { .verdict = RESOLVER_UNKNOWN, .watching = true, .accepted = true },
	  RECORD_UNKNOWN_KEEP },
};

START_TEST(test_row)
{
	const struct row *r = &rows[_i];
	enum record_event got = judge(&r->facts);

	ck_assert_msg(got == r->want, "%s: %s, not %s", r->name,
		      record_event_name(got), record_event_name(r->want));
}
END_TEST

/* Nobody's answer never looks like somebody's. */
START_TEST(test_unknown_never_sends_an_accepted_value)
{
	for (unsigned int bits = 0; bits < 16; bits++) {
		struct judge_facts f = {
			.verdict = RESOLVER_UNKNOWN,
			.accepted = true,
			.watching = bits & 1,
			.fresh = bits & 2,
			.overdue = bits & 4,
			.resent = bits & 8,
		};
		enum record_event e = judge(&f);

		ck_assert(e == RECORD_UNKNOWN_KEEP || e == RECORD_OVERRULED);
	}
}
END_TEST

START_TEST(test_watch_delays_grow)
{
	ck_assert_uint_eq(judge_watch_delay_ms(0), 0);
	for (unsigned int n = 1; n < 40; n++) {
		ck_assert_uint_ge(judge_watch_delay_ms(n + 1),
				  judge_watch_delay_ms(n));
		ck_assert_uint_le(judge_watch_delay_ms(n), 30000);
	}
}
END_TEST

static const struct whom_row {
	const char *name;
	struct judge_facts facts;
	enum judge_whom want;
} whoms[] = {
	{ "they said it", { .verdict = RESOLVER_DIFFERS, .can_look = true },
	  JUDGE_NOBODY },
	{ "the provider first",
	  { .verdict = RESOLVER_UNKNOWN, .can_look = true }, JUDGE_PROVIDER },
	{ "... but once",
	  { .verdict = RESOLVER_UNKNOWN, .can_look = true, .looked = true },
	  JUDGE_RESOLVER },
	{ "it cannot tell", { .verdict = RESOLVER_UNKNOWN }, JUDGE_RESOLVER },
	{ "the resolver cannot either",
	  { .verdict = RESOLVER_UNKNOWN, .resolved = true }, JUDGE_NOBODY },
	{ "what was accepted decides, not the resolver",
	  { .verdict = RESOLVER_UNKNOWN, .known = true }, JUDGE_NOBODY },
	{ "... where the provider does not",
	  { .verdict = RESOLVER_UNKNOWN, .known = true, .can_look = true },
	  JUDGE_PROVIDER },
	{ "the watched have time",
	  { .verdict = RESOLVER_UNKNOWN, .watching = true, .can_look = true },
	  JUDGE_NOBODY },
	{ "... until it is over",
	  { .verdict = RESOLVER_UNKNOWN, .watching = true, .overdue = true,
	    .can_look = true }, JUDGE_PROVIDER },
	{ "... and the resolver is never asked of them",
	  { .verdict = RESOLVER_UNKNOWN, .watching = true, .overdue = true },
	  JUDGE_NOBODY },
};

START_TEST(test_whom_else)
{
	const struct whom_row *r = &whoms[_i];

	ck_assert_msg(judge_whom_else(&r->facts) == r->want, "%s", r->name);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("judge");
	TCase *tc = tcase_create("rows");

	tcase_add_loop_test(tc, test_row, 0, SUITE_COUNT(rows));
	tcase_add_test(tc, test_unknown_never_sends_an_accepted_value);
	tcase_add_test(tc, test_watch_delays_grow);
	tcase_add_loop_test(tc, test_whom_else, 0, SUITE_COUNT(whoms));
	suite_add_tcase(s, tc);
	return s;
}
