/*
 * The client side against a program that does what a script says: its first
 * argument chooses between loading and answering.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ev.h>

#include "notify/notify.h"
#include "tests/support/suite.h"
#include "tests/support/wait.h"

#define LIMIT_S 20.

static struct ev_loop *loop;
static struct notify *n;
static char program[64];

static struct {
	int loaded, done, order;
	struct notify_config *config;
	char fault[256];
	struct notify_reply last;
	char text[256];
	int last_id;
} seen;

/*
 * What answers: a Python program, because a shell cannot pass descriptors.
 * body runs with `line` (bytes) and `job` (parsed) for each line read.
 */
static void make_program(const char *load, const char *body)
{
	static const char head[] =
		"#!/usr/bin/env python3\n"
		"import array, json, os, socket, sys, time\n"
		"def say(x):\n"
		"    os.write(1, (x if isinstance(x, str) else json.dumps(x))"
		".encode() + b'\\n')\n"
		"def ok(text='fine', **more):\n"
		"    say(dict(id=job['id'], status='done', text=text, **more))\n"
		"def sealed(x):\n"
		"    s = socket.socket(fileno=os.dup(1))\n"
		"    fd = os.open('/dev/null', os.O_RDONLY)\n"
		"    s.sendmsg([json.dumps(x).encode()], [(socket.SOL_SOCKET,"
		" socket.SCM_RIGHTS, array.array('i', [fd]))])\n"
		"acct = dict(name='a', type='t', ipv4=True, ipv6=True,"
		" zone_batch=False, timeout_s=15, zone='example.org')\n"
		"if '--load' in sys.argv:\n"
		"    %s\n"
		"    sys.exit(0)\n"
		"assert sys.argv[1:3] == ['--sealed', '3'], sys.argv\n"
		"os.fstat(3)\n"
		"for line in sys.stdin:\n"
		"    job = json.loads(line)\n"
		"    %s\n";
	FILE *f = fopen(program, "we");

	ck_assert_ptr_nonnull(f);
	(void)fprintf(f, head, load, body);
	(void)fclose(f);
	ck_assert_int_eq(chmod(program, 0700), 0);
}

static void test_loaded(void *user, struct notify_config *c,
			const struct faults *faults)
{
	(void)user;
	seen.loaded++;
	seen.config = c;
	seen.fault[0] = '\0';
	if (faults->n > 0)
		(void)snprintf(seen.fault, sizeof(seen.fault), "%s",
			       faults->items[0].text);
}

static void test_done(void *user, const struct notify_reply *r)
{
	(void)user;
	seen.done++;
	seen.last = *r;
	(void)snprintf(seen.text, sizeof(seen.text), "%s", r->text);
}

static void setup(void)
{
	struct notify_options o = { .program = program, .linger_ms = 60000 };
	int fd;

	memset(&seen, 0, sizeof(seen));
	(void)snprintf(program, sizeof(program), "/tmp/evddns.XXXXXX");
	fd = mkstemp(program);
	ck_assert_int_ge(fd, 0);
	(void)close(fd);
	loop = ev_default_loop(0);
	ck_assert_int_eq(notify_new(loop, &o, &n), 0);
}

static void teardown(void)
{
	notify_free(n);
	(void)unlink(program);
	ev_loop_destroy(loop);
}

static void use(const char *body)
{
	make_program("sealed({'accounts': [acct]})", body);
	seen.loaded = 0;
	ck_assert_int_eq(notify_load(n, "/x.conf", test_loaded, NULL), 0);
	ck_assert(wait_for(loop, &seen.loaded, 1, LIMIT_S));
	ck_assert_msg(seen.config != NULL, "%s", seen.fault);
	notify_use(n, seen.config);
}

static int submit(const char *name)
{
	struct addr a = { .family = AF_INET, .bytes = { 192, 0, 2, 7 } };
	struct notify_job j = {
		.account = "a", .name = name,
		.ipv4 = { .given = true, .addrs = &a, .n = 1 },
	};
	int before = seen.done, id = notify_submit(n, &j, test_done, NULL);

	ck_assert_int_gt(id, 0);
	ck_assert_int_eq(seen.done, before); /* never from inside */
	return id;
}

