#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "monitor/route_list.h"

struct route_list_note {
	struct nl_route_key key;
	bool many;
};

/* Of the kernel's own key: what NLM_F_REPLACE goes by. */
static bool route_list_same_key(const struct route_list *l, size_t i,
				const struct nl_route *r)
{
	const struct monitor_route *a = &l->items[i], *b = &r->route;
	const struct nl_route_key *k = &l->notes[i].key;

	return a->family == b->family && a->table == b->table &&
	       a->metric == b->metric && a->dst_len == b->dst_len &&
	       k->src_len == r->key.src_len && k->tos == r->key.tos &&
	       addr_equal(&k->dst, &r->key.dst) &&
	       addr_equal(&k->src, &r->key.src);
}

static bool route_list_same_hop(const struct route_list *l, size_t i,
				const struct nl_route *r)
{
	const struct monitor_route *a = &l->items[i], *b = &r->route;

	return a->ifindex == b->ifindex && addr_equal(&a->gateway, &b->gateway);
}

static void route_list_remove(struct route_list *l, size_t i)
{
	l->n--;
	memmove(&l->items[i], &l->items[i + 1],
		(l->n - i) * sizeof(*l->items));
	memmove(&l->notes[i], &l->notes[i + 1],
		(l->n - i) * sizeof(*l->notes));
}

static int route_list_add(struct route_list *l, const struct nl_route *r)
{
	if (l->n == l->size) {
		size_t size = l->size ? 2 * l->size : 4;
		void *p = reallocarray(l->items, size, sizeof(*l->items));

		if (!p)
			return -ENOMEM;
		l->items = p;
		p = reallocarray(l->notes, size, sizeof(*l->notes));
		if (!p)
			return -ENOMEM;
		l->notes = p;
		l->size = size;
	}
	l->items[l->n] = r->route;
	l->notes[l->n++] = (struct route_list_note){
		.key = r->key,
		.many = r->many,
	};
	return 1;
}

static int route_list_gone(struct route_list *l, const struct nl_route *r,
			   bool *doubt)
{
	for (size_t i = 0; i < l->n; i++) {
		if (!route_list_same_key(l, i, r))
			continue;
		/* One next hop of several may have gone, or all of them. */
		if (l->notes[i].many || r->many)
			*doubt = true;
		if (!route_list_same_hop(l, i, r))
			continue;
		route_list_remove(l, i);
		return 1;
	}
	return 0;
}

/* The one that the new route stands in for; of several, nobody knows. */
static int route_list_replaced(struct route_list *l, const struct nl_route *r,
			       bool *doubt)
{
	size_t found = 0, at = 0;

	for (size_t i = 0; i < l->n; i++)
		if (route_list_same_key(l, i, r)) {
			at = found++ == 0 ? i : at;
			*doubt = *doubt || l->notes[i].many;
		}
	if (found == 0)
		return 0;
	if (found > 1)
		*doubt = true;
	route_list_remove(l, at);
	return 1;
}

/* A route that is known already, told again. */
static int route_list_again(struct route_list *l, size_t i,
			    const struct nl_route *r, bool *doubt)
{
	bool same = addr_equal(&l->items[i].prefsrc, &r->route.prefsrc) &&
		    l->items[i].weight == r->route.weight;

	if (r->many || l->notes[i].many)
		*doubt = true;
	/* It may stand in for another of its key, but for which? */
	for (size_t k = 0; r->replaces && k < l->n; k++)
		if (k != i && route_list_same_key(l, k, r))
			*doubt = true;
	l->items[i] = r->route;
	l->notes[i].many = r->many;
	return !same;
}

static int route_list_take_hop(struct route_list *l, const struct nl_route *r,
			       bool *doubt)
{
	int changed = 0;

	if (r->gone)
		return route_list_gone(l, r, doubt);
	for (size_t i = 0; i < l->n; i++)
		if (route_list_same_key(l, i, r) &&
		    route_list_same_hop(l, i, r))
			return route_list_again(l, i, r, doubt);
	if (r->many)
		*doubt = true;
	if (r->replaces)
		changed = route_list_replaced(l, r, doubt);
	return r->unicast ? route_list_add(l, r) : changed;
}

static int route_list_note_device(struct route_list *l, int ifindex)
{
	int *p;

	for (size_t i = 0; i < l->n_devices; i++)
		if (l->devices[i] == ifindex)
			return 0;
	p = reallocarray(l->devices, l->n_devices + 1, sizeof(*p));
	if (!p)
		return -ENOMEM;
	l->devices = p;
	l->devices[l->n_devices++] = ifindex;
	return 0;
}

/* Each next hop that lives is an item of its own. */
static int route_list_take_hops(struct route_list *l, const struct nl_route *r,
				bool *doubt)
{
	struct nl_route one = *r;
	int changed = 0;

	for (size_t i = 0; i < r->n_hops; i++) {
		int rc = route_list_note_device(l, r->hops[i].ifindex);

		if (rc == 0 && !r->hops[i].dead) {
			one.route.ifindex = r->hops[i].ifindex;
			one.route.gateway = r->hops[i].gateway;
			one.route.weight = r->hops[i].weight;
			rc = route_list_take_hop(l, &one, doubt);
			one.replaces = false;
		}
		if (rc < 0)
			return rc;
		changed |= rc;
	}
	return changed;
}

int route_list_take(struct route_list *l, const struct nl_route *r,
		    bool *ret_doubt)
{
	if (r->many && r->n_hops == 0) {
		if (r->route.ifindex == 0)
			l->hidden = true;
		else if (route_list_note_device(l, r->route.ifindex) < 0)
			return -ENOMEM;
	}
	if (r->n_hops > 0 && !r->hops[0].dead)
		return route_list_take_hops(l, r, ret_doubt);
	for (size_t i = 0; i < r->n_hops; i++)
		if (route_list_note_device(l, r->hops[i].ifindex) < 0)
			return -ENOMEM;
	return route_list_take_hop(l, r, ret_doubt);
}

size_t route_list_drop(struct route_list *l, int family, int ifindex)
{
	size_t dropped = 0;

	for (size_t i = l->n; i-- > 0;)
		if (l->items[i].ifindex == ifindex && !l->notes[i].many &&
		    (family == 0 || l->items[i].family == family)) {
			route_list_remove(l, i);
			dropped++;
		}
	return dropped;
}

bool route_list_many(const struct route_list *l, int ifindex)
{
	bool many = l->hidden || (ifindex == 0 && l->n_devices > 0);

	for (size_t i = 0; i < l->n_devices && !many; i++)
		many = l->devices[i] == ifindex;
	return many;
}

bool route_list_through(const struct route_list *l, int ifindex)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->items[i].ifindex == ifindex)
			return true;
	return false;
}

bool route_list_prefsrc(const struct route_list *l, const struct addr *a)
{
	for (size_t i = 0; i < l->n; i++)
		if (addr_equal(&l->items[i].prefsrc, a))
			return true;
	return false;
}

void route_list_done(struct route_list *l)
{
	free(l->items);
	free(l->notes);
	free(l->devices);
	memset(l, 0, sizeof(*l));
}
