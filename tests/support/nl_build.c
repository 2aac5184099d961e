#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include "base/addr.h"
#include "tests/support/nl_build.h"

static struct nlmsghdr *nl_build_header(void *buf, uint16_t type)
{
	struct nlmsghdr *h;

	memset(buf, 0, NL_BUILD_SIZE);
	h = mnl_nlmsg_put_header(buf);
	h->nlmsg_type = type;
	return h;
}

static void nl_build_put(struct nlmsghdr *h, uint16_t type, const char *text)
{
	struct addr a;

	if (!text)
		return;
	if (addr_parse(text, &a) < 0)
		abort();
	mnl_attr_put(h, type, addr_len(a.family), a.bytes);
}

struct nlmsghdr *nl_build_link(void *buf, const struct nl_build_link *l)
{
	struct nlmsghdr *h = nl_build_header(buf, l->type);
	struct ifinfomsg *ifi = mnl_nlmsg_put_extra_header(h, sizeof(*ifi));

	ifi->ifi_family = l->family;
	ifi->ifi_index = l->ifindex;
	ifi->ifi_flags = l->flags;
	ifi->ifi_type = 1;
	if (l->name)
		mnl_attr_put_strz(h, IFLA_IFNAME, l->name);
	if (l->master)
		mnl_attr_put_u32(h, IFLA_MASTER, l->master);
	if (l->operstate)
		mnl_attr_put_u8(h, IFLA_OPERSTATE, l->operstate);
	if (l->wireless)
		mnl_attr_put_u32(h, IFLA_WIRELESS, 1);
	if (l->altnames[0]) {
		struct nlattr *props = mnl_attr_nest_start(h, IFLA_PROP_LIST);

		for (int i = 0; i < 4 && l->altnames[i]; i++)
			mnl_attr_put_strz(h, IFLA_ALT_IFNAME, l->altnames[i]);
		mnl_attr_nest_end(h, props);
	}
	if (l->kind) {
		struct nlattr *info = mnl_attr_nest_start(h, IFLA_LINKINFO);

		mnl_attr_put_strz(h, IFLA_INFO_KIND, l->kind);
		mnl_attr_nest_end(h, info);
	}
	return h;
}

struct nlmsghdr *nl_build_addr(void *buf, const struct nl_build_addr *a)
{
	struct nlmsghdr *h = nl_build_header(buf, a->type);
	struct ifaddrmsg *ifa = mnl_nlmsg_put_extra_header(h, sizeof(*ifa));
	struct ifa_cacheinfo ci = {
		.ifa_prefered = a->lifetimes ? a->preferred_s : UINT32_MAX,
		.ifa_valid = a->lifetimes ? a->valid_s : UINT32_MAX,
	};

	ifa->ifa_family = a->family;
	ifa->ifa_prefixlen = a->prefix_len;
	ifa->ifa_flags = (uint8_t)a->flags;
	ifa->ifa_scope = a->scope;
	ifa->ifa_index = a->ifindex;
	nl_build_put(h, IFA_ADDRESS, a->address);
	nl_build_put(h, IFA_LOCAL, a->local);
	if (!a->header_flags_only)
		mnl_attr_put_u32(h, IFA_FLAGS, a->flags);
	mnl_attr_put(h, IFA_CACHEINFO, sizeof(ci), &ci);
	if (a->protocol)
		mnl_attr_put_u8(h, IFA_PROTO, a->protocol);
	return h;
}

static void nl_build_hops(struct nlmsghdr *h, const struct nl_build_hop *hops)
{
	struct nlattr *nest = mnl_attr_nest_start(h, RTA_MULTIPATH);

	for (int i = 0; i < 3 && hops[i].weight; i++) {
		struct rtnexthop *hop = mnl_nlmsg_get_payload_tail(h);
		uint32_t before = h->nlmsg_len;

		memset(hop, 0, sizeof(*hop));
		hop->rtnh_hops = (uint8_t)(hops[i].weight - 1);
		hop->rtnh_ifindex = hops[i].ifindex;
		hop->rtnh_flags = hops[i].dead ? RTNH_F_DEAD : 0;
		h->nlmsg_len += (uint32_t)sizeof(*hop);
		nl_build_put(h, RTA_GATEWAY, hops[i].gateway);
		hop->rtnh_len = (unsigned short)(h->nlmsg_len - before);
	}
	mnl_attr_nest_end(h, nest);
}

static void nl_build_via(struct nlmsghdr *h, const char *text)
{
	uint8_t via[2 + 16];
	uint16_t family;
	struct addr a;

	if (addr_parse(text, &a) < 0)
		abort();
	family = a.family;
	memcpy(via, &family, 2);
	memcpy(via + 2, a.bytes, addr_len(a.family));
	mnl_attr_put(h, RTA_VIA, 2 + addr_len(a.family), via);
}

struct nlmsghdr *nl_build_route(void *buf, const struct nl_build_route *r)
{
	struct nlmsghdr *h = nl_build_header(buf, r->type);
	struct rtmsg *rtm = mnl_nlmsg_put_extra_header(h, sizeof(*rtm));
	uint32_t table = r->table ? r->table : RT_TABLE_MAIN;

	h->nlmsg_flags = r->nl_flags;
	rtm->rtm_family = r->family;
	rtm->rtm_dst_len = r->dst_len;
	rtm->rtm_src_len = r->src_len;
	rtm->rtm_tos = r->tos;
	rtm->rtm_flags = r->rtm_flags;
	rtm->rtm_type = r->rtm_type ? r->rtm_type : RTN_UNICAST;
	rtm->rtm_table = (uint8_t)(table < 256 ? table : RT_TABLE_COMPAT);
	mnl_attr_put_u32(h, RTA_TABLE, table);
	nl_build_put(h, RTA_DST, r->dst);
	nl_build_put(h, RTA_SRC, r->src);
	nl_build_put(h, RTA_GATEWAY, r->gateway);
	nl_build_put(h, RTA_PREFSRC, r->prefsrc);
	if (r->via)
		nl_build_via(h, r->via);
	if (r->metric)
		mnl_attr_put_u32(h, RTA_PRIORITY, r->metric);
	if (r->oif)
		mnl_attr_put_u32(h, RTA_OIF, r->oif);
	if (r->nexthop_id)
		mnl_attr_put_u32(h, RTA_NH_ID, r->nexthop_id);
	if (r->hops[0].weight)
		nl_build_hops(h, r->hops);
	return h;
}
