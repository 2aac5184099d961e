#include "config.h"

#include <string.h>

#include "base/clock.h"
#include "daemon/record/quota.h"
#include "daemon/state/state.h"

int64_t quota_spend(const struct notify_limit *l, int64_t full_ms,
		    int64_t now_ms)
{
	/* Upwards: rather one too few than one too many. */
	int64_t one_ms = ((int64_t)l->per_ms + l->n - 1) / l->n;

	if (full_ms > now_ms + l->per_ms)
		full_ms = now_ms + l->per_ms;
	if (full_ms < now_ms)
		full_ms = now_ms;
	full_ms += one_ms;
	return full_ms < now_ms + l->per_ms ? full_ms : now_ms + l->per_ms;
}

static void quota_spent(void *user, const struct notify_account *a)
{
	const struct quota *q = user;
	const struct state_account *was = state_account(q->state, a->name);
	int64_t full_ms[NOTIFY_LIMITS_MAX] = { 0 };
	int64_t now_ms = clock_wall_ms();

	for (size_t i = 0; i < a->n_limits; i++)
		full_ms[i] = quota_spend(&a->limits[i],
					 was ? was->limit_ms[i]
					     : a->full_ms[i], now_ms);
	state_limits_set(q->state, a->name, full_ms);
	notify_set_limits(q->notify, a->name, full_ms);
}

void quota_begin(struct quota *q)
{
	notify_on_spent(q->notify, quota_spent, q);
}

void quota_recall(const struct quota *q, const struct notify_config *accounts)
{
	size_t n;
	const struct notify_account *as = notify_config_accounts(accounts, &n);

	for (size_t i = 0; i < n; i++) {
		const struct state_account *was =
			as[i].n_limits ? state_account(q->state, as[i].name)
				       : NULL;

		if (was)
			notify_set_limits(q->notify, as[i].name,
					  was->limit_ms);
	}
}
