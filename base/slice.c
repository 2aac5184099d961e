#include "config.h"

#include <errno.h>
#include <sched.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/slice.h"

/* The kernel takes no less. */
#define SHORT_NS 100000U

/* struct sched_attr as of Linux 3.14; glibc has none before 2.41. */
struct slice_attr {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime_ns, deadline_ns, period_ns;
};

static int slice_ask(uint64_t ns)
{
	struct slice_attr a = { .size = sizeof(a) };

	if (syscall(SYS_sched_getattr, 0, &a, sizeof(a), 0) < 0)
		return -errno;
	if (a.policy != SCHED_OTHER)
		return -EOPNOTSUPP;
	/* Nice and flags stay as they are. */
	a.size = sizeof(a);
	a.runtime_ns = ns;
	return syscall(SYS_sched_setattr, 0, &a, 0) < 0 ? -errno : 0;
}

int slice_ask_short(void)
{
	return slice_ask(SHORT_NS);
}

int slice_ask_usual(void)
{
	return slice_ask(0);
}