START_TEST(test_load)
{
	size_t count;

	make_program("sealed({'accounts': [acct]})", "pass");
	ck_assert_int_eq(notify_load(n, "/x.conf", test_loaded, NULL), 0);
	ck_assert_int_eq(notify_load(n, "/x.conf", test_loaded, NULL),
			 -EBUSY);
	ck_assert(wait_for(loop, &seen.loaded, 1, LIMIT_S));
	ck_assert_ptr_nonnull(seen.config);
	ck_assert_str_eq(notify_config_accounts(seen.config, &count)->zone,
			 "example.org");
	ck_assert_uint_eq(count, 1);
	notify_config_free(seen.config);
}
END_TEST

static const struct load_row {
	const char *load, *word;
} load_rows[] = {
	{ "say({'faults': [{'file': 'f', 'line': 1, 'text': 'wrong'}]})",
	  "wrong" },
	{ "say({'accounts': []})", "no answer" }, /* nothing sealed came */
	{ "say('garbage')", "no answer" },
	{ "pass", "no answer" },
	{ "sys.exit(3)", "status 3" },
	{ "os.kill(os.getpid(), 9)", "signal 9" },
	{ "[os.write(1, b'x' * 65536) for _ in range(1000)]", "" },
};

START_TEST(test_load_faults)
{
	make_program(load_rows[_i].load, "pass");
	ck_assert_int_eq(notify_load(n, "/x.conf", test_loaded, NULL), 0);
	ck_assert(wait_for(loop, &seen.loaded, 1, LIMIT_S));
	ck_assert_ptr_null(seen.config);
	ck_assert_msg(strstr(seen.fault, load_rows[_i].word) != NULL, "%s",
		      seen.fault);
}
END_TEST

START_TEST(test_load_cancelled)
{
	make_program("time.sleep(60)", "pass");
	ck_assert_int_eq(notify_load(n, "/x.conf", test_loaded, NULL), 0);
	notify_load_cancel(n);
	use("pass");
	ck_assert_int_eq(seen.loaded, 1);
}
END_TEST

START_TEST(test_answers)
{
	use("ok(job['name'], retry_after_s=7, sent_monotonic_ns=9,"
	    " families={'ipv4': 'unchanged'})");
	(void)submit("h.example.org");
	ck_assert_uint_eq(notify_pending(n), 1);
	ck_assert(wait_for(loop, &seen.done, 1, LIMIT_S));
	ck_assert_int_eq(seen.last.status, NOTIFY_DONE);
	ck_assert_int_eq(seen.last.ipv4, NOTIFY_UNCHANGED);
	ck_assert_uint_eq(seen.last.retry_after_s, 7);
	ck_assert_uint_eq(seen.last.sent_ns, 9);
	ck_assert_str_eq(seen.text, "h.example.org");
	ck_assert_uint_eq(notify_pending(n), 0);
	for (int i = 0; i < 500; i++)
		(void)submit("h.example.org");
	ck_assert(wait_for(loop, &seen.done, 501, LIMIT_S));
}
END_TEST

START_TEST(test_no_configuration)
{
	struct notify_job j = { .account = "a", .name = "b.c" };

	ck_assert_int_eq(notify_submit(n, &j, test_done, NULL), -ENOENT);
	notify_prepare(n, NULL, 0);
}
END_TEST

START_TEST(test_cancel)
{
	int id;

	use("'cancel' in job or ok() if job.get('name') != 'slow.example'"
	    " else None");
	id = submit("slow.example");
	notify_cancel(n, id);
	notify_cancel(n, id);
	ck_assert_uint_eq(notify_pending(n), 0);
	(void)submit("h.example.org");
	ck_assert(wait_for(loop, &seen.done, 1, LIMIT_S));
	ck_assert_int_eq(seen.done, 1);
}
END_TEST

START_TEST(test_dies)
{
	use("os.kill(os.getpid(), 9) if job['name'] == 'kill.example' else"
	    " ok()");
	(void)submit("kill.example");
	(void)submit("other.example");
	ck_assert(wait_for(loop, &seen.done, 2, LIMIT_S));
	ck_assert_int_eq(seen.last.status, NOTIFY_RETRY);
	ck_assert_ptr_nonnull(strstr(seen.text, "signal 9"));
	ck_assert(seen.last.no_process && seen.last.lost);
	/* Not started again at once: the job is told so from the loop. */
	(void)submit("h.example.org");
	ck_assert(wait_for(loop, &seen.done, 3, LIMIT_S));
	ck_assert_int_eq(seen.last.status, NOTIFY_RETRY);
	ck_assert(seen.last.no_process && !seen.last.lost);
	ck_assert_uint_ge(seen.last.again_ms, 1);
}
END_TEST

