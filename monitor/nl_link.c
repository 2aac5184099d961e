#include "config.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include "monitor/nl_link.h"
#include "net/nl_attr.h"

static const struct nl_policy link_policy[] = {
	[IFLA_IFNAME] = { .min = 1 },
	[IFLA_MASTER] = { .min = 4, .max = 4 },
	[IFLA_WIRELESS] = { .min = 1 },
	[IFLA_OPERSTATE] = { .min = 1, .max = 1 },
	[IFLA_LINKINFO] = { .min = sizeof(struct nlattr) },
	[IFLA_PROP_LIST] = { .min = sizeof(struct nlattr) },
};

static const struct nl_policy info_policy[] = {
	[IFLA_INFO_KIND] = { .min = 1 },
};

#define N_LINK (sizeof(link_policy) / sizeof(link_policy[0]))
#define N_INFO (sizeof(info_policy) / sizeof(info_policy[0]))

/* With or without a final NUL; 0 or -EBADMSG where it does not fit. */
static int nl_link_text(const struct nlattr *a, char *out, size_t size)
{
	const char *text = mnl_attr_get_payload(a);
	size_t len = strnlen(text, mnl_attr_get_payload_len(a));

	if (len == 0 || len >= size)
		return -EBADMSG;
	memcpy(out, text, len);
	out[len] = '\0';
	return 0;
}

static int nl_link_kind(const struct nlattr *info, struct monitor_link *link)
{
	const struct nlattr *tb[N_INFO];
	int r = nl_attr_collect_in(mnl_attr_get_payload(info),
				   mnl_attr_get_payload_len(info), info_policy,
				   tb, N_INFO);

	if (r < 0 || !tb[IFLA_INFO_KIND])
		return r;
	/* A kind that does not fit is none that we know. */
	(void)nl_link_text(tb[IFLA_INFO_KIND], link->kind, sizeof(link->kind));
	return 0;
}

/* The next attribute of a run, and the run behind it; NULL: no more. */
static const struct nlattr *nl_link_prop(const char **at, size_t *left)
{
	const struct nlattr *a = (const void *)*at;
	size_t whole;

	if (*left < sizeof(*a) || a->nla_len < sizeof(*a) ||
	    a->nla_len > *left)
		return NULL;
	whole = nl_align(a->nla_len);
	whole = whole < *left ? whole : *left;
	*at += whole;
	*left -= whole;
	return a;
}

size_t nl_link_altnames(const struct nl_link *l, char *out, size_t size)
{
	const struct nlattr *a;
	const char *at = l->props;
	size_t left = l->props_len, need = 1;

	while ((a = nl_link_prop(&at, &left)) != NULL) {
		const char *text = mnl_attr_get_payload(a);
		size_t len = strnlen(text, mnl_attr_get_payload_len(a));

		/* An empty one would end the list. */
		if (mnl_attr_get_type(a) != IFLA_ALT_IFNAME || len == 0)
			continue;
		need += len + 1;
		if (need > size)
			continue;
		memcpy(out + need - len - 2, text, len);
		out[need - 2] = '\0';
	}
	if (need <= size)
		out[need - 1] = '\0';
	return need;
}

int nl_link_parse(const struct nlmsghdr *h, struct nl_link *ret)
{
	const struct ifinfomsg *ifi = mnl_nlmsg_get_payload(h);
	struct nl_link out = { .gone = h->nlmsg_type == RTM_DELLINK };
	const struct nlattr *tb[N_LINK];
	int r = nl_attr_collect(h, sizeof(*ifi), link_policy, tb, N_LINK);

	if (r < 0)
		return r;
	/* AF_BRIDGE: DELLINK there says that a port left its bridge. */
	if (ifi->ifi_family != AF_UNSPEC)
		return -EAFNOSUPPORT;
	if (tb[IFLA_WIRELESS])
		return -ENOMSG;
	if (ifi->ifi_index <= 0 || !tb[IFLA_IFNAME])
		return -EBADMSG;
	r = nl_link_text(tb[IFLA_IFNAME], out.link.name,
			 sizeof(out.link.name));
	if (r == 0 && tb[IFLA_LINKINFO])
		r = nl_link_kind(tb[IFLA_LINKINFO], &out.link);
	if (r < 0)
		return r;

	out.link.ifindex = ifi->ifi_index;
	out.link.flags = ifi->ifi_flags;
	out.link.type = ifi->ifi_type;
	if (tb[IFLA_OPERSTATE])
		out.link.operstate = mnl_attr_get_u8(tb[IFLA_OPERSTATE]);
	if (tb[IFLA_PROP_LIST]) {
		out.props = mnl_attr_get_payload(tb[IFLA_PROP_LIST]);
		out.props_len = mnl_attr_get_payload_len(tb[IFLA_PROP_LIST]);
	}
	if (tb[IFLA_MASTER])
		out.link.master = (int)mnl_attr_get_u32(tb[IFLA_MASTER]);
	*ret = out;
	return 0;
}
