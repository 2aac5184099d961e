#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "monitor/monitor.h"
#include "tests/support/mirror_json.h"

static json_t *must(json_t *j)
{
	if (!j)
		abort();
	return j;
}

static json_t *left_s(uint64_t until_ms, uint64_t now_ms)
{
	if (until_ms == MONITOR_FOR_EVER)
		return json_null();
	if (until_ms <= now_ms)
		return json_integer(0);
	return json_integer((json_int_t)((until_ms - now_ms) / 1000));
}

static json_t *mirror_addr(const struct monitor_addr *a, uint64_t now_ms)
{
	char text[ADDR_STRLEN], peer[ADDR_STRLEN];

	return must(json_pack(
		"{s:s, s:s, s:i, s:i, s:i, s:i, s:I, s:o, s:o}",
		"addr", addr_print(&a->addr, text),
		"peer", addr_print(&a->peer, peer), "ifindex", a->ifindex,
		"prefix_len", a->prefix_len, "scope", a->scope,
		"protocol", a->protocol, "flags", (json_int_t)a->flags,
		"preferred_s", must(left_s(a->preferred_until_ms, now_ms)),
		"valid_s", must(left_s(a->valid_until_ms, now_ms))));
}

static json_t *mirror_addrs(const struct monitor *m, int ifindex,
			    uint64_t now_ms)
{
	json_t *list = must(json_array());
	size_t n;
	const struct monitor_addr *a = monitor_addrs(m, ifindex, &n);

	for (size_t i = 0; i < n; i++)
		if (a[i].addr.family != 0)
			json_array_append_new(list, mirror_addr(&a[i], now_ms));
	return list;
}

static json_t *mirror_link(const struct monitor *m,
			   const struct monitor_link *l, uint64_t now_ms)
{
	json_t *names = must(json_array());

	for (const char *s = l->altnames; *s; s += strlen(s) + 1)
		json_array_append_new(names, must(json_string(s)));
	return must(json_pack(
		"{s:i, s:s, s:o, s:i, s:s, s:I, s:i, s:i, s:o}",
		"ifindex", l->ifindex, "name", l->name, "altnames", names,
		"master", l->master, "kind", l->kind,
		"flags", (json_int_t)l->flags, "operstate", l->operstate,
		"type", l->type, "addrs",
		mirror_addrs(m, l->ifindex, now_ms)));
}

static json_t *mirror_route(const struct monitor_route *r)
{
	char gateway[ADDR_STRLEN], prefsrc[ADDR_STRLEN];

	return must(json_pack(
		"{s:i, s:i, s:I, s:I, s:s, s:s, s:i, s:i}",
		"family", r->family, "ifindex", r->ifindex,
		"table", (json_int_t)r->table,
		"metric", (json_int_t)r->metric,
		"gateway", addr_print(&r->gateway, gateway),
		"prefsrc", addr_print(&r->prefsrc, prefsrc),
		"dst_len", r->dst_len, "weight", r->weight));
}

json_t *mirror_json(const struct monitor *m, uint64_t now_ms)
{
	json_t *links = must(json_array()), *routes = must(json_array());
	size_t n;
	const struct monitor_link *l = monitor_links(m, &n);
	const struct monitor_route *r;

	for (size_t i = 0; i < n; i++)
		json_array_append_new(links, mirror_link(m, &l[i], now_ms));
	r = monitor_routes(m, &n);
	for (size_t i = 0; i < n; i++)
		json_array_append_new(routes, mirror_route(&r[i]));
	return must(json_pack("{s:o, s:o, s:i}", "links", links, "routes",
			      routes, "resyncs", (int)monitor_resyncs(m)));
}
