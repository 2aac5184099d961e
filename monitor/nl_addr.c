#include "config.h"

#include <errno.h>
#include <sys/socket.h>

#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include "monitor/nl_addr.h"
#include "net/nl_attr.h"

static const struct nl_policy addr_policy[] = {
	[IFA_ADDRESS] = { .min = 4, .max = 16 },
	[IFA_LOCAL] = { .min = 4, .max = 16 },
	[IFA_CACHEINFO] = { .min = sizeof(struct ifa_cacheinfo) },
	[IFA_FLAGS] = { .min = 4, .max = 4 },
	[IFA_PROTO] = { .min = 1, .max = 1 },
};

#define N_ATTRS (sizeof(addr_policy) / sizeof(addr_policy[0]))

static uint64_t nl_addr_until(uint64_t now_ms, uint32_t lifetime_s)
{
	if (lifetime_s == NL_ADDR_FOR_EVER)
		return MONITOR_FOR_EVER;
	return now_ms + (uint64_t)lifetime_s * 1000;
}

/* On point-to-point links IFA_ADDRESS is the peer's, not ours. */
static int nl_addr_ends(const struct nlattr *const *tb, int family,
			struct nl_addr *out)
{
	const struct nlattr *ours = tb[IFA_LOCAL], *peer = tb[IFA_ADDRESS];
	int r;

	if (!ours)
		ours = peer;
	if (!peer)
		peer = ours;
	if (!ours)
		return -EBADMSG;
	r = nl_attr_addr(ours, family, &out->addr.addr);
	return r < 0 ? r : nl_attr_addr(peer, family, &out->addr.peer);
}

int nl_addr_parse(const struct nlmsghdr *h, uint64_t now_ms,
		  struct nl_addr *ret)
{
	const struct ifaddrmsg *ifa = mnl_nlmsg_get_payload(h);
	struct nl_addr out = { .gone = h->nlmsg_type == RTM_DELADDR };
	const struct nlattr *tb[N_ATTRS];
	uint32_t valid_s = NL_ADDR_FOR_EVER;
	int r = nl_attr_collect(h, sizeof(*ifa), addr_policy, tb, N_ATTRS);

	if (r < 0)
		return r;
	if (addr_len(ifa->ifa_family) == 0)
		return -EAFNOSUPPORT;
	if (ifa->ifa_index == 0 || ifa->ifa_index > INT32_MAX ||
	    ifa->ifa_prefixlen > 8 * addr_len(ifa->ifa_family))
		return -EBADMSG;
	r = nl_addr_ends(tb, ifa->ifa_family, &out);
	if (r < 0)
		return r;

	out.addr.ifindex = (int)ifa->ifa_index;
	out.addr.prefix_len = ifa->ifa_prefixlen;
	out.addr.scope = ifa->ifa_scope;
	/* ifa_flags holds only the low 8 bits; IFA_FLAGS has them all. */
	out.addr.flags = tb[IFA_FLAGS] ? mnl_attr_get_u32(tb[IFA_FLAGS]) :
					 ifa->ifa_flags;
	if (tb[IFA_PROTO])
		out.addr.protocol = mnl_attr_get_u8(tb[IFA_PROTO]);
	out.preferred_s = NL_ADDR_FOR_EVER;
	if (tb[IFA_CACHEINFO]) {
		const struct ifa_cacheinfo *ci =
			mnl_attr_get_payload(tb[IFA_CACHEINFO]);

		out.preferred_s = ci->ifa_prefered;
		valid_s = ci->ifa_valid;
	}
	out.addr.preferred_until_ms = nl_addr_until(now_ms, out.preferred_s);
	out.addr.valid_until_ms = nl_addr_until(now_ms, valid_s);
	*ret = out;
	return 0;
}
