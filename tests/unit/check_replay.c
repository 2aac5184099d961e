/*
 * What real kernels said, replayed to the monitor: whole, in bulk, and with
 * losses, repeats and in another order. Streams are recorded by
 * tests/support/record_streams.py.
 */
#include "config.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ev.h>

#include "monitor/monitor.h"
#include "tests/support/fake_nl_sock.h"
#include "tests/support/replay.h"
#include "tests/support/stream.h"
#include "tests/support/suite.h"

static glob_t files;
static struct stream stream;
static struct replay replay;

static void open_stream(int i)
{
	ck_assert_int_eq(stream_read(files.gl_pathv[i], &stream), 0);
	replay_start(&replay, &stream);
}

static void close_stream(const char *how)
{
	char *fault = replay_fault(&replay);

	ck_assert_msg(!fault, "%s: %s", how, fault);
	replay_end(&replay);
	stream_free(&stream);
}

/* The nth datagram, or NULL. */
static const struct stream_frame *heard(size_t n)
{
	for (size_t i = 0; i < stream.n; i++)
		if (stream.frames[i].kind == STREAM_HEARD && n-- == 0)
			return &stream.frames[i];
	return NULL;
}

static size_t count_heard(void)
{
	size_t n = 0;

	while (heard(n))
		n++;
	return n;
}

START_TEST(test_one_by_one)
{
	open_stream(_i);
	for (size_t n = 0; heard(n); n++) {
		replay_hear(heard(n));
		for (int i = 0; i < 4; i++)
			ev_run(replay.loop, EVRUN_NOWAIT);
	}
	replay_turn(&replay);
	close_stream(files.gl_pathv[_i]);
}
END_TEST

START_TEST(test_in_bulk)
{
	open_stream(_i);
	for (size_t n = 0; heard(n); n++)
		replay_hear(heard(n));
	replay_turn(&replay);
	close_stream(files.gl_pathv[_i]);
}
END_TEST

/* All of them again, after a dump that knew how it ends. */
START_TEST(test_old_after_dump)
{
	open_stream(_i);
	fake_nl_fail(-ENOBUFS);
	replay_turn(&replay);
	for (size_t n = 0; heard(n); n++)
		replay_hear(heard(n));
	fake_nl_fail(-EMSGSIZE);
	replay_turn(&replay);
	close_stream(files.gl_pathv[_i]);
}
END_TEST

/* Lost, doubled and in any order; then it is heard that some were lost. */
START_TEST(test_any_order)
{
	char how[512];

	for (unsigned int seed = 1; seed <= 40; seed++) {
		size_t n;

		open_stream(_i);
		srandom(seed);
		n = count_heard();
		for (size_t i = 0; n > 0 && i < n; i++) {
			replay_hear(heard((size_t)random() % n));
			if (random() % 4 == 0)
				ev_run(replay.loop, EVRUN_NOWAIT);
			if (random() % 16 == 0)
				fake_nl_fail(-ENOBUFS);
		}
		fake_nl_fail(-ENOBUFS);
		for (int i = 0; i < 4; i++)
			ev_run(replay.loop, EVRUN_NOWAIT);
		(void)snprintf(how, sizeof(how), "%s, seed %u",
			       files.gl_pathv[_i], seed);
		close_stream(how);
	}
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("replay");
	TCase *tc = tcase_create("streams");
	const char *top = getenv("top_srcdir");
	char pattern[4096];
	int n;

	(void)snprintf(pattern, sizeof(pattern),
		       "%s/tests/support/streams/*.nl", top ? top : ".");
	if (glob(pattern, 0, NULL, &files) != 0) {
		printf("%s: no streams\n", pattern);
		exit(1);
	}
	n = (int)files.gl_pathc;
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, test_one_by_one, 0, n);
	tcase_add_loop_test(tc, test_in_bulk, 0, n);
	tcase_add_loop_test(tc, test_old_after_dump, 0, n);
	tcase_add_loop_test(tc, test_any_order, 0, n);
	suite_add_tcase(s, tc);
	return s;
}
