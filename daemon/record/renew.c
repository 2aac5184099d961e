#include "config.h"

#include "base/clock.h"
#include "daemon/record/account.h"
#include "daemon/record/renew.h"

/*
 * The provider's own, or a third of what the other owners of a shared name
 * wait for us: with a tenth of jitter, for they may all have begun together.
 */
static uint64_t every_ms_of(const struct entry *e)
{
	uint64_t every_ms = 1000ULL * account_info(e->account)->refresh_s;
	uint64_t owner_ms = e->config->owner_expire_ms / 3;

	owner_ms -= owner_ms / 10;
	owner_ms += (owner_ms / 5 * e->jitter) >> 32;
	if (owner_ms > 0 && (every_ms == 0 || owner_ms < every_ms))
		return owner_ms;
	return every_ms;
}

uint64_t renew_in_ms(const struct entry *e)
{
	uint64_t every_ms = every_ms_of(e);
	int64_t age_ms = 1000 * (clock_wall_s() - e->accepted_at_s);

	if (every_ms == 0)
		return UINT64_MAX;
	if (e->accepted_at_s == 0)
		age_ms = (int64_t)(clock_mono_ms() - e->born_ms);
	/* One from the future was accepted before the clock was set. */
	if (age_ms < 0)
		age_ms = 0;
	return (uint64_t)age_ms >= every_ms ? 0 : every_ms - (uint64_t)age_ms;
}
