#include "config.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include "monitor/apply.h"
#include "monitor/nl_addr.h"
#include "monitor/nl_link.h"
#include "monitor/nl_route.h"
#include "monitor/table.h"

static int apply_link(struct table *t, const struct nlmsghdr *h,
		      struct apply_about *ret)
{
	struct nl_link link;
	int r = nl_link_parse(h, &link);

	if (r < 0)
		return r;
	ret->ifindex = link.link.ifindex;
	return table_take_link(t, &link);
}

static int apply_addr(struct table *t, const struct nlmsghdr *h,
		      uint64_t now_ms, struct apply_about *ret)
{
	struct nl_addr addr;
	int r = nl_addr_parse(h, now_ms, &addr);

	if (r < 0)
		return r;
	ret->ifindex = addr.addr.ifindex;
	ret->early = addr.addr.addr.family == AF_INET;
	r = table_take_addr(t, &addr);
	if (r >= 0 && !(r & TABLE_ROUTES))
		ret->addr = addr.addr.addr;
	return r;
}

static int apply_route(struct table *t, const struct nlmsghdr *h,
		       struct apply_about *ret)
{
	struct nl_route route;
	int r = nl_route_parse(h, &route);

	if (r < 0)
		return r;
	/* What it replaces may have led elsewhere: look at all. */
	if (!route.replaces && route.n_hops == 0)
		ret->ifindex = route.route.ifindex;
	return table_take_route(t, &route);
}

int apply_message(struct table *t, const struct nlmsghdr *h, uint64_t now_ms,
		  struct apply_about *ret)
{
	*ret = (struct apply_about){ 0 };
	switch (h->nlmsg_type) {
	case RTM_NEWLINK:
	case RTM_DELLINK:
		return apply_link(t, h, ret);
	case RTM_NEWADDR:
	case RTM_DELADDR:
		return apply_addr(t, h, now_ms, ret);
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		return apply_route(t, h, ret);
	case RTM_NEWNEXTHOP:
	case RTM_DELNEXTHOP:
		return table_routes_many(t) ? TABLE_DOUBT : TABLE_SAME;
	/*
	 * Who goes by which table. What a rule says is the kernel's to know:
	 * it is asked anew by whom that may concern.
	 */
	case RTM_NEWRULE:
	case RTM_DELRULE:
		ret->early = true;
		return TABLE_CHANGED;
	default:
		return TABLE_SAME;
	}
}
