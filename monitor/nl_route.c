#include "config.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>

#include "monitor/nl_route.h"
#include "net/nl_attr.h"

static const struct nl_policy route_policy[] = {
	[RTA_DST] = { .min = 4, .max = 16 },
	[RTA_SRC] = { .min = 4, .max = 16 },
	[RTA_OIF] = { .min = 4, .max = 4 },
	[RTA_GATEWAY] = { .min = 4, .max = 16 },
	[RTA_PRIORITY] = { .min = 4, .max = 4 },
	[RTA_PREFSRC] = { .min = 4, .max = 16 },
	[RTA_MULTIPATH] = { .min = sizeof(struct rtnexthop) },
	[RTA_TABLE] = { .min = 4, .max = 4 },
	[RTA_VIA] = { .min = sizeof(struct rtvia) },
	[RTA_NH_ID] = { .min = 4, .max = 4 },
};

#define N_ATTRS (sizeof(route_policy) / sizeof(route_policy[0]))

/* 2000::/3, all that is allocated as global unicast. */
static const struct addr v6_global = { AF_INET6, { 0x20 } };

static int nl_route_hop(const struct rtnexthop *hop, int family,
			struct nl_route_hop *ret)
{
	const struct nlattr *tb[N_ATTRS];
	struct addr gateway = { 0 };
	/* Its attributes follow; its size is a multiple of 4. */
	int r = nl_attr_collect_in(hop + 1, hop->rtnh_len - sizeof(*hop),
				   route_policy, tb, N_ATTRS);

	if (r == 0)
		r = nl_attr_gateway(tb[RTA_GATEWAY], tb[RTA_VIA], family,
				    &gateway);
	if (r < 0)
		return r;
	*ret = (struct nl_route_hop){
		.ifindex = hop->rtnh_ifindex,
		.gateway = gateway,
		.weight = (uint16_t)(hop->rtnh_hops + 1),
		.dead = (hop->rtnh_flags & RTNH_F_DEAD) != 0,
	};
	return 0;
}

/* Those that live come first, then the heaviest, then the first. */
static void nl_route_add_hop(struct nl_route *out,
			     const struct nl_route_hop *hop)
{
	size_t at = out->n_hops++;

	for (; at > 0; at--) {
		const struct nl_route_hop *before = &out->hops[at - 1];

		if (before->dead == hop->dead ? before->weight >= hop->weight :
						hop->dead)
			break;
		out->hops[at] = *before;
	}
	out->hops[at] = *hop;
}

/* Leaves out's route without interface where no next hop is alive. */
static int nl_route_hops(const struct nlattr *multipath, struct nl_route *out)
{
	const char *at = mnl_attr_get_payload(multipath);
	size_t left = mnl_attr_get_payload_len(multipath);

	while (left >= sizeof(struct rtnexthop)) {
		const struct rtnexthop *hop = (const void *)at;
		struct nl_route_hop h;
		size_t whole;
		int r;

		if (hop->rtnh_len < sizeof(*hop) || hop->rtnh_len > left)
			return -EBADMSG;
		r = nl_route_hop(hop, out->route.family, &h);
		if (r < 0)
			return r;
		/* Without an interface: it is gone, the route not yet. */
		if (h.ifindex > 0 && out->n_hops < NL_ROUTE_HOPS)
			nl_route_add_hop(out, &h);
		whole = nl_align(hop->rtnh_len);
		whole = whole < left ? whole : left;
		at += whole;
		left -= whole;
	}
	if (out->n_hops > 0 && !out->hops[0].dead) {
		out->route.ifindex = out->hops[0].ifindex;
		out->route.gateway = out->hops[0].gateway;
		out->route.weight = out->hops[0].weight;
	}
	return 0;
}

