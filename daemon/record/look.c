#include "config.h"

#include <errno.h>

#include "base/clock.h"
#include "daemon/record/account.h"
#include "daemon/record/look.h"
#include "monitor/monitor.h"

int look_start(struct entry *e, notify_done_fn *done)
{
	const struct notify_account *info = account_info(e->account);
	struct notify_job job = {
		.account = info->name,
		.name = e->config->name,
		.zone = e->answer ? e->answer->zone : NULL,
	};
	struct notify_set *set = e->family == AF_INET ? &job.ipv4 : &job.ipv6;
	const struct source_candidate *c;
	const struct monitor_link *link;
	size_t n;

	if (!info->can_look)
		return -EOPNOTSUPP;
	if (account_not_before_ms(e->account) > clock_mono_ms())
		return -EAGAIN;
	set->given = true;
	c = source_candidates(e->source, &n);
	if (n > 0 && source_config(e->source)->bind && !e->withdrawing) {
		/* As an update would leave, by a connection from there. */
		set->source = c[0].egress.source;
		job.mark = c[0].egress.mark;
		link = monitor_link(e->world->monitor, c[0].egress.ifindex);
		job.interface = link ? link->name : NULL;
	}
	return notify_look(account_notify(e->account), &job, done, e);
}

void look_cancel(struct entry *e, int id)
{
	if (id > 0)
		notify_cancel(account_notify(e->account), id);
}
