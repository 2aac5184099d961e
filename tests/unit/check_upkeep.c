#include "config.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <ev.h>

#include "base/clock.h"
#include "daemon/upkeep.h"
#include "tests/support/suite.h"

/* What the service manager hears, on a real socket and a real loop. */

#define NAME "evddns-check-upkeep"
#define PERIOD_US "150000" /* so that it is fed each 50 ms */

static struct ev_loop *loop;
static struct upkeep upkeep;
static int manager;
static bool proven;
static unsigned int proofs;
static char said[4096], status[600];

static void say(void *user, char *out, size_t size)
{
	(void)user;
	(void)snprintf(out, size, "%s", status);
}

static bool prove(void *user)
{
	(void)user;
	proofs++;
	return proven;
}

static void tell(void *user)
{
	(void)user;
}

static const struct upkeep_owner owner = {
	.say = say, .prove = prove, .tell = tell,
};

static void setup(void)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int n = snprintf(sun.sun_path + 1, sizeof(sun.sun_path) - 1, "%s-%d",
			 NAME, (int)getpid());
	char path[128];

	manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	ck_assert_int_ge(manager, 0);
	ck_assert_int_eq(bind(manager, (struct sockaddr *)&sun,
			      (socklen_t)(offsetof(struct sockaddr_un,
						   sun_path) +
					  1 + (size_t)n)),
			 0);
	(void)snprintf(path, sizeof(path), "@%s", sun.sun_path + 1);
	ck_assert_int_eq(setenv("NOTIFY_SOCKET", path, 1), 0);
	ck_assert_int_eq(unsetenv("WATCHDOG_USEC"), 0);
	ck_assert_int_eq(unsetenv("WATCHDOG_PID"), 0);
	loop = ev_loop_new(0);
	(void)snprintf(status, sizeof(status), "1 of 2 published");
	proven = true;
	proofs = 0;
}

static void teardown(void)
{
	upkeep_stop(&upkeep);
	(void)close(manager);
	ev_loop_destroy(loop);
}

static void over(struct ev_loop *l, ev_timer *w, int revents)
{
	(void)w;
	(void)revents;
	ev_break(l, EVBREAK_ALL);
}

/* All that was said since, a line each. */
static const char *heard_in(double seconds)
{
	ev_timer end;
	ssize_t n;

	if (seconds > 0.0) {
		ev_now_update(loop);
		ev_timer_init(&end, over, seconds, 0.0);
		ev_timer_start(loop, &end);
		ev_run(loop, 0);
	}
	said[0] = '\0';
	for (;;) {
		size_t len = strlen(said);

		n = recv(manager, said + len, sizeof(said) - 1 - len, 0);
		if (n < 0)
			break;
		said[len + (size_t)n] = '\0';
	}
	return said;
}

static unsigned int count(const char *text, const char *word)
{
	unsigned int n = 0;

	for (; (text = strstr(text, word)) != NULL; text += strlen(word))
		n++;
	return n;
}

START_TEST(test_ready_reload_stop)
{
	unsigned long long us;

	upkeep_start(&upkeep, loop, &owner);
	/* No child of ours is to speak there. */
	ck_assert_ptr_null(getenv("NOTIFY_SOCKET"));
	upkeep_moved(&upkeep);
	ck_assert_str_eq(heard_in(0.0), "");
	upkeep_ready(&upkeep);
	ck_assert_str_eq(heard_in(0.0), "READY=1\nSTATUS=1 of 2 published\n");
	upkeep_reloading(&upkeep);
	(void)heard_in(0.0);
	ck_assert_int_eq(sscanf(said, "RELOADING=1\nMONOTONIC_USEC=%llu\n",
				&us), 1);
	ck_assert_uint_le(us, clock_mono_ns() / 1000);
	ck_assert_uint_ge(us + 10000000, clock_mono_ns() / 1000);
	upkeep_ready(&upkeep);
	ck_assert_str_eq(heard_in(0.0), "READY=1\nSTATUS=1 of 2 published\n");
	upkeep_stopping(&upkeep);
	ck_assert_str_eq(heard_in(0.0), "STOPPING=1\n");
	upkeep_moved(&upkeep);
	ck_assert_str_eq(heard_in(0.3), "");
	ck_assert_uint_eq(proofs, 0);
}
END_TEST

/* Many changes are one line; a long one is cut between characters. */
START_TEST(test_status)
{
	size_t i, len;

	upkeep_start(&upkeep, loop, &owner);
	upkeep_ready(&upkeep);
	(void)heard_in(0.0);
	for (i = 0; i < 1000; i++)
		upkeep_moved(&upkeep);
	ck_assert_str_eq(heard_in(0.4), "STATUS=1 of 2 published\n");
	for (size_t shift = 0; shift < 2; shift++) {
		(void)snprintf(status, sizeof(status), "%s", shift ? "x" : "");
		for (i = shift; i + 2 < sizeof(status); i += 2)
			memcpy(status + i, "\xc3\xbc", 2);
		status[i] = '\0';
		upkeep_moved(&upkeep);
		(void)heard_in(0.4);
		len = strlen(said);
		ck_assert_uint_gt(len, 200);
		ck_assert_mem_eq(said + len - 3, "\xc3\xbc\n", 3);
	}
}
END_TEST

START_TEST(test_watchdog)
{
	ck_assert_int_eq(setenv("WATCHDOG_USEC", PERIOD_US, 1), 0);
	upkeep_start(&upkeep, loop, &owner);
	upkeep_ready(&upkeep);
	ck_assert_uint_eq(count(heard_in(0.0), "WATCHDOG=1\n"), 1);
	ck_assert_uint_ge(count(heard_in(1.0), "WATCHDOG=1\n"), 3);
	/* The loop turns, but the kernel does not answer: not fed. */
	proven = false;
	proofs = 0;
	ck_assert_uint_eq(count(heard_in(1.0), "WATCHDOG"), 0);
	ck_assert_uint_ge(proofs, 3);
	proven = true;
	ck_assert_uint_ge(count(heard_in(1.0), "WATCHDOG=1\n"), 3);
}
END_TEST

/* Another process is meant, or nobody listens. */
START_TEST(test_not_for_us)
{
	ck_assert_int_eq(setenv("WATCHDOG_USEC", PERIOD_US, 1), 0);
	ck_assert_int_eq(setenv("WATCHDOG_PID", "1", 1), 0);
	upkeep_start(&upkeep, loop, &owner);
	upkeep_ready(&upkeep);
	ck_assert_uint_eq(count(heard_in(0.3), "WATCHDOG"), 0);
	upkeep_stop(&upkeep);
	ck_assert_int_eq(setenv("NOTIFY_SOCKET", "relative", 1), 0);
	upkeep_start(&upkeep, loop, &owner);
	upkeep_ready(&upkeep);
	ck_assert_str_eq(heard_in(0.0), "");
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("upkeep");
	TCase *tc = tcase_create("upkeep");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_ready_reload_stop);
	tcase_add_test(tc, test_status);
	tcase_add_test(tc, test_watchdog);
	tcase_add_test(tc, test_not_for_us);
	suite_add_tcase(s, tc);
	return s;
}
