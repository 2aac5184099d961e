#include "config.h"

#include <stdlib.h>

#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "base/str.h"
#include "daemon/upkeep.h"

/* How long after something happened free memory is given back. */
#define TIDY_S 10.0
/* How often the service manager hears of it at most. */
#define STATUS_S 0.1
#define LINE_MAX_BYTES 300
/* A link that comes up, or a lease, takes a moment: no word of that. */
#define TELL_S 1.0
#define FAR_S  1e9

static void upkeep_say(const struct upkeep *u, char line[LINE_MAX_BYTES])
{
	line[0] = '\0';
	u->owner.say(u->owner.user, line, LINE_MAX_BYTES);
	str_end_whole(line); /* systemd drops what is not UTF-8 */
}

/* A burst of questions leaves much memory free, but not given back. */
static void upkeep_tidy(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)w;
	(void)revents;
#ifdef __GLIBC__
	(void)malloc_trim(0);
#endif
}

static void upkeep_status_due(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct upkeep *u = w->data;
	char line[LINE_MAX_BYTES];

	(void)loop;
	(void)revents;
	upkeep_say(u, line);
	sd_notify_status(&u->sd, line);
}

static void upkeep_tell_due(struct ev_loop *loop, ev_timer *w, int revents)
{
	const struct upkeep *u = w->data;

	(void)loop;
	(void)revents;
	u->owner.tell(u->owner.user);
}

/* That this is called proves the loop. */
static void upkeep_watchdog_due(struct ev_loop *loop, ev_timer *w,
				int revents)
{
	struct upkeep *u = w->data;

	(void)loop;
	(void)revents;
	if (u->owner.prove(u->owner.user))
		sd_notify_alive(&u->sd);
}

static void upkeep_clock_due(struct ev_loop *loop, ev_periodic *w, int revents)
{
	(void)loop;
	(void)w;
	(void)revents;
}

/*
 * With a periodic in the far future libev has a timerfd tell when the clock is
 * set; without one it wakes once a minute to look. It holds up no loop.
 */
static void upkeep_quiet_clock(struct upkeep *u)
{
	ev_periodic_init(&u->clock, upkeep_clock_due, ev_now(u->loop) + FAR_S,
			 0.0, NULL);
	ev_periodic_start(u->loop, &u->clock);
	ev_unref(u->loop);
}

static void upkeep_arm(struct upkeep *u, ev_timer *t, double after_s)
{
	if (ev_is_active(t))
		return;
	ev_now_update(u->loop);
	ev_timer_set(t, after_s, 0.0);
	ev_timer_start(u->loop, t);
}

void upkeep_start(struct upkeep *u, struct ev_loop *loop,
		  const struct upkeep_owner *owner)
{
	*u = (struct upkeep){ .loop = loop, .owner = *owner };
	sd_notify_open(&u->sd);
	ev_timer_init(&u->tidy, upkeep_tidy, TIDY_S, 0.0);
	ev_timer_init(&u->status, upkeep_status_due, STATUS_S, 0.0);
	ev_timer_init(&u->tell, upkeep_tell_due, TELL_S, 0.0);
	ev_timer_init(&u->watchdog, upkeep_watchdog_due, 0.0, 0.0);
	u->status.data = u;
	u->tell.data = u;
	u->watchdog.data = u;
	upkeep_quiet_clock(u);
}

void upkeep_stop(struct upkeep *u)
{
	ev_ref(u->loop);
	ev_periodic_stop(u->loop, &u->clock);
	ev_timer_stop(u->loop, &u->tidy);
	ev_timer_stop(u->loop, &u->status);
	ev_timer_stop(u->loop, &u->tell);
	ev_timer_stop(u->loop, &u->watchdog);
	sd_notify_close(&u->sd);
}

void upkeep_ready(struct upkeep *u)
{
	double period_s = (double)u->sd.watchdog_ms / 3000.0;
	char line[LINE_MAX_BYTES];

	u->ready = true;
	upkeep_say(u, line);
	sd_notify_ready(&u->sd, line);
	if (u->sd.watchdog_ms == 0 || ev_is_active(&u->watchdog))
		return;
	(void)u->owner.prove(u->owner.user);
	sd_notify_alive(&u->sd);
	ev_timer_set(&u->watchdog, period_s, period_s);
	ev_timer_start(u->loop, &u->watchdog);
}

void upkeep_reloading(struct upkeep *u)
{
	sd_notify_reloading(&u->sd);
}

void upkeep_stopping(struct upkeep *u)
{
	u->ready = false;
	ev_timer_stop(u->loop, &u->status);
	ev_timer_stop(u->loop, &u->tell);
	sd_notify_stopping(&u->sd);
}

void upkeep_moved(struct upkeep *u)
{
	upkeep_arm(u, &u->tidy, TIDY_S);
	if (u->ready)
		upkeep_arm(u, &u->tell, TELL_S);
	if (u->ready && sd_notify_wanted(&u->sd))
		upkeep_arm(u, &u->status, STATUS_S);
}
