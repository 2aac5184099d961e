#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "monitor/monitor.h"
#include "net/route.h"
#include "tests/support/fake_mirror.h"

#define MOST 16

static struct machine {
	struct monitor_link links[MOST];
	size_t n_links;
	struct {
		int ifindex;
		struct monitor_addr addrs[MOST];
		size_t n;
	} held[MOST];
	size_t n_held;
	struct monitor_route routes[MOST];
	size_t n_routes;
	struct {
		struct addr source;
		uint32_t mark, table;
	} rules[MOST];
	size_t n_rules;
	struct {
		int ifindex;
		struct addr source;
	} choices[MOST];
	size_t n_choices;
	struct monitor_touch touched[MOST];
	size_t n_touched;
	unsigned int questions, wanted, resyncs;
} it;

void fake_mirror_reset(void)
{
	memset(&it, 0, sizeof(it));
}

static void room(size_t n)
{
	if (n >= MOST)
		abort(); /* a test that outgrew its machine */
}

static struct addr parsed(const char *text)
{
	struct addr a = { 0 };

	if (text && addr_parse(text, &a) < 0)
		abort();
	return a;
}

/* ---- links ---- */

static struct monitor_link *find_link(int ifindex)
{
	for (size_t i = 0; i < it.n_links; i++)
		if (it.links[i].ifindex == ifindex)
			return &it.links[i];
	return NULL;
}

void fake_link(int ifindex, const char *name, const char *kind, uint32_t flags)
{
	struct monitor_link *l = find_link(ifindex);

	if (!l) {
		room(it.n_links);
		l = &it.links[it.n_links++];
		memset(l, 0, sizeof(*l));
	}
	l->ifindex = ifindex;
	l->flags = flags;
	(void)snprintf(l->name, sizeof(l->name), "%s", name);
	(void)snprintf(l->kind, sizeof(l->kind), "%s", kind);
}

void fake_link_master(int ifindex, int master)
{
	find_link(ifindex)->master = master;
}

void fake_link_altname(int ifindex, const char *names)
{
	find_link(ifindex)->altnames = names;
}

void fake_link_del(int ifindex)
{
	struct monitor_link *l = find_link(ifindex);
	size_t n = 0;

	*l = it.links[--it.n_links];
	for (size_t i = 0; i < it.n_held; i++)
		if (it.held[i].ifindex == ifindex)
			it.held[i].n = 0;
	for (size_t i = 0; i < it.n_routes; i++)
		if (it.routes[i].ifindex != ifindex)
			it.routes[n++] = it.routes[i];
	it.n_routes = n;
}

/* ---- addresses ---- */

void fake_addr(int ifindex, const char *text, uint32_t flags,
	       uint32_t preferred_s)
{
	char plain[64];
	const char *slash = strchr(text, '/');
	struct monitor_addr a = {
		.ifindex = ifindex,
		.flags = flags,
		.preferred_until_ms =
			preferred_s ? clock_mono_ms() + preferred_s * 1000ULL
				    : MONITOR_FOR_EVER,
		.valid_until_ms = MONITOR_FOR_EVER,
	};
	size_t k = 0, i = 0;

	(void)snprintf(plain, sizeof(plain), "%.*s",
		       slash ? (int)(slash - text) : (int)strlen(text), text);
	a.addr = a.peer = parsed(plain);
	a.prefix_len = slash ? (uint8_t)atoi(slash + 1)
			     : (uint8_t)(8 * addr_len(a.addr.family));
	while (k < it.n_held && it.held[k].ifindex != ifindex)
		k++;
	room(k);
	if (k == it.n_held)
		it.held[it.n_held++].ifindex = ifindex;
	while (i < it.held[k].n &&
	       !addr_equal(&it.held[k].addrs[i].addr, &a.addr))
		i++;
	room(i);
	if (i == it.held[k].n)
		it.held[k].n++;
	it.held[k].addrs[i] = a;
}