START_TEST(test_will_not_start)
{
	use("ok()");
	ck_assert_int_eq(unlink(program), 0);
	(void)submit("h.example.org");
	ck_assert(wait_for(loop, &seen.done, 1, LIMIT_S));
	ck_assert_int_eq(seen.last.status, NOTIFY_RETRY);
	ck_assert_ptr_nonnull(strstr(seen.text, "would not start"));
}
END_TEST

START_TEST(test_nonsense)
{
	use("say('nonsense'); say({'id': 9999, 'status': 'done'});"
	    " say({'id': None, 'status': 'refused', 'text': 'x'});"
	    " say('y' * 1000); ok()");
	(void)submit("h.example.org");
	ck_assert(wait_for(loop, &seen.done, 1, LIMIT_S));
	ck_assert_int_eq(seen.last.status, NOTIFY_DONE);
	/* A line without end: such a process is given up. */
	use("os.write(1, b'z' * 300000)");
	(void)submit("h.example.org");
	ck_assert(wait_for(loop, &seen.done, 2, LIMIT_S));
	ck_assert_int_eq(seen.last.status, NOTIFY_RETRY);
}
END_TEST

/* A reload: the old process finishes what it has, the new one the rest. */
START_TEST(test_reload)
{
	use("time.sleep(0.3); ok('old')");
	(void)submit("h.example.org");
	use("ok('new')");
	(void)submit("h.example.org");
	ck_assert(wait_for(loop, &seen.done, 1, LIMIT_S));
	ck_assert(wait_for(loop, &seen.done, 2, LIMIT_S));
	ck_assert_int_eq(seen.last.status, NOTIFY_DONE);
}
END_TEST

/* It goes when it has been idle, and comes back when it is needed. */
START_TEST(test_linger)
{
	char pid[256];

	use("ok(str(os.getpid()))");
	notify_set_linger(n, 0);
	(void)submit("h.example.org");
	ck_assert(wait_for(loop, &seen.done, 1, LIMIT_S));
	(void)snprintf(pid, sizeof(pid), "%s", seen.text);
	for (int i = 0; i < 2000 && kill(atoi(pid), 0) == 0; i++) {
		(void)ev_run(loop, EVRUN_NOWAIT);
		(void)usleep(5000);
	}
	ck_assert_int_eq(kill(atoi(pid), 0), -1);
	(void)submit("h.example.org");
	ck_assert(wait_for(loop, &seen.done, 2, LIMIT_S));
	ck_assert_int_eq(seen.last.status, NOTIFY_DONE);
	ck_assert_str_ne(seen.text, pid);
}
END_TEST

START_TEST(test_many_times)
{
	int before;

	use("ok()");
	(void)submit("h.example.org");
	ck_assert(wait_for(loop, &seen.done, 1, LIMIT_S));
	before = wait_open_fds();
	for (int i = 0; i < 5; i++) {
		use("ok()");
		(void)submit("h.example.org");
		ck_assert(wait_for(loop, &seen.done, i + 2, LIMIT_S));
	}
	for (int i = 0; i < 2000 && wait_open_fds() > before; i++) {
		(void)ev_run(loop, EVRUN_NOWAIT);
		(void)usleep(5000);
	}
	ck_assert_int_eq(wait_open_fds(), before);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("notify");
	TCase *tc = tcase_create("client");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_load);
	tcase_add_loop_test(tc, test_load_faults, 0, SUITE_COUNT(load_rows));
	tcase_add_test(tc, test_load_cancelled);
	tcase_add_test(tc, test_answers);
	tcase_add_test(tc, test_no_configuration);
	tcase_add_test(tc, test_cancel);
	tcase_add_test(tc, test_dies);
	tcase_add_test(tc, test_will_not_start);
	tcase_add_test(tc, test_nonsense);
	tcase_add_test(tc, test_reload);
	tcase_add_test(tc, test_linger);
	tcase_add_test(tc, test_many_times);
	suite_add_tcase(s, tc);
	return s;
}
