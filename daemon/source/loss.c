/*
 * loss - has a source lost what it had, for good, or is something about to
 * come?
 */
#include "config.h"

#include <net/if.h>

#include "daemon/source/pick.h"
#include "daemon/source/source.h"
#include "daemon/source/source_inside.h"
#include "monitor/monitor.h"

/* Is one of them still on a link that is up? Carrier does not count. */
static bool loss_holds(const struct source *s)
{
	const struct monitor *m = s->world->monitor;

	for (size_t i = 0; i < s->n_held; i++) {
		const struct monitor_link *link =
			monitor_link(m, s->held[i].ifindex);
		size_t n;
		const struct monitor_addr *a =
			monitor_addrs(m, s->held[i].ifindex, &n);

		for (size_t k = 0; link && k < n; k++)
			if ((link->flags & IFF_UP) &&
			    addr_equal(&a[k].addr, &s->held[i].addr))
				return true;
	}
	return false;
}

/*
 * The kernel says nothing of an address that router advertisements made
 * before it is through duplicate detection; that the old one is deprecated
 * and still there is all that is known of it till then.
 */
bool source_expects(const struct source *s)
{
	const struct pick_request r = source_request(s);

	return loss_holds(s) || pick_is_coming(&r);
}

/* One that only a NAT leads out from counts when somebody has seen it. */
static bool loss_has_usable(const struct source *s)
{
	return s->n > 0 && (s->known || !s->candidates[0].shut_in);
}

bool source_note_loss(struct source *s)
{
	bool was = s->gone;

	s->gone = !loss_has_usable(s) && s->n_held > 0 && !loss_holds(s);
	if (loss_has_usable(s)) {
		s->verifying = false;
		s->n_held = s->n;
		for (size_t i = 0; i < s->n; i++) {
			s->held[i].addr = s->candidates[i].addr;
			s->held[i].ifindex = s->candidates[i].ifindex;
		}
	}
	return s->gone && !was;
}

void source_tell_loss(struct source *s, bool news)
{
	if (news)
		s->event(s->user, s, SOURCE_GONE);
	if (!s->verifying ||
	    monitor_resyncs(s->world->monitor) == s->resyncs)
		return;
	s->verifying = false;
	if (s->gone)
		s->event(s->user, s, SOURCE_GONE_SURE);
}

void source_verify_loss(struct source *s)
{
	if (!s->gone || s->verifying)
		return;
	s->verifying = true;
	s->resyncs = monitor_resyncs(s->world->monitor);
	monitor_resync(s->world->monitor);
}

bool source_is_gone(const struct source *s)
{
	return s->gone;
}
