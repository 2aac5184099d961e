#include "config.h"

#include <dirent.h>

#include <ev.h>

#include "tests/support/wait.h"

static void wait_over(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)revents;
	*(bool *)w->data = true;
}

bool wait_for(struct ev_loop *loop, const int *done, int n, double seconds)
{
	bool over = false;
	ev_timer timer;

	ev_now_update(loop);
	ev_timer_init(&timer, wait_over, seconds, 0.);
	timer.data = &over;
	ev_timer_start(loop, &timer);
	while (*done < n && !over)
		ev_run(loop, EVRUN_ONCE);
	ev_timer_stop(loop, &timer);
	return *done >= n;
}

void wait_out(struct ev_loop *loop, double seconds)
{
	const int never = 0;

	(void)wait_for(loop, &never, 1, seconds);
}

int wait_open_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = 0;

	while (d && readdir(d))
		n++;
	if (d)
		(void)closedir(d);
	return n;
}
