#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "monitor/addr_list.h"

/* Below this many a look at each is cheaper than an index. */
#define FEW      16U
#define SLACK_MS 60000U

struct addr_list_note {
	uint32_t preferred_s; /* as granted last */
};

/*
 * IPv4 may hold the same address with another prefix length or peer; IPv6
 * holds an address once per interface.
 */
static bool addr_list_is(const struct addr_list *l, uint32_t i,
			 const struct nl_addr *a)
{
	const struct monitor_addr *item = &l->items[i];

	if (!addr_equal(&item->addr, &a->addr.addr))
		return false;
	return item->addr.family != AF_INET ||
	       (item->prefix_len == a->addr.prefix_len &&
		addr_equal(&item->peer, &a->addr.peer));
}

/* FNV-1a, with its high half folded in for the mask. */
static uint32_t addr_list_hash(const struct addr *a)
{
	uint32_t h = 2166136261U;

	for (size_t i = 0; i < sizeof(a->bytes); i++)
		h = (h ^ a->bytes[i]) * 16777619U;
	return h ^ h >> 16;
}

static void addr_list_note_index(struct addr_list *l, uint32_t i)
{
	uint32_t mask = l->index_size - 1;
	uint32_t at = addr_list_hash(&l->items[i].addr) & mask;

	while (l->index[at] != 0)
		at = (at + 1) & mask;
	l->index[at] = i + 1;
}

/* The item's place, or UINT32_MAX. */
static uint32_t addr_list_find(const struct addr_list *l,
			       const struct nl_addr *a)
{
	uint32_t mask = l->index_size - 1, at;

	if (l->index_size == 0) {
		for (uint32_t i = 0; i < l->used; i++)
			if (addr_list_is(l, i, a))
				return i;
		return UINT32_MAX;
	}
	/* The index is at least twice as long as the items: this ends. */
	at = addr_list_hash(&a->addr.addr) & mask;
	for (; l->index[at] != 0; at = (at + 1) & mask)
		if (addr_list_is(l, l->index[at] - 1, a))
			return l->index[at] - 1;
	return UINT32_MAX;
}

/*
 * Those behind it move up, so that no free place parts one from where it is
 * looked for. A place that is kept would make each return of an address dearer.
 */
static void addr_list_forget_index(struct addr_list *l, uint32_t i)
{
	uint32_t mask = l->index_size - 1, hole, at;

	if (l->index_size == 0)
		return;
	hole = addr_list_hash(&l->items[i].addr) & mask;
	while (l->index[hole] != i + 1)
		hole = (hole + 1) & mask;
	for (at = hole;;) {
		uint32_t home;

		at = (at + 1) & mask;
		if (l->index[at] == 0)
			break;
		home = addr_list_hash(&l->items[l->index[at] - 1].addr) & mask;
		if (((at - home) & mask) < ((at - hole) & mask))
			continue;
		l->index[hole] = l->index[at];
		hole = at;
	}
	l->index[hole] = 0;
}

static void addr_list_reindex(struct addr_list *l)
{
	if (l->index_size == 0)
		return;
	memset(l->index, 0, l->index_size * sizeof(*l->index));
	for (uint32_t i = 0; i < l->used; i++)
		if (l->items[i].addr.family != 0)
			addr_list_note_index(l, i);
}

static void addr_list_compact(struct addr_list *l)
{
	uint32_t to = 0;

	if (l->holes == 0)
		return;
	for (uint32_t i = 0; i < l->used; i++) {
		if (l->items[i].addr.family == 0)
			continue;
		l->items[to] = l->items[i];
		l->notes[to++] = l->notes[i];
	}
	l->used = to;
	l->holes = 0;
	addr_list_reindex(l);
}

