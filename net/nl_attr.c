#include "config.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>

#include "net/nl_attr.h"

int nl_msg_next(const void *data, size_t len, size_t *at,
		const struct nlmsghdr **ret)
{
	const struct nlmsghdr *h;
	size_t left = len - *at, whole;

	if (left == 0)
		return 0;
	if (left < sizeof(*h))
		return -EBADMSG;
	h = (const void *)((const char *)data + *at);
	/* Not mnl_nlmsg_ok(): it compares as int and takes 2^31 for little. */
	if (h->nlmsg_len < sizeof(*h) || h->nlmsg_len > left ||
	    h->nlmsg_len > INT_MAX)
		return -EBADMSG;
	whole = nl_align(h->nlmsg_len);
	*at += whole < left ? whole : left;
	*ret = h;
	return 1;
}

int nl_msg_status(const struct nlmsghdr *h)
{
	int32_t status = 0;

	if (mnl_nlmsg_get_payload_len(h) >= sizeof(status))
		memcpy(&status, mnl_nlmsg_get_payload(h), sizeof(status));
	else if (h->nlmsg_type == NLMSG_ERROR)
		return -EBADMSG;
	return status > 0 || status < -4095 ? -EBADMSG : status;
}

int nl_attr_collect_in(const void *data, size_t len,
		       const struct nl_policy *policy,
		       const struct nlattr **tb, size_t n)
{
	const char *at = data;

	memset(tb, 0, n * sizeof(*tb));
	/* Spelled out: mnl_attr_for_each() does not pass -Wconversion. */
	while (len >= sizeof(struct nlattr)) {
		const struct nlattr *a = (const void *)at;
		uint16_t type = mnl_attr_get_type(a), size;
		size_t whole;

		if (a->nla_len < sizeof(*a) || a->nla_len > len)
			return -EBADMSG;
		size = mnl_attr_get_payload_len(a);
		whole = nl_align(a->nla_len);
		whole = whole < len ? whole : len;
		at += whole;
		len -= whole;
		if (type >= n || policy[type].min == 0)
			continue;
		if (size < policy[type].min)
			return -EBADMSG;
		if (policy[type].max != 0 && size > policy[type].max)
			return -EBADMSG;
		tb[type] = a;
	}
	return 0;
}

int nl_attr_collect(const struct nlmsghdr *h, size_t hdr_len,
		    const struct nl_policy *policy, const struct nlattr **tb,
		    size_t n)
{
	size_t skip = nl_align(hdr_len), len;

	memset(tb, 0, n * sizeof(*tb));
	if (h->nlmsg_len < sizeof(*h) || h->nlmsg_len > INT_MAX)
		return -EBADMSG;
	len = mnl_nlmsg_get_payload_len(h);
	if (len < hdr_len)
		return -EBADMSG;
	if (len <= skip)
		return 0;
	return nl_attr_collect_in(
		(const char *)mnl_nlmsg_get_payload(h) + skip, len - skip,
		policy, tb, n);
}

int nl_attr_addr(const struct nlattr *a, int family, struct addr *ret)
{
	int r = addr_from_bytes(family, mnl_attr_get_payload(a),
				mnl_attr_get_payload_len(a), ret);

	return r < 0 ? -EBADMSG : 0;
}

int nl_attr_gateway(const struct nlattr *gateway, const struct nlattr *via,
		    int family, struct addr *ret)
{
	const struct rtvia *to;
	int r;

	if (gateway)
		return nl_attr_addr(gateway, family, ret);
	if (!via)
		return 0;
	to = mnl_attr_get_payload(via);
	r = addr_from_bytes(to->rtvia_family, to->rtvia_addr,
			    mnl_attr_get_payload_len(via) - sizeof(*to), ret);
	return r < 0 ? -EBADMSG : 0;
}
