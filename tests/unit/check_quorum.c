#include "config.h"

#include <ctype.h>
#include <string.h>
#include <sys/socket.h>

#include "resolver/quorum.h"
#include "tests/support/suite.h"

#define VOTES_MOST 6

/*
 * A vote in one word: operator's letter (a capital one: not plain DNS) and
 * what it said: the digit of an address (1 is the candidate), "x" failed,
 * "?" open.
 */
static const struct quorum_need two = { 2, 2 };

static const struct row {
	const char *name;
	const char *votes[VOTES_MOST];
	unsigned int need;
	bool decided;
	enum resolver_seen seen;
	bool dns_only;
	unsigned int need_as; /* 0: as need */
} rows[] = {
	{ "nobody to ask", { NULL }, 1, true, RESOLVER_NOT_SEEN, false },
	{ "not asked yet", { "a?" }, 1, false, RESOLVER_NOT_SEEN, false },
	{ "seen", { "a1", "b?" }, 1, true, RESOLVER_SEEN, true },
	{ "a quorum of none is one", { "a1" }, 0, true, RESOLVER_SEEN, true },
	{ "one of two", { "a1", "b?" }, 2, false, RESOLVER_DISPUTED, true },
	{ "two of two", { "a1", "b1" }, 2, true, RESOLVER_SEEN, true },
	{ "two of one operator are one", { "a1", "a1", "b?" }, 2, false,
	  RESOLVER_DISPUTED, true },
	{ "... and never two", { "a1", "a1" }, 2, true, RESOLVER_DISPUTED,
	  true },
	{ "an operator's second reflector cannot help", { "a1", "a?" }, 2,
	  true, RESOLVER_DISPUTED, true },
	{ "... unless the first said nothing", { "ax", "a?" }, 1, false,
	  RESOLVER_NOT_SEEN, false },
	{ "all failed", { "ax", "bx" }, 1, true, RESOLVER_NOT_SEEN, false },
	{ "too few are left", { "ax", "b?" }, 2, true, RESOLVER_NOT_SEEN,
	  false },
	{ "one liar, one to come", { "a2", "b?" }, 1, false,
	  RESOLVER_DISPUTED, true },
	{ "one liar, one right", { "a2", "b1" }, 1, true, RESOLVER_SEEN,
	  true },
	{ "all redirected: plain DNS alone never says otherwise",
	  { "a2", "b2", "c2" }, 2, true, RESOLVER_DISPUTED, true },
	{ "... and is not waited for where it could only say so",
	  { "a2", "b2", "c?" }, 2, true, RESOLVER_DISPUTED, true },
	{ "... but is where it could see the candidate",
	  { "a2", "b1", "c?" }, 2, false, RESOLVER_DISPUTED, true },
	{ "another kind agrees", { "a2", "B2" }, 2, true, RESOLVER_SEEN_AS,
	  false },
	{ "another kind may still agree", { "a2", "B?" }, 2, false,
	  RESOLVER_DISPUTED, true },
	{ "one of another kind is enough for one", { "A2" }, 1, true,
	  RESOLVER_SEEN_AS, false },
	{ "they disagree", { "A2", "B3" }, 2, true, RESOLVER_DISPUTED,
	  false },
	{ "they disagree, a third decides", { "A2", "B3", "c?" }, 2, false,
	  RESOLVER_DISPUTED, false },
	{ "the candidate's quorum goes first", { "A2", "b1", "c1" }, 2, true,
	  RESOLVER_SEEN, false },
	{ "one liar of another kind is not two", { "A2", "bx" }, 1, true,
	  RESOLVER_DISPUTED, false, 2 },
	{ "... and the next one may see the candidate", { "A2", "b?" }, 1,
	  false, RESOLVER_DISPUTED, false, 2 },
	{ "three operators, one lies", { "A3", "B2", "c2" }, 2, true,
	  RESOLVER_SEEN_AS, false },
	{ "only plain DNS is left, and one said it",
	  { "A2", "b?" }, 2, false, RESOLVER_DISPUTED, false },
};

START_TEST(test_row)
{
	const struct row *r = &rows[_i];
	struct addr candidate = { AF_INET, { 192, 0, 2, '1' } };
	struct quorum_vote votes[VOTES_MOST] = { 0 };
	struct quorum_result q;
	size_t n = 0;

	for (; n < VOTES_MOST && r->votes[n]; n++) {
		char who = r->votes[n][0], what = r->votes[n][1];

		votes[n].operator = (unsigned int)tolower(who);
		votes[n].plain_dns = islower(who);
		votes[n].state = what == '?' ? QUORUM_OPEN :
				 what == 'x' ? QUORUM_FAILED :
					       QUORUM_SAID;
		if (isdigit(what)) {
			votes[n].addr = candidate;
			votes[n].addr.bytes[3] = (uint8_t)what;
		}
	}
	q = quorum_judge(&candidate, votes, n,
			 &(struct quorum_need){ r->need, r->need_as ? r->need_as :
							      r->need });
	ck_assert_msg(q.decided == r->decided, "%s: decided %d", r->name,
		      q.decided);
	ck_assert_msg(q.seen == r->seen, "%s: %d, not %d", r->name,
		      (int)q.seen, (int)r->seen);
	if (q.seen == RESOLVER_SEEN_AS)
		ck_assert_uint_eq(q.seen_as.bytes[3], '2');
	if (q.seen != RESOLVER_SEEN)
		ck_assert_msg(q.dns_only == r->dns_only, "%s: dns_only",
			      r->name);
}
END_TEST

/* What is decided is never changed by what comes later. */
START_TEST(test_decided_is_final)
{
	struct addr candidate = { AF_INET, { 192, 0, 2, '1' } };
	struct quorum_vote votes[4] = { 0 };

	for (unsigned int code = 0; code < 256; code++) {
		struct quorum_result before, after;
		unsigned int left = code;

		/* Four operators, two of either kind: 1, 2, failed, open. */
		for (unsigned int i = 0; i < 4; i++, left /= 4) {
			votes[i].operator = i;
			votes[i].plain_dns = i < 2;
			votes[i].state = left % 4 == 3 ? QUORUM_OPEN :
					 left % 4 == 2 ? QUORUM_FAILED :
							 QUORUM_SAID;
			votes[i].addr = candidate;
			votes[i].addr.bytes[3] = (uint8_t)('1' + left % 4);
		}
		before = quorum_judge(&candidate, votes, 4, &two);
		if (!before.decided)
			continue;
		for (unsigned int i = 0; i < 4; i++) {
			if (votes[i].state != QUORUM_OPEN)
				continue;
			votes[i].state = QUORUM_FAILED;
			after = quorum_judge(&candidate, votes, 4, &two);
			ck_assert(after.decided);
			ck_assert_int_eq(after.seen, before.seen);
			votes[i].state = QUORUM_OPEN;
		}
	}
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("quorum");
	TCase *tc = tcase_create("rows");

	tcase_add_loop_test(tc, test_row, 0, SUITE_COUNT(rows));
	tcase_add_test(tc, test_decided_is_final);
	suite_add_tcase(s, tc);
	return s;
}
