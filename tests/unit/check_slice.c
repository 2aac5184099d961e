#include "config.h"

#include <check.h>
#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/slice.h"
#include "tests/support/suite.h"

struct attr {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime_ns, deadline_ns, period_ns;
};

static struct attr now(void)
{
	struct attr a = { .size = 0 };

	ck_assert_int_eq(syscall(SYS_sched_getattr, 0, &a, sizeof(a), 0), 0);
	return a;
}

/* A container's filter may: then nothing is changed, which is all right. */
static bool is_forbidden(void)
{
	int r = slice_ask_short();

	(void)slice_ask_usual();
	return r == -EPERM || r == -ENOSYS;
}

/* 0 before Linux 6.12: then there is nothing to see. */
START_TEST(test_short_and_usual)
{
	uint64_t usual_ns = now().runtime_ns;

	if (is_forbidden())
		return;
	ck_assert_int_eq(slice_ask_short(), 0);
	if (usual_ns)
		ck_assert_uint_eq(now().runtime_ns, 100000);
	ck_assert_int_eq(slice_ask_usual(), 0);
	ck_assert_uint_eq(now().runtime_ns, usual_ns);
}
END_TEST

START_TEST(test_nice_stays)
{
	ck_assert_int_eq(setpriority(PRIO_PROCESS, 0, 19), 0);
	(void)slice_ask_short();
	ck_assert_int_eq(now().nice, 19);
	ck_assert_uint_eq(now().policy, SCHED_OTHER);
}
END_TEST

/* Somebody has chosen: that is left alone. */
START_TEST(test_another_policy_stays)
{
	const struct sched_param none = { .sched_priority = 0 };

	if (sched_setscheduler(0, SCHED_BATCH, &none) < 0)
		return; /* a container's filter */
	ck_assert_int_eq(slice_ask_short(), -EOPNOTSUPP);
	ck_assert_uint_eq(now().policy, SCHED_BATCH);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("slice");
	TCase *tc = tcase_create("slice");

	tcase_add_test(tc, test_short_and_usual);
	tcase_add_test(tc, test_nice_stays);
	tcase_add_test(tc, test_another_policy_stays);
	suite_add_tcase(s, tc);
	return s;
}