static int nl_route_where(const struct rtmsg *rtm,
			  const struct nlattr *const *tb, struct nl_route *out)
{
	struct nl_route_key *key = &out->key;
	int r = 0;

	key->src_len = rtm->rtm_src_len;
	key->tos = rtm->rtm_tos;
	/* An all-zero prefix comes without its attribute. */
	key->dst.family = key->src.family = rtm->rtm_family;
	if (tb[RTA_DST])
		r = nl_attr_addr(tb[RTA_DST], rtm->rtm_family, &key->dst);
	if (r == 0 && tb[RTA_SRC])
		r = nl_attr_addr(tb[RTA_SRC], rtm->rtm_family, &key->src);
	if (r < 0)
		return r;
	if (rtm->rtm_family == AF_INET6 &&
	    !addr_in(&v6_global, &key->dst, rtm->rtm_dst_len))
		return -ENOMSG;
	return 0;
}

static int nl_route_how(const struct nlattr *const *tb, struct nl_route *out)
{
	struct monitor_route *route = &out->route;
	int r = nl_attr_gateway(tb[RTA_GATEWAY], tb[RTA_VIA], route->family,
				&route->gateway);

	if (r == 0 && tb[RTA_PREFSRC])
		r = nl_attr_addr(tb[RTA_PREFSRC], route->family,
				 &route->prefsrc);
	if (r < 0)
		return r;
	if (tb[RTA_OIF])
		route->ifindex = (int)mnl_attr_get_u32(tb[RTA_OIF]);
	if (tb[RTA_PRIORITY])
		route->metric = mnl_attr_get_u32(tb[RTA_PRIORITY]);
	out->many = out->many || tb[RTA_MULTIPATH] || tb[RTA_NH_ID];
	return tb[RTA_MULTIPATH] ? nl_route_hops(tb[RTA_MULTIPATH], out) : 0;
}

/*
 * A route that the kernel keeps, but does not go by: its link has no carrier
 * (ignore_routes_with_linkdown). Nothing is said when it comes alive again.
 */
static void nl_route_dead(struct nl_route *out)
{
	if (out->n_hops == 0 && out->route.ifindex > 0)
		out->hops[out->n_hops++] = (struct nl_route_hop){
			.ifindex = out->route.ifindex,
			.dead = true,
		};
	out->route.ifindex = 0;
	out->many = true;
}

int nl_route_parse(const struct nlmsghdr *h, struct nl_route *ret)
{
	const struct rtmsg *rtm = mnl_nlmsg_get_payload(h);
	struct nl_route out = { .gone = h->nlmsg_type == RTM_DELROUTE };
	const struct nlattr *tb[N_ATTRS];
	int r;

	if (h->nlmsg_len < sizeof(*h) + sizeof(*rtm))
		return -EBADMSG;
	if (addr_len(rtm->rtm_family) == 0)
		return -EAFNOSUPPORT;
	/* Nearly all routes end here, unread. */
	if (rtm->rtm_dst_len > (rtm->rtm_family == AF_INET ? 1 : 3) ||
	    (rtm->rtm_flags & RTM_F_CLONED))
		return -ENOMSG;
	r = nl_attr_collect(h, sizeof(*rtm), route_policy, tb, N_ATTRS);
	if (r < 0)
		return r;

	out.route.family = rtm->rtm_family;
	out.route.dst_len = rtm->rtm_dst_len;
	out.route.table = tb[RTA_TABLE] ? mnl_attr_get_u32(tb[RTA_TABLE]) :
					  rtm->rtm_table;
	if (!out.gone) {
		out.replaces = (h->nlmsg_flags & NLM_F_REPLACE) != 0;
		out.many = rtm->rtm_family == AF_INET6 &&
			   (h->nlmsg_flags & NLM_F_APPEND) != 0;
	}
	r = nl_route_where(rtm, tb, &out);
	if (r == 0)
		r = nl_route_how(tb, &out);
	if (r < 0)
		return r;
	if (rtm->rtm_flags & RTNH_F_DEAD)
		nl_route_dead(&out);
	out.unicast = rtm->rtm_type == RTN_UNICAST && out.route.ifindex > 0;
	*ret = out;
	return 0;
}