void fake_addr_del(int ifindex, const char *text)
{
	struct addr a = parsed(text);

	for (size_t k = 0; k < it.n_held; k++) {
		size_t n = 0;

		if (it.held[k].ifindex != ifindex)
			continue;
		for (size_t i = 0; i < it.held[k].n; i++)
			if (!addr_equal(&it.held[k].addrs[i].addr, &a))
				it.held[k].addrs[n++] = it.held[k].addrs[i];
		it.held[k].n = n;
	}
}

void fake_addr_peer(int ifindex, const char *text, const char *peer)
{
	struct addr a = parsed(text);

	for (size_t k = 0; k < it.n_held; k++)
		for (size_t i = 0; i < it.held[k].n; i++)
			if (it.held[k].ifindex == ifindex &&
			    addr_equal(&it.held[k].addrs[i].addr, &a))
				it.held[k].addrs[i].peer = parsed(peer);
}

void fake_touch(int ifindex, const char *text)
{
	room(it.n_touched);
	it.touched[it.n_touched].ifindex = ifindex;
	it.touched[it.n_touched++].addr = parsed(text);
}

void fake_untouch(void)
{
	it.n_touched = 0;
}

/* ---- routes ---- */

static void add_route(int family, int ifindex, uint32_t metric, uint32_t table,
		      uint8_t dst_len)
{
	room(it.n_routes);
	it.routes[it.n_routes++] = (struct monitor_route){
		.family = family,
		.ifindex = ifindex,
		.table = table,
		.metric = metric,
		.dst_len = dst_len,
	};
}

void fake_route(int family, int ifindex, uint32_t metric, uint32_t table)
{
	add_route(family, ifindex, metric, table, 0);
}

void fake_route_by(const char *gateway, const char *prefsrc)
{
	it.routes[it.n_routes - 1].gateway = parsed(gateway);
	it.routes[it.n_routes - 1].prefsrc = parsed(prefsrc);
}

void fake_half(int family, int ifindex, uint32_t metric, uint8_t dst_len)
{
	add_route(family, ifindex, metric, FAKE_MAIN, dst_len);
}

void fake_route_del(int family, int ifindex, uint32_t table)
{
	size_t n = 0;

	for (size_t i = 0; i < it.n_routes; i++)
		if (it.routes[i].family != family ||
		    it.routes[i].ifindex != ifindex ||
		    it.routes[i].table != table)
			it.routes[n++] = it.routes[i];
	it.n_routes = n;
}

void fake_rule(const char *source, uint32_t mark, uint32_t table)
{
	room(it.n_rules);
	it.rules[it.n_rules].source = parsed(source);
	it.rules[it.n_rules].mark = mark;
	it.rules[it.n_rules++].table = table;
}

void fake_choice(int ifindex, const char *source)
{
	room(it.n_choices);
	it.choices[it.n_choices].ifindex = ifindex;
	it.choices[it.n_choices++].source = parsed(source);
}

unsigned int fake_questions(void)
{
	return it.questions;
}

unsigned int fake_resyncs_wanted(void)
{
	return it.wanted;
}

void fake_resynced(void)
{
	it.resyncs++;
}

/* ---- as monitor.h says ---- */

const struct monitor_link *monitor_links(const struct monitor *m, size_t *ret_n)
{
	(void)m;
	*ret_n = it.n_links;
	return it.links;
}

const struct monitor_link *monitor_link(const struct monitor *m, int ifindex)
{
	(void)m;
	return find_link(ifindex);
}

bool monitor_link_named(const struct monitor_link *link, const char *glob)
{
	const char *name = link->altnames ? link->altnames : "";

	for (; *name; name += strlen(name) + 1)
		if (str_glob(glob, name))
			return true;
	return str_glob(glob, link->name);
}

