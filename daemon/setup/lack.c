#include "config.h"

#include <net/if.h>
#include <stdio.h>

#include <linux/rtnetlink.h>

#include "base/addr_class.h"
#include "daemon/setup/lack.h"
#include "monitor/monitor.h"

/* IFF_LOWER_UP: <linux/if.h>, which has it, does not go with <net/if.h>. */
#define CARRIER 0x10000U

/* The links that a source could draw on, as far as they have come. */
struct links {
	const struct monitor_link *any, *up, *live;
	const struct monitor_link *holder; /* of an address of our families */
};

static bool lack_is_meant(const struct config_source *c,
			  const struct monitor_link *link)
{
	if (link->flags & IFF_LOOPBACK)
		return false;
	for (size_t i = 0; i < c->interfaces.n; i++)
		if (monitor_link_named(link, c->interfaces.items[i]))
			return true;
	return c->interfaces.n == 0;
}

static bool lack_holds(const struct lack_question *q, int ifindex)
{
	size_t n;
	const struct monitor_addr *a = monitor_addrs(q->monitor, ifindex, &n);

	for (size_t i = 0; i < n; i++) {
		enum addr_class class = addr_class(&a[i].addr, NULL);

		if ((q->ipv4 && a[i].addr.family == AF_INET &&
		     class != ADDR_LINK_LOCAL) ||
		    (q->ipv6 && a[i].addr.family == AF_INET6 &&
		     (class == ADDR_GLOBAL || q->config->scope_any)))
			return true;
	}
	return false;
}

static struct links lack_links(const struct lack_question *q)
{
	struct links l = { NULL, NULL, NULL, NULL };
	size_t n;
	const struct monitor_link *links = monitor_links(q->monitor, &n);

	for (size_t i = 0; i < n; i++) {
		const struct monitor_link *link = &links[i];

		if (!lack_is_meant(q->config, link))
			continue;
		if (!l.any)
			l.any = link;
		if (!l.up && (link->flags & IFF_UP))
			l.up = link;
		if (!l.live && (link->flags & IFF_UP) &&
		    (link->flags & CARRIER))
			l.live = link;
		if (!l.holder && (link->flags & IFF_UP) &&
		    lack_holds(q, link->ifindex))
			l.holder = link;
	}
	return l;
}

/* The link of a default route in one of our families; NULL: there is none. */
static const struct monitor_link *lack_uplink(const struct lack_question *q)
{
	size_t n;
	const struct monitor_route *r = monitor_routes(q->monitor, &n);

	for (size_t i = 0; i < n; i++)
		if (r[i].table == RT_TABLE_MAIN &&
		    ((q->ipv4 && r[i].family == AF_INET) ||
		     (q->ipv6 && r[i].family == AF_INET6)))
			return monitor_link(q->monitor, r[i].ifindex);
	return NULL;
}

static enum lack lack_link(const struct lack_question *q,
			   const struct links *l, char out[LACK_STRLEN])
{
	const struct config_strings *names = &q->config->interfaces;
	const struct monitor_link *one = l->up ? l->up : l->any;
	const char *state = l->up ? "has no carrier" : "is down";

	if (!one && names->n == 0)
		(void)snprintf(out, LACK_STRLEN, "a link (no interface but "
			       "the loopback exists)");
	else if (!one)
		(void)snprintf(out, LACK_STRLEN, "a link (%.40s%s does not "
			       "exist)", names->items[0],
			       names->n > 1 ? " or the like" : "");
	else
		(void)snprintf(out, LACK_STRLEN, "a link (%s %s)", one->name,
			       state);
	return LACK_LINK;
}

enum lack lack_find(const struct lack_question *q, char out[LACK_STRLEN])
{
	struct links l = lack_links(q);
	const struct monitor_link *uplink = lack_uplink(q);
	const struct monitor_link *one;

	/* A holder without carrier has all but a link. */
	if (!l.live)
		return lack_link(q, &l, out);
	if (q->config->interfaces.n == 0 && !uplink && l.holder) {
		(void)snprintf(out, LACK_STRLEN, "a route (%s has an address, "
			       "but there is no default route)",
			       l.holder->name);
		return LACK_ROUTE;
	}
	one = uplink && q->config->interfaces.n == 0 ? uplink : l.live;
	(void)snprintf(out, LACK_STRLEN, "an address (%s has none that could "
		       "be published)", one->name);
	return LACK_ADDRESS;
}
