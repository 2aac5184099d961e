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

#define FLAGS_OF_CARRIER   (IFF_RUNNING | 0x10000 /* IFF_LOWER_UP */)

/* Of links without alternative names. */
static const char no_names[] = "";

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

static void table_free_altnames(const struct monitor_link *link)
{
	if (link->altnames != no_names)
		free((char *)(uintptr_t)link->altnames);
}

/* 1: they are others now; 0; -ENOMEM. */
static int table_take_altnames(struct monitor_link *link,
			       const struct nl_link *l)
{
	const char *was = link->altnames;
	size_t len = nl_link_altnames(l, NULL, 0), n = 0;
	char *names;

	/* Nearly no link has any: those share one empty list. */
	if (len == 1 && !was[0])
		return 0;
	names = malloc(len);
	if (!names)
		return -ENOMEM;
	(void)nl_link_altnames(l, names, len);
	while (n < len - 1 && strcmp(was + n, names + n) == 0)
		n += strlen(names + n) + 1;
	if (n == len - 1 && !was[n]) {
		free(names);
		return 0;
	}
	table_free_altnames(link);
	link->altnames = names;
	return 1;
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
	t->links[at].altnames = no_names;
	memset(&t->addrs[at], 0, sizeof(t->addrs[at]));
	t->n++;
	return TABLE_CHANGED;
}

static int table_link_gone(struct table *t, size_t at, int ifindex)
{
	int effect = TABLE_FLUSH;

	if (route_list_many(&t->routes, ifindex))
		effect |= TABLE_DOUBT;
	if (route_list_drop(&t->routes, 0, ifindex) > 0)
		effect |= TABLE_CHANGED;
	if (!table_has(t, at, ifindex))
		return effect;
	addr_list_done(&t->addrs[at]);
	table_free_altnames(&t->links[at]);
	t->n--;
	memmove(&t->links[at], &t->links[at + 1],
		(t->n - at) * sizeof(*t->links));
	memmove(&t->addrs[at], &t->addrs[at + 1],
		(t->n - at) * sizeof(*t->addrs));
	return effect | TABLE_CHANGED;
}

/*
 * Without carrier a route may be dead to the kernel, as sysctls have it, and
 * a next hop is when its link is down. No message tells that of a route.
 */
static bool table_routes_waver(const struct table *t, size_t at,
			       const struct monitor_link *is)
{
	uint32_t changed = t->links[at].flags ^ is->flags;

	if ((changed & (IFF_UP | FLAGS_OF_CARRIER)) == 0)
		return false;
	if (route_list_many(&t->routes, is->ifindex))
		return true;
	return (changed & FLAGS_OF_CARRIER) != 0 &&
	       route_list_through(&t->routes, is->ifindex);
}

/* Takes what is new about a link that is there. */
static int table_update(struct table *t, size_t at, const struct nl_link *l)
{
	struct monitor_link *link = &t->links[at];
	const char *names = link->altnames;
	int effect = TABLE_SAME, r;

	if (table_link_differs(link, &l->link))
		effect |= TABLE_CHANGED;
	*link = l->link;
	link->altnames = names;
	r = table_take_altnames(link, l);
	return r < 0 ? r : effect | (r ? TABLE_CHANGED : TABLE_SAME);
}

int table_take_link(struct table *t, const struct nl_link *l)
{
	int ifindex = l->link.ifindex, effect = TABLE_SAME, r;
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
		r = table_insert(t, at, &l->link);
		if (r < 0)
			return r;
		effect |= TABLE_CHANGED;
	} else if (table_routes_waver(t, at, &l->link)) {
		effect |= TABLE_DOUBT;
	}
	r = table_update(t, at, l);
	return r < 0 ? r : effect | r;
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
	if (route_list_many(&t->routes, a->addr.ifindex))
		effect |= TABLE_DOUBT;
	if (route_list_drop(&t->routes, AF_INET, a->addr.ifindex) > 0)
		effect |= TABLE_CHANGED | TABLE_ROUTES;
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
	return route_list_many(&t->routes, 0);
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

const struct monitor_addr *table_addrs(const struct table *t, int ifindex,
				       size_t *ret_n)
{
	size_t at = table_place(t, ifindex);

	*ret_n = 0;
	if (!table_has(t, at, ifindex))
		return NULL;
	*ret_n = t->addrs[at].used;
	return t->addrs[at].items;
}

const struct monitor_addr *table_addr(const struct table *t, int ifindex,
				      const struct addr *a)
{
	size_t at = table_place(t, ifindex);

	return table_has(t, at, ifindex) ? addr_list_get(&t->addrs[at], a) :
					   NULL;
}

size_t table_size(const struct table *t)
{
	size_t size = t->n + t->routes.n;

	for (size_t i = 0; i < t->n; i++)
		size += t->addrs[i].used;
	return size;
}

const struct monitor_route *table_routes(const struct table *t, size_t *ret_n)
{
	*ret_n = t->routes.n;
	return t->routes.items;
}

struct table *table_new(void)
{
	return calloc(1, sizeof(struct table));
}

void table_free(struct table *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->n; i++) {
		addr_list_done(&t->addrs[i]);
		table_free_altnames(&t->links[i]);
	}
	free(t->links);
	free(t->addrs);
	route_list_done(&t->routes);
	free(t);
}
