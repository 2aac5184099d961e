#include "config.h"

#include <check.h>
#include <string.h>

#include "hooks/hook_queue.h"
#include "tests/support/suite.h"

/*
 * A story: a letter adds an item of that key, '+' starts the next one, '-X'
 * ends the running one of key X, '!' drops the oldest. What '+' and '!'
 * gave is written down, '.' for nothing.
 */
static const struct story {
	const char *name;
	const char *acts;
	const char *got;
} stories[] = {
	{ "nothing waits", "+!", ".." },
	{ "one after the other in order", "abc+++", "abc" },
	{ "the same key waits for its own", "aab++", "ab" },
	{ "... and never overtakes", "aaab++-a+-a+", "abaa" },
	{ "a key that ended is free again", "aa+-a+", "aa" },
	{ "the oldest is dropped", "abc!++", "abc" },
	{ "a dropped last one leaves a sound queue", "a!b+", "ab" },
	{ "taking the last of many leaves a sound queue", "aab++c-a+-a+",
	  "abac" },
	{ "what runs is not dropped", "a+!", "a." },
};

START_TEST(test_story)
{
	const struct story *st = &stories[_i];
	struct hook_item items[16];
	char keys[16][2] = { "" }, got[16] = "";
	struct hook_queue q;
	size_t n = 0, n_got = 0;

	hook_queue_init(&q);
	for (const char *p = st->acts; *p; p++) {
		struct hook_item *item = NULL;

		if (*p == '-') {
			p++;
			for (item = q.running; item; item = item->next)
				if (item->key[0] == *p)
					break;
			ck_assert_ptr_nonnull(item);
			hook_queue_end(&q, item);
			continue;
		}
		if (*p != '+' && *p != '!') {
			keys[n][0] = *p;
			items[n].key = keys[n];
			hook_queue_add(&q, &items[n++]);
			continue;
		}
		item = *p == '+' ? hook_queue_next(&q) : hook_queue_drop(&q);
		got[n_got++] = item ? item->key[0] : '.';
	}
	ck_assert_msg(strcmp(got, st->got) == 0, "%s: %s, not %s", st->name,
		      got, st->got);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("hook_queue");
	TCase *tc = tcase_create("order");

	tcase_add_loop_test(tc, test_story, 0, SUITE_COUNT(stories));
	suite_add_tcase(s, tc);
	return s;
}
