#include "config.h"

#include <net/if_arp.h>
#include <string.h>

#include <linux/rtnetlink.h>

#include "daemon/source/uplink.h"
#include "net/route.h"

/* Links that carry other traffic than a gateway's own uplink. */
int uplink_unlikeliness(const struct monitor_link *link)
{
	static const char *const kinds[] = {
		"tun",	"wireguard", "gre",	"gretap", "erspan", "ip6gre",
		"ip6gretap", "ip6erspan", "ipip", "sit", "ip6tnl", "vti",
		"vti6", "xfrm", "vxlan", "geneve", "bareudp", "gtp", "dummy",
		"nlmon",
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(link->kind, kinds[i]) == 0)
			return 2;
	if (link->master != 0 || link->type == ARPHRD_TUNNEL ||
	    link->type == ARPHRD_TUNNEL6 || link->type == ARPHRD_SIT ||
	    link->type == ARPHRD_IPGRE)
		return 2;
	return strcmp(link->kind, "veth") == 0 ||
	       strcmp(link->kind, "netkit") == 0;
}

static bool leads_out(const struct monitor *m, const struct monitor_route *r,
		      int family)
{
	return r->family == family && r->table == RT_TABLE_MAIN &&
	       monitor_link(m, r->ifindex) != NULL;
}

/* Less is better; 0: as good as the other. */
static int uplink_compare(const struct monitor *m,
			  const struct monitor_route *a,
			  const struct monitor_route *b)
{
	int a_odd = uplink_unlikeliness(monitor_link(m, a->ifindex));
	int b_odd = uplink_unlikeliness(monitor_link(m, b->ifindex));

	if (a_odd != b_odd)
		return a_odd - b_odd;
	if (a->dst_len != b->dst_len)
		return a->dst_len < b->dst_len ? 1 : -1;
	if (a->metric != b->metric)
		return a->metric > b->metric ? 1 : -1;
	if (a->weight != b->weight)
		return a->weight < b->weight ? 1 : -1;
	return 0;
}

/* Where the kernel itself would send what goes to the world. */
static int uplink_ask(struct route *route, int family, uint32_t mark)
{
	struct addr global = route_global(family);
	struct route_answer a;

	if (route_get(route, &global, 0, mark, &a) < 0 || !a.by_default)
		return 0;
	return a.ifindex;
}

static bool is_equal_way(const struct monitor *m, int family,
			 const struct monitor_route *best, int ifindex)
{
	size_t n;
	const struct monitor_route *routes = monitor_routes(m, &n);

	for (size_t i = 0; i < n; i++)
		if (routes[i].ifindex == ifindex &&
		    leads_out(m, &routes[i], family) &&
		    uplink_compare(m, &routes[i], best) == 0)
			return true;
	return false;
}

int uplink_find(const struct monitor *m, struct route *route, int family,
		uint32_t mark)
{
	const struct monitor_route *best = NULL;
	bool tie = false;
	int asked;
	size_t n;
	const struct monitor_route *routes = monitor_routes(m, &n);

	for (size_t i = 0; mark == 0 && i < n; i++) {
		int order;

		if (!leads_out(m, &routes[i], family))
			continue;
		order = best ? uplink_compare(m, &routes[i], best) : -1;
		if (order < 0) {
			best = &routes[i];
			tie = false;
		} else if (order == 0 && routes[i].ifindex != best->ifindex) {
			tie = true;
		}
	}
	if (best && !tie)
		return best->ifindex;
	/* Only now is a question to the kernel worth its price. */
	asked = uplink_ask(route, family, mark);
	if (best && !is_equal_way(m, family, best, asked))
		return best->ifindex;
	return asked;
}

bool uplink_metric(const struct monitor *m, int family, int ifindex,
		   uint32_t *ret_metric)
{
	bool found = false;
	size_t n;
	const struct monitor_route *routes = monitor_routes(m, &n);

	for (size_t i = 0; i < n; i++) {
		if (routes[i].family != family || routes[i].ifindex != ifindex)
			continue;
		if (!found || routes[i].metric < *ret_metric)
			*ret_metric = routes[i].metric;
		found = true;
	}
	return found;
}