const struct monitor_addr *monitor_addrs(const struct monitor *m, int ifindex,
					 size_t *ret_n)
{
	(void)m;
	*ret_n = 0;
	for (size_t k = 0; k < it.n_held; k++)
		if (it.held[k].ifindex == ifindex) {
			*ret_n = it.held[k].n;
			return it.held[k].addrs;
		}
	return NULL;
}

const struct monitor_addr *monitor_addr(const struct monitor *m, int ifindex,
					const struct addr *a)
{
	size_t n;
	const struct monitor_addr *held = monitor_addrs(m, ifindex, &n);

	for (size_t i = 0; i < n; i++)
		if (addr_equal(&held[i].addr, a))
			return &held[i];
	return NULL;
}

const struct monitor_touch *monitor_touched(const struct monitor *m,
					    int ifindex, size_t *ret_n)
{
	(void)m;
	(void)ifindex;
	*ret_n = it.n_touched;
	return it.n_touched > 0 ? it.touched : NULL;
}

const struct monitor_route *monitor_routes(const struct monitor *m,
					   size_t *ret_n)
{
	(void)m;
	*ret_n = it.n_routes;
	return it.routes;
}

void monitor_resync(struct monitor *m)
{
	(void)m;
	it.wanted++;
}

void monitor_repeat(struct monitor *m)
{
	(void)m;
}

unsigned int monitor_resyncs(const struct monitor *m)
{
	(void)m;
	return it.resyncs;
}

/* ---- as route.h says ---- */

static bool holds(const struct addr *a)
{
	for (size_t k = 0; k < it.n_held; k++)
		for (size_t i = 0; i < it.held[k].n; i++)
			if (addr_equal(&it.held[k].addrs[i].addr, a))
				return true;
	return false;
}

static const struct monitor_route *look_up(int family, int ifindex,
					   uint32_t table)
{
	const struct monitor_route *best = NULL;

	for (size_t i = 0; i < it.n_routes; i++) {
		const struct monitor_route *r = &it.routes[i];

		if (r->family == family && r->table == table &&
		    (ifindex == 0 || r->ifindex == ifindex) &&
		    (!best || r->dst_len > best->dst_len ||
		     (r->dst_len == best->dst_len &&
		      r->metric < best->metric)))
			best = r;
	}
	return best;
}

static struct addr chosen_source(int family, int ifindex)
{
	struct addr none = { 0 };
	size_t n;
	const struct monitor_addr *a = monitor_addrs(NULL, ifindex, &n);

	for (size_t i = 0; i < it.n_choices; i++)
		if (it.choices[i].ifindex == ifindex &&
		    it.choices[i].source.family == family)
			return it.choices[i].source;
	for (size_t i = 0; i < n; i++)
		if (a[i].addr.family == family)
			return a[i].addr;
	return none;
}

int route_from(struct route *r, const struct addr *dst,
	       const struct addr *source, int ifindex, uint32_t mark,
	       struct route_answer *ret)
{
	const struct monitor_route *way = NULL;

	(void)r;
	it.questions++;
	if (source && !holds(source))
		return -EINVAL;
	for (size_t i = 0; i < it.n_rules && !way; i++)
		if (it.rules[i].mark ? it.rules[i].mark == mark
				     : source && addr_equal(&it.rules[i].source,
							    source))
			way = look_up(dst->family, ifindex,
				      it.rules[i].table);
	if (!way)
		way = look_up(dst->family, ifindex, FAKE_MAIN);
	if (!way)
		return -ENETUNREACH;
	*ret = (struct route_answer){
		.source = source ? *source
				 : chosen_source(dst->family, way->ifindex),
		.gateway = way->gateway,
		.ifindex = way->ifindex,
		.by_default = true,
	};
	return 0;
}

int route_get(struct route *r, const struct addr *dst, int ifindex,
	      uint32_t mark, struct route_answer *ret)
{
	return route_from(r, dst, NULL, ifindex, mark, ret);
}

struct addr route_global(int family)
{
	return parsed(family == AF_INET ? "198.41.0.4" : "3000::1");
}
