#include "config.h"

#include <linux/rtnetlink.h>

#include "daemon/source/way.h"
#include "monitor/monitor.h"
#include "net/route.h"

/* IFF_LOWER_UP: <linux/if.h>, which has it, does not go with <net/if.h>. */
#define CARRIER 0x10000U

/* Its own link has a default route: no need to ask the kernel. */
static bool way_in_mirror(const struct source_world *world,
			  const struct config_source *config,
			  struct source_candidate *c)
{
	const struct monitor_route *best = NULL;
	size_t n;
	const struct monitor_route *routes =
		monitor_routes(world->monitor, &n);

	/* A mark may choose another table: only the kernel knows. */
	for (size_t i = 0; i < n && config->fwmark == 0; i++)
		if (routes[i].family == c->addr.family &&
		    routes[i].table == RT_TABLE_MAIN &&
		    routes[i].ifindex == c->ifindex &&
		    (!best || routes[i].metric < best->metric))
			best = &routes[i];
	if (!best)
		return false;
	c->gateway = best->gateway;
	return true;
}

/* Rules may look at the source, at the interface that is asked for, or both. */
static bool way_by_kernel(const struct source_world *world, uint32_t mark,
			  struct source_candidate *c, int *ret_ifindex)
{
	struct addr global = route_global(c->addr.family);
	struct route *r = world->route;
	struct route_answer a;
	bool routed;

	routed = route_from(r, &global, &c->addr, c->ifindex, mark, &a) == 0 &&
		 a.by_default;
	if (!routed)
		routed = route_from(r, &global, &c->addr, 0, mark, &a) == 0 &&
			 a.by_default;
	/* An address just announced is not the kernel's own yet. */
	if (!routed)
		routed = route_get(r, &global, c->ifindex, mark, &a) == 0 &&
			 a.by_default;
	if (!routed)
		routed = route_get(r, &global, 0, mark, &a) == 0 &&
			 a.by_default;
	if (!routed)
		return false;
	c->gateway = a.gateway;
	*ret_ifindex = a.ifindex;
	return true;
}

void way_find(const struct source_world *world,
	      const struct config_source *config, struct source_candidate *c)
{
	const struct monitor_link *link;
	int ifindex = c->ifindex;

	c->gateway = (struct addr){ 0 };
	c->routed = way_in_mirror(world, config, c) ||
		    way_by_kernel(world, config->fwmark, c, &ifindex);
	c->egress = (struct egress){
		.source = c->addr,
		.ifindex = config->bind ? ifindex : 0,
		.mark = config->fwmark,
	};
	link = monitor_link(world->monitor, ifindex);
	c->live = link && (link->flags & CARRIER);
}

bool way_is_same(const struct source_candidate *a,
		 const struct source_candidate *b)
{
	return a->routed == b->routed &&
	       a->egress.ifindex == b->egress.ifindex &&
	       addr_equal(&a->gateway, &b->gateway);
}
