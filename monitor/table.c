#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <linux/rtnetlink.h>

#include "monitor/addr_list.h"
#include "monitor/route_list.h"
#include "monitor/table.h"

struct table {
	struct monitor_link *links; /* in order of ifindex */
	struct addr_list *addrs;    /* one for each of links */
	size_t n, size;
	struct route_list routes;
};

/* What comes and goes with who listens is no news of the link. */
#define FLAGS_OF_LISTENERS (IFF_PROMISC | IFF_ALLMULTI)

/* The place of ifindex, or where it belongs. */
static size_t table_place(const struct table *t, int ifindex)
{
	size_t low = 0, high = t->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (t->links[mid].ifindex < ifindex)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static bool table_has(const struct table *t, size_t at, int ifindex)
{
	return at < t->n && t->links[at].ifindex == ifindex;
}

static bool table_link_differs(const struct monitor_link *a,
			       const struct monitor_link *b)
{
	return ((a->flags ^ b->flags) & ~(uint32_t)FLAGS_OF_LISTENERS) != 0 ||
	       a->operstate != b->operstate || a->master != b->master ||
	       a->type != b->type || strcmp(a->name, b->name) != 0 ||
	       strcmp(a->kind, b->kind) != 0;
}

static int table_insert(struct table *t, size_t at,
			const struct monitor_link *link)
{
	if (t->n == t->size) {
		size_t size = t->size ? 2 * t->size : 8;
		void *p = reallocarray(t->links, size, sizeof(*t->links));

		if (!p)
			return -ENOMEM;
		t->links = p;
		p = reallocarray(t->addrs, size, sizeof(*t->addrs));
		if (!p)
			return -ENOMEM;
		t->addrs = p;
		t->size = size;
	}
	memmove(&t->links[at + 1], &t->links[at],
		(t->n - at) * sizeof(*t->links));
	memmove(&t->addrs[at + 1], &t->addrs[at],
		(t->n - at) * sizeof(*t->addrs));
	t->links[at] = *link;
	memset(&t->addrs[at], 0, sizeof(t->addrs[at]));
	t->n++;
	return TABLE_CHANGED;
}

static int table_link_gone(struct table *t, size_t at, int ifindex)
{
	int effect = TABLE_FLUSH;

	if (route_list_many(&t->routes))
		effect |= TABLE_DOUBT;
	if (route_list_drop(&t->routes, 0, ifindex) > 0)
		effect |= TABLE_CHANGED;
	if (!table_has(t, at, ifindex))
		return effect;
	addr_list_done(&t->addrs[at]);
	t->n--;
	memmove(&t->links[at], &t->links[at + 1],
		(t->n - at) * sizeof(*t->links));
	memmove(&t->addrs[at], &t->addrs[at + 1],
		(t->n - at) * sizeof(*t->addrs));
	return effect | TABLE_CHANGED;
}

int table_take_link(struct table *t, const struct nl_link *l)
{
	int ifindex = l->link.ifindex, effect = TABLE_SAME;
	size_t at = table_place(t, ifindex);
	bool up = (l->link.flags & IFF_UP) != 0;

	if (l->gone)
		return table_link_gone(t, at, ifindex);
	/*
	 * By the state, not by the change: replayed after a dump that knew
	 * the link to be down, it must still undo a replayed route.
	 */
	if (!up)
		effect |= TABLE_FLUSH;
	if (!up && route_list_drop(&t->routes, 0, ifindex) > 0)
		effect |= TABLE_CHANGED;
	if (!table_has(t, at, ifindex)) {
		int r = table_insert(t, at, &l->link);

		return r < 0 ? r : effect | r;
	}
	if (((t->links[at].flags ^ l->link.flags) & IFF_UP) != 0 &&
	    route_list_many(&t->routes))
		effect |= TABLE_DOUBT;
	if (table_link_differs(&t->links[at], &l->link))
		effect |= TABLE_CHANGED;
	t->links[at] = l->link;
	return effect;
}

static int table_addr_gone(struct table *t, struct addr_list *list,
			   const struct nl_addr *a)
{
	int effect = addr_list_drop(list, a) ? TABLE_CHANGED : TABLE_SAME;

	if (a->addr.addr.family != AF_INET)
		return effect;
	effect |= TABLE_FLUSH;
	/* Before Linux 6.6 such routes went without a message. */
	if (route_list_prefsrc(&t->routes, &a->addr.addr))
		effect |= TABLE_DOUBT;
	if (list->n4 > 0)
		return effect;
	if (route_list_many(&t->routes))
		effect |= TABLE_DOUBT;
	if (route_list_drop(&t->routes, AF_INET, a->addr.ifindex) > 0)
		effect |= TABLE_CHANGED;
	return effect;
}

int table_take_addr(struct table *t, const struct nl_addr *a)
{
	size_t at = table_place(t, a->addr.ifindex);

	if (!table_has(t, at, a->addr.ifindex))
		return TABLE_SAME;
	if (a->gone)
		return table_addr_gone(t, &t->addrs[at], a);
	return addr_list_put(&t->addrs[at], a);
}

int table_take_route(struct table *t, const struct nl_route *r)
{
	bool doubt = false;
	int changed = route_list_take(&t->routes, r, &doubt);

	if (changed < 0)
		return changed;
	return (changed ? TABLE_CHANGED : TABLE_SAME) |
	       (doubt ? TABLE_DOUBT : TABLE_SAME);
}

bool table_routes_many(const struct table *t)
{
	return route_list_many(&t->routes);
}

const struct monitor_link *table_links(const struct table *t, size_t *ret_n)
{
	*ret_n = t->n;
	return t->links;
}

const struct monitor_link *table_link(const struct table *t, int ifindex)
{
	size_t at = table_place(t, ifindex);

	return table_has(t, at, ifindex) ? &t->links[at] : NULL;
}

const struct monitor_addr *table_addrs(struct table *t, int ifindex,
				       size_t *ret_n)
{
	size_t at = table_place(t, ifindex);

	*ret_n = 0;
	if (!table_has(t, at, ifindex))
		return NULL;
	return addr_list_all(&t->addrs[at], ret_n);
}

const struct monitor_route *table_routes(const struct table *t, size_t *ret_n)
{
	*ret_n = t->routes.n;
	return t->routes.items;
}

static bool table_is_up(const struct table *t, int ifindex)
{
	const struct monitor_link *link = table_link(t, ifindex);

	return link && (link->flags & IFF_UP) && (link->flags & IFF_RUNNING);
}

static bool table_route_better(const struct table *t,
			       const struct monitor_route *a,
			       const struct monitor_route *b)
{
	bool a_up, b_up;

	if (a->dst_len != b->dst_len)
		return a->dst_len > b->dst_len;
	if (a->metric != b->metric)
		return a->metric < b->metric;
	a_up = table_is_up(t, a->ifindex);
	b_up = table_is_up(t, b->ifindex);
	if (a_up != b_up)
		return a_up;
	return a->ifindex < b->ifindex;
}

int table_default_ifindex(const struct table *t, int family)
{
	const struct monitor_route *best = NULL;

	for (size_t i = 0; i < t->routes.n; i++) {
		const struct monitor_route *r = &t->routes.items[i];

		if (r->family != family || r->table != RT_TABLE_MAIN)
			continue;
		if (!best || table_route_better(t, r, best))
			best = r;
	}
	return best ? best->ifindex : 0;
}

struct table *table_new(void)
{
	return calloc(1, sizeof(struct table));
}

void table_free(struct table *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->n; i++)
		addr_list_done(&t->addrs[i]);
	free(t->links);
	free(t->addrs);
	route_list_done(&t->routes);
	free(t);
}
