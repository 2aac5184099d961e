#include "config.h"

#include <errno.h>
#include <limits.h>
#include <sys/socket.h>

#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>

#include "net/nl_attr.h"
#include "net/route_reply.h"

static const struct nl_policy reply_policy[] = {
	[RTA_OIF] = { .min = 4, .max = 4 },
	[RTA_GATEWAY] = { .min = 4, .max = 16 },
	[RTA_PREFSRC] = { .min = 4, .max = 16 },
	[RTA_VIA] = { .min = sizeof(struct rtvia) },
};

#define N_ATTRS (sizeof(reply_policy) / sizeof(reply_policy[0]))

static int route_reply_ends(const struct nlattr *const *tb, int family,
			    struct route_reply *out)
{
	uint32_t ifindex = tb[RTA_OIF] ? mnl_attr_get_u32(tb[RTA_OIF]) : 0;
	int r = nl_attr_gateway(tb[RTA_GATEWAY], tb[RTA_VIA], family,
				&out->gateway);

	if (r == 0 && tb[RTA_PREFSRC])
		r = nl_attr_addr(tb[RTA_PREFSRC], family, &out->source);
	if (r < 0)
		return r;
	if (ifindex > INT_MAX)
		return -EBADMSG;
	out->ifindex = (int)ifindex;
	return 0;
}

static int route_reply_parse(const struct nlmsghdr *h, int family,
			     struct route_reply *ret)
{
	const struct rtmsg *rtm = mnl_nlmsg_get_payload(h);
	const struct nlattr *tb[N_ATTRS];
	struct route_reply out = { 0 };
	int r;

	if (h->nlmsg_type == NLMSG_ERROR) {
		r = nl_msg_status(h);
		/* Done without a word is no answer. */
		return r < 0 ? r : -EBADMSG;
	}
	if (h->nlmsg_type != RTM_NEWROUTE)
		return -EBADMSG;
	r = nl_attr_collect(h, sizeof(*rtm), reply_policy, tb, N_ATTRS);
	if (r < 0)
		return r;
	if (rtm->rtm_family != family ||
	    rtm->rtm_dst_len > 8 * addr_len(family))
		return -EBADMSG;
	r = route_reply_ends(tb, family, &out);
	if (r < 0)
		return r;
	out.type = rtm->rtm_type;
	out.dst_len = rtm->rtm_dst_len;
	*ret = out;
	return 0;
}

int route_reply_read(const void *data, size_t len, uint32_t seq, int family,
		     struct route_reply *ret)
{
	const struct nlmsghdr *h;
	size_t at = 0;

	if (nl_msg_next(data, len, &at, &h) <= 0 || h->nlmsg_seq != seq)
		return -ENOMSG;
	return route_reply_parse(h, family, ret);
}

bool route_reply_is_default(const struct route_reply *r, int family)
{
	return r->type == RTN_UNICAST &&
	       r->dst_len <= (family == AF_INET ? 1 : 3);
}

bool route_reply_is_barred(const struct route_reply *r)
{
	return r->type == RTN_UNREACHABLE || r->type == RTN_BLACKHOLE ||
	       r->type == RTN_PROHIBIT || r->type == RTN_THROW;
}
