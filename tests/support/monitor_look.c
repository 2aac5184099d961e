#include "config.h"

#include <linux/rtnetlink.h>

#include "monitor/monitor.h"
#include "tests/support/monitor_look.h"

int monitor_look_way(const struct monitor *m, int family)
{
	const struct monitor_route *best = NULL, *r;
	size_t n;

	r = monitor_routes(m, &n);
	for (size_t i = 0; i < n; i++)
		if (r[i].family == family && r[i].table == RT_TABLE_MAIN &&
		    (!best || r[i].dst_len > best->dst_len ||
		     (r[i].dst_len == best->dst_len &&
		      r[i].metric < best->metric)))
			best = &r[i];
	return best ? best->ifindex : 0;
}

size_t monitor_look_addresses(const struct monitor *m, int ifindex)
{
	size_t n, holes = 0;
	const struct monitor_addr *a = monitor_addrs(m, ifindex, &n);

	for (size_t i = 0; i < n; i++)
		holes += a[i].addr.family == 0;
	return n - holes;
}
