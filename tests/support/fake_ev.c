#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include <ev.h>

#include "base/clock.h"
#include "tests/support/fake_ev.h"

#define WATCHERS_MAX 256

static ev_timer *timers[WATCHERS_MAX];
static ev_prepare *prepares[WATCHERS_MAX];
static int n_timers, n_prepares;
static uint64_t now_ms = 1000000;
static int64_t wall_ahead_s = 1700000000;
static uint64_t random_state = 1;
static char loop;

void fake_ev_reset(uint32_t seed)
{
	while (n_timers > 0)
		timers[--n_timers]->active = 0;
	while (n_prepares > 0)
		prepares[--n_prepares]->active = 0;
	random_state = seed * 2654435761ULL + 1;
}

struct ev_loop *fake_ev_loop(void)
{
	return (struct ev_loop *)(void *)&loop;
}

uint64_t fake_ev_now_ms(void)
{
	return now_ms;
}

void fake_ev_advance_to(uint64_t to_ms)
{
	if (to_ms > now_ms)
		now_ms = to_ms;
}

void fake_ev_jump_wall(int64_t by_s)
{
	wall_ahead_s += by_s;
}

uint32_t fake_ev_dice(uint32_t n)
{
	random_state = random_state * 6364136223846793005ULL +
		       1442695040888963407ULL;
	return (uint32_t)((random_state >> 33) % n);
}

/* ---- base/clock ---- */

uint64_t clock_mono_ms(void)
{
	return now_ms;
}

uint64_t clock_mono_ns(void)
{
	return now_ms * 1000000U;
}

int64_t clock_wall_s(void)
{
	return wall_ahead_s + (int64_t)(now_ms / 1000);
}

int64_t clock_wall_ms(void)
{
	return 1000 * wall_ahead_s + (int64_t)now_ms;
}

int64_t clock_boot_s(void)
{
	return wall_ahead_s;
}

uint32_t clock_random(void)
{
	return fake_ev_dice(UINT32_MAX);
}

const char *clock_rfc3339(int64_t wall_s, char *out, size_t size)
{
	(void)snprintf(out, size, "%lld", (long long)wall_s);
	return out;
}

/* ---- libev; a timer's `at` is kept in seconds of our clock ---- */

static uint64_t due_ms(const ev_timer *w)
{
	return (uint64_t)(w->at * 1000.0 + 0.5);
}

void ev_now_update(struct ev_loop *l)
{
	(void)l;
}

void ev_timer_start(struct ev_loop *l, ev_timer *w)
{
	(void)l;
	if (w->active)
		return;
	if (n_timers == WATCHERS_MAX)
		abort();
	w->at += (double)now_ms / 1000.0;
	w->active = 1;
	timers[n_timers++] = w;
}

void ev_timer_stop(struct ev_loop *l, ev_timer *w)
{
	(void)l;
	if (!w->active)
		return;
	w->active = 0;
	for (int i = 0; i < n_timers; i++)
		if (timers[i] == w)
			timers[i] = timers[--n_timers];
}

ev_tstamp ev_timer_remaining(struct ev_loop *l, ev_timer *w)
{
	(void)l;
	return w->at - (w->active ? (double)now_ms / 1000.0 : 0.0);
}

void ev_prepare_start(struct ev_loop *l, ev_prepare *w)
{
	(void)l;
	if (w->active)
		return;
	if (n_prepares == WATCHERS_MAX)
		abort();
	w->active = 1;
	prepares[n_prepares++] = w;
}

void ev_prepare_stop(struct ev_loop *l, ev_prepare *w)
{
	(void)l;
	if (!w->active)
		return;
	w->active = 0;
	for (int i = 0; i < n_prepares; i++)
		if (prepares[i] == w)
			prepares[i] = prepares[--n_prepares];
}

uint64_t fake_ev_next_ms(void)
{
	uint64_t next = UINT64_MAX;

	for (int i = 0; i < n_timers; i++)
		if (due_ms(timers[i]) < next)
			next = due_ms(timers[i]);
	return next;
}

void fake_ev_turn(void)
{
	for (int i = 0; i < n_timers;) {
		ev_timer *w = timers[i];

		if (due_ms(w) > now_ms) {
			i++;
			continue;
		}
		ev_timer_stop(fake_ev_loop(), w);
		w->cb(fake_ev_loop(), w, EV_TIMER);
		i = 0; /* it may have changed them all */
	}
	for (int i = n_prepares - 1; i >= 0; i--)
		if (i < n_prepares)
			prepares[i]->cb(fake_ev_loop(), prepares[i],
					EV_PREPARE);
}
