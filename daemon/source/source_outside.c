#include "config.h"

#include <ev.h>

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
