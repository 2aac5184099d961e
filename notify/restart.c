#include "config.h"

#include <stdio.h>

#include "base/backoff.h"
#include "base/clock.h"
#include "base/log.h"
#include "notify/restart.h"

/* It died: of a job, perhaps, that must not be repeated for ever. */
static const struct backoff death_backoff = { 500, 60000 };
/* No memory, no descriptor: nobody else is asked for anything by a try. */
static const struct backoff start_backoff = { 250, 5000 };

static void wait_longer(struct restart *r, const struct backoff *b,
			const char *why)
{
	r->failures++;
	r->after_ms = clock_mono_ms() + backoff_ms(b, r->failures,
						   clock_random());
	(void)snprintf(r->why, sizeof(r->why), "%s", why);
	if (r->failures == 1)
		log_warning("%s, it is started again when it is needed", why);
	else
		log_debug("%s, for the %uth time", why, r->failures);
}

void restart_died(struct restart *r, const char *why)
{
	wait_longer(r, &death_backoff, why);
}

void restart_failed(struct restart *r, const char *why)
{
	wait_longer(r, &start_backoff, why);
}

void restart_works(struct restart *r)
{
	if (r->failures > 0)
		log_notice("the update process works again, after %u %s",
			   r->failures,
			   r->failures == 1 ? "failure" : "failures");
	r->failures = 0;
}

uint32_t restart_wait_ms(const struct restart *r)
{
	uint64_t now_ms = clock_mono_ms();

	return r->after_ms > now_ms ? (uint32_t)(r->after_ms - now_ms) : 0;
}
