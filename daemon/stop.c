#include "config.h"

#include <stdio.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "daemon/record/account.h"
#include "daemon/record/entry.h"
#include "daemon/setup/setup.h"
#include "daemon/stop.h"

/* The whole end is to take less than a second. */
#define WITHDRAW_MS 700
#define HOOKS_MS 600
#define ALL_MS 900
/* So many are named. */
#define NAMED_MOST 5

static bool stop_is_busy(const struct stop *s)
{
	size_t n;
	struct entry *const *entries = setup_entries(s->setup, &n);

	for (size_t i = 0; i < n; i++)
		if (entry_is_removing(entries[i]))
			return true;
	return false;
}

/* Once for all of them. */
static void stop_tell(const struct stop *s)
{
	size_t n, n_left = 0;
	struct entry *const *entries = setup_entries(s->setup, &n);
	struct buf names = BUF_INIT(NAMED_MOST * 600);

	for (size_t i = 0; i < n; i++) {
		const struct entry *e = entries[i];

		if (!entry_has_left(e) || n_left++ >= NAMED_MOST)
			continue;
		buf_addf(&names, "%s%s (%s, %s)", n_left > 1 ? ", " : "",
			   e->config->name, entry_family_name(e),
			   account_info(e->account)->name);
	}
	if (n_left > 0)
		log_warning("not withdrawn before the end: %.*s%s",
			    (int)names.len, names.len ? names.data : "",
			    n_left > NAMED_MOST ? " and others" : "");
	buf_done(&names);
}

void stop_end(struct stop *s)
{
	size_t n;
	struct entry *const *entries;

	if (!s->setup)
		return;
	ev_timer_stop(s->loop, &s->deadline);
	ev_prepare_stop(s->loop, &s->turn);
	stop_tell(s);
	/* What has left may still arrive: no longer sure to stand. */
	entries = setup_entries(s->setup, &n);
	for (size_t i = 0; i < n; i++)
		if (entry_is_removing(entries[i]))
			entry_abandon(entries[i]);
	s->setup = NULL;
}

static void stop_over(struct stop *s)
{
	stop_end(s);
	s->done(s->user);
}

static void stop_due(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)revents;
	stop_over(w->data);
}

static void stop_turn(struct ev_loop *loop, ev_prepare *w, int revents)
{
	struct stop *s = w->data;

	(void)revents;
	ev_prepare_stop(loop, w);
	if (!stop_is_busy(s))
		stop_over(s);
}

void stop_moved(struct stop *s)
{
	if (s->setup)
		ev_prepare_start(s->loop, &s->turn);
}

bool stop_begin(struct stop *s, struct ev_loop *loop, struct setup *setup,
		stop_done_fn *done, void *user)
{
	size_t n;
	struct entry *const *entries = setup_entries(setup, &n);

	*s = (struct stop){
		.loop = loop,
		.setup = setup,
		.done = done,
		.user = user,
		.began_ms = clock_mono_ms(),
	};
	ev_now_update(loop);
	ev_timer_init(&s->deadline, stop_due, WITHDRAW_MS / 1000.0, 0.0);
	s->deadline.data = s;
	ev_prepare_init(&s->turn, stop_turn);
	s->turn.data = s;
	for (size_t i = 0; i < n; i++)
		entry_stop(entries[i]);
	if (!stop_is_busy(s)) {
		stop_end(s);
		return false;
	}
	ev_now_update(loop);
	ev_timer_start(loop, &s->deadline);
	return true;
}

double stop_patience_s(const struct stop *s)
{
	uint64_t gone_ms = clock_mono_ms() - s->began_ms;
	uint64_t left_ms = gone_ms < ALL_MS ? ALL_MS - gone_ms : 0;

	return (double)(left_ms < HOOKS_MS ? left_ms : HOOKS_MS) / 1000.0;
}