static int addr_list_grow(struct addr_list *l)
{
	uint32_t size = l->size ? 2 * l->size : 4;
	uint32_t index_size = size > FEW ? 2 * size : 0;
	void *p;

	if (size > UINT32_MAX / 4)
		return -ENOMEM;
	p = reallocarray(l->items, size, sizeof(*l->items));
	if (!p)
		return -ENOMEM;
	l->items = p;
	p = reallocarray(l->notes, size, sizeof(*l->notes));
	if (!p)
		return -ENOMEM;
	l->notes = p;
	if (index_size) {
		p = reallocarray(l->index, index_size, sizeof(*l->index));
		if (!p)
			return -ENOMEM;
		l->index = p;
		l->index_size = index_size;
		addr_list_reindex(l);
	}
	l->size = size;
	return 0;
}

static int addr_list_room(struct addr_list *l)
{
	if (l->used < l->size)
		return 0;
	/* Seldom enough that its cost is spread over what was dropped. */
	if (l->holes > l->size / 4) {
		addr_list_compact(l);
		return 0;
	}
	return addr_list_grow(l);
}

/*
 * A lifetime that only got older, or was renewed to what it was, is no
 * news; nor is one that moved by less than people would care about.
 */
static bool addr_list_news(const struct monitor_addr *was, uint32_t granted_s,
			   const struct nl_addr *a)
{
	const struct monitor_addr *is = &a->addr;
	uint64_t old = was->preferred_until_ms, new = is->preferred_until_ms;
	uint64_t renewed;

	if (was->flags != is->flags || was->scope != is->scope ||
	    was->prefix_len != is->prefix_len)
		return true;
	if (old == MONITOR_FOR_EVER || new == MONITOR_FOR_EVER)
		return old != new;
	renewed = new - (uint64_t)a->preferred_s * 1000 +
		  (uint64_t)granted_s * 1000;
	return new + SLACK_MS < old ||
	       (new > old + SLACK_MS && new > renewed + SLACK_MS);
}

int addr_list_put(struct addr_list *l, const struct nl_addr *a)
{
	uint32_t i = addr_list_find(l, a);
	int r;

	if (i != UINT32_MAX) {
		bool news = addr_list_news(&l->items[i],
					   l->notes[i].preferred_s, a);

		/* A repeat with less of the same lifetime left grants none. */
		if (news || l->items[i].preferred_until_ms + 2000 <
				    a->addr.preferred_until_ms)
			l->notes[i].preferred_s = a->preferred_s;
		l->items[i] = a->addr;
		return news;
	}
	r = addr_list_room(l);
	if (r < 0)
		return r;
	i = l->used++;
	l->items[i] = a->addr;
	l->notes[i].preferred_s = a->preferred_s;
	if (l->index_size)
		addr_list_note_index(l, i);
	l->n4 += a->addr.addr.family == AF_INET;
	return 1;
}

bool addr_list_drop(struct addr_list *l, const struct nl_addr *a)
{
	uint32_t i = addr_list_find(l, a);

	if (i == UINT32_MAX)
		return false;
	l->n4 -= l->items[i].addr.family == AF_INET;
	addr_list_forget_index(l, i);
	l->items[i].addr = (struct addr){ 0 };
	l->holes++;
	/* Half of them and more: who reads them pays for the holes too. */
	if (l->holes > FEW && l->holes > l->used / 2)
		addr_list_compact(l);
	return true;
}

const struct monitor_addr *addr_list_get(const struct addr_list *l,
					 const struct addr *a)
{
	uint32_t mask = l->index_size - 1, at;

	if (a->family == 0)
		return NULL;
	if (l->index_size == 0) {
		for (uint32_t i = 0; i < l->used; i++)
			if (addr_equal(&l->items[i].addr, a))
				return &l->items[i];
		return NULL;
	}
	at = addr_list_hash(a) & mask;
	for (; l->index[at] != 0; at = (at + 1) & mask)
		if (addr_equal(&l->items[l->index[at] - 1].addr, a))
			return &l->items[l->index[at] - 1];
	return NULL;
}

void addr_list_done(struct addr_list *l)
{
	free(l->items);
	free(l->notes);
	free(l->index);
	memset(l, 0, sizeof(*l));
}
