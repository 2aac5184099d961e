/*
 * fake_clock - LD_PRELOAD: another wall clock for the programs of a test.
 *
 * $FAKE_CLOCK names a file of three int64_t: the seconds by which
 * CLOCK_REALTIME, CLOCK_BOOTTIME and CLOCK_MONOTONIC are ahead of the
 * machine's. Whoever write()s to it sets the clock, and what the kernel does
 * then is done: a timerfd of CLOCK_REALTIME that was armed with
 * TFD_TIMER_CANCEL_ON_SET becomes readable, and its read() fails.
 *
 * The machine's own clock is everybody's, and a test may not set it.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { AHEAD_REALTIME, AHEAD_BOOTTIME, AHEAD_MONOTONIC, N_AHEAD };

static const volatile int64_t *ahead_s;

static void fake_clock_open(void)
{
	static const int64_t none[N_AHEAD];
	const char *path = getenv("FAKE_CLOCK");
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	void *p = MAP_FAILED;

	if (fd >= 0) {
		p = mmap(NULL, sizeof(none), PROT_READ, MAP_SHARED, fd, 0);
		(void)close(fd);
	}
	ahead_s = p == MAP_FAILED ? none : p;
}

/* clock_gettime() of libc would find this file again. */
static int fake_clock_read(clockid_t clock, struct timespec *ts)
{
	int r = (int)syscall(SYS_clock_gettime, clock, ts);

	if (!ahead_s)
		fake_clock_open();
	if (r == 0 && (clock == CLOCK_REALTIME ||
		       clock == CLOCK_REALTIME_COARSE))
		ts->tv_sec += ahead_s[AHEAD_REALTIME];
	else if (r == 0 && clock == CLOCK_BOOTTIME)
		ts->tv_sec += ahead_s[AHEAD_BOOTTIME];
	else if (r == 0 && clock == CLOCK_MONOTONIC)
		ts->tv_sec += ahead_s[AHEAD_MONOTONIC];
	return r;
}

int clock_gettime(clockid_t clock, struct timespec *ts)
{
	return fake_clock_read(clock, ts);
}

int gettimeofday(struct timeval *restrict tv, void *restrict tz)
{
	struct timespec ts;
	int r = fake_clock_read(CLOCK_REALTIME, &ts);

	(void)tz;
	if (r == 0)
		*tv = (struct timeval){ ts.tv_sec, ts.tv_nsec / 1000 };
	return r;
}

time_t time(time_t *ret)
{
	struct timespec ts = { .tv_sec = -1 };

	(void)fake_clock_read(CLOCK_REALTIME, &ts);
	if (ret)
		*ret = ts.tv_sec;
	return ts.tv_sec;
}

/* An inotify descriptor in its place: a read() of 8 bytes from it fails. */
int timerfd_create(int clock, int flags)
{
	const char *path = getenv("FAKE_CLOCK");

	(void)flags; /* one that would block would be noticed */
	if (clock != CLOCK_REALTIME || !path)
		return (int)syscall(SYS_timerfd_create, clock, flags);
	return inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
}

int timerfd_settime(int fd, int flags, const struct itimerspec *new,
		    struct itimerspec *old)
{
	const int cancel = TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET;
	struct itimerspec is;
	char events[4096];

	if (syscall(SYS_timerfd_gettime, fd, &is) == 0)
		return (int)syscall(SYS_timerfd_settime, fd, flags, new, old);
	while (read(fd, events, sizeof(events)) > 0)
		;
	if ((flags & cancel) != cancel)
		return 0;
	return inotify_add_watch(fd, getenv("FAKE_CLOCK"), IN_MODIFY) < 0
		       ? -1 : 0;
}
