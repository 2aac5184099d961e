#include "config.h"

#include <ev.h>

#include "base/clock.h"
#include "daemon/source/candidate.h"
#include "daemon/source/source.h"
#include "daemon/source/source_inside.h"

/* What comes to a source from another resolver, or because of healing. */

void source_pause(struct source *s)
{
	for (size_t i = 0; i < s->n; i++) {
		resolver_cancel(s->world->resolver,
				s->candidates[i].confirm_id);
		s->candidates[i].confirm_id = 0;
	}
}

void source_heal(struct source *s, uint64_t delay_ms)
{
	bool unseen = false;

	for (size_t i = 0; i < s->n; i++)
		unseen |= s->candidates[i].stand == STAND_UNSEEN;
	if (unseen && (!ev_is_active(&s->timer) ||
		       ev_timer_remaining(s->world->loop, &s->timer) >
			       (double)delay_ms / 1000.0))
		source_arm(s, delay_ms);
}

uint64_t source_next_ms(const struct source *s)
{
	double left_s;

	if (!ev_is_active(&s->timer))
		return 0;
	left_s = s->timer.at - ev_now(s->world->loop);
	return clock_mono_ms() + (left_s > 0.0 ? (uint64_t)(left_s * 1000.0)
					       : 0);
}

void source_resume(struct source *s)
{
	bool began = false;

	for (size_t i = 0; i < s->n; i++) {
		if (s->candidates[i].again)
			candidate_again(&s->candidates[i], 0);
		if (s->candidates[i].stand != STAND_ASKING)
			continue;
		candidate_begin(&s->candidates[i]);
		began = true;
	}
	if (began)
		source_conclude(s);
}
