/*
 * concern - which of the kernel's news matter to a source. A host of
 * containers has hundreds of interfaces that no source draws on: what is
 * told of them ends here.
 */
#include "config.h"

#include "base/addr_class.h"
#include "daemon/source/source.h"
#include "daemon/source/source_inside.h"
#include "daemon/source/uplink.h"
#include "monitor/monitor.h"

/* Could the kernel take it for a source to the world? */
static bool holds_global(const struct source *s, int ifindex)
{
	size_t n;
	const struct monitor_addr *a =
		monitor_addrs(s->world->monitor, ifindex, &n);

	for (size_t i = 0; i < n; i++)
		if (a[i].addr.family == s->family &&
		    addr_class(&a[i].addr, NULL) == ADDR_GLOBAL)
			return true;
	return false;
}

static bool source_is_named(const struct source *s,
			    const struct monitor_link *link)
{
	const struct config_strings *names = &s->config->interfaces;

	if (s->prefix_from)
		return monitor_link_named(link, s->prefix_from);
	for (size_t i = 0; i < names->n; i++)
		if (monitor_link_named(link, names->items[i]))
			return true;
	return false;
}

/* Is it one that the source draws on, leaves by, or has lost? */
static bool source_uses(const struct source *s, int ifindex)
{
	if (ifindex == s->uplink)
		return true;
	for (size_t i = 0; i < s->n; i++)
		if (s->candidates[i].ifindex == ifindex ||
		    s->candidates[i].egress.ifindex == ifindex)
			return true;
	for (size_t i = 0; i < s->n_held; i++)
		if (s->held[i].ifindex == ifindex)
			return true;
	return false;
}

bool source_concerns(const struct source *s, int ifindex)
{
	const struct monitor_link *link =
		monitor_link(s->world->monitor, ifindex);
	uint32_t metric;

	if (source_uses(s, ifindex))
		return true;
	/* One that is gone, and that was nothing to the source. */
	if (!link)
		return false;
	if (uplink_metric(s->world->monitor, s->family, ifindex, &metric))
		return true;
	if (s->config->interfaces.n > 0 || s->prefix_from)
		return source_is_named(s, link);
	/* The uplink has none of its own: whose does the kernel take? */
	return (s->n == 0 || s->candidates[0].ifindex != s->uplink) &&
	       holds_global(s, ifindex);
}
