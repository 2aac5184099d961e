#include "config.h"

#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include <linux/rtnetlink.h>

#include "base/str.h"
#include "daemon/pick.h"
#include "net/route.h"

/* Links that carry other traffic than a gateway's own uplink. */
static bool is_secondary_kind(const struct monitor_link *link)
{
	static const char *const kinds[] = {
		"tun", "wireguard", "gre", "gretap", "erspan", "ip6gre",
		"ip6gretap", "ipip", "sit", "ip6tnl", "vti", "vti6", "xfrm",
		"vxlan", "geneve", "veth", "dummy",
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(link->kind, kinds[i]) == 0)
			return true;
	return link->master != 0;
}

int pick_default_ifindex(const struct monitor *m, int family)
{
	const struct monitor_route *best = NULL;
	bool best_secondary = true, best_up = false;
	size_t n;
	const struct monitor_route *routes = monitor_routes(m, &n);

	for (size_t i = 0; i < n; i++) {
		const struct monitor_route *r = &routes[i];
		const struct monitor_link *link;
		bool secondary, up;

		if (r->family != family || r->table != RT_TABLE_MAIN)
			continue;
		link = monitor_link(m, r->ifindex);
		if (!link)
			continue;
		secondary = is_secondary_kind(link);
		up = (link->flags & IFF_UP) != 0;
		if (!best || secondary < best_secondary ||
		    (secondary == best_secondary &&
		     (r->metric < best->metric ||
		      (r->metric == best->metric && up && !best_up)))) {
			best = r;
			best_secondary = secondary;
			best_up = up;
		}
	}
	return best ? best->ifindex : 0;
}

/* A pick under way. */
struct picking {
	const struct pick_request *request;
	pick_seen_fn *seen;
	void *user;
	struct pick *out;
	size_t n;
	size_t seen_shut_in; /* addresses that only a NAT lets out */
};

/* What the kernel would send from through this link, if by a default route. */
static struct addr kernel_choice(const struct pick_request *r, int ifindex)
{
	struct addr global = route_global(r->family), none = { 0 };
	struct route_answer a;

	if (route_get(r->route, &global, ifindex, r->config->fwmark, &a) < 0 ||
	    !a.by_default)
		return none;
	return a.source;
}

static void pick_take(struct picking *p, const struct monitor_addr *a)
{
	for (size_t i = 0; i < p->n; i++)
		if (addr_equal(&p->out[i].addr, &a->addr))
			return;
	if (p->n < PICK_MAX)
		p->out[p->n++] = (struct pick){
			.addr = a->addr,
			.ifindex = a->ifindex,
			.prefix_len = a->prefix_len,
		};
}

/* Ranks one link's addresses; only is the one address wanted, or none. */
static void pick_from_link(struct picking *p, const struct monitor_link *link,
			   const struct addr *only)
{
	const struct pick_request *r = p->request;
	struct select_policy policy = {
		.family = r->family,
		.temporary = r->config->ipv6_temporary,
		.scope_any = r->config->scope_any,
		.now_ms = r->now_ms,
		.current = r->current,
	};
	struct select_entry *ranked;
	const struct monitor_addr *addrs;
	size_t n, fit;

	addrs = monitor_addrs(r->monitor, link->ifindex, &n);
	if (n == 0 || !(link->flags & IFF_UP))
		return;
	ranked = malloc(n * sizeof(*ranked));
	if (!ranked)
		return; /* as if it had none; the next look tries again */
	fit = select_rank(&policy, addrs, n, ranked);
	if (fit > 1) {
		/* Only now is the kernel's own choice worth a question. */
		policy.kernel_choice = kernel_choice(r, link->ifindex);
		fit = select_rank(&policy, addrs, n, ranked);
	}
	for (size_t i = 0; i < n; i++) {
		if (p->seen)
			p->seen(p->user, link, &ranked[i]);
		if (ranked[i].reason == SELECT_PRIVATE ||
		    ranked[i].reason == SELECT_SHARED)
			p->seen_shut_in++;
		if (i < fit && (!only || addr_equal(only,
						    &ranked[i].addr->addr)))
			pick_take(p, ranked[i].addr);
	}
	free(ranked);
}

/* Names or globs in order of preference; each may match several links. */
static void pick_named(struct picking *p, const struct config_strings *names)
{
	size_t n_links;
	const struct monitor_link *links =
		monitor_links(p->request->monitor, &n_links);

	for (size_t i = 0; i < names->n; i++)
		for (size_t k = 0; k < n_links; k++) {
			if (!str_glob(names->items[i], links[k].name))
				continue;
			pick_from_link(p, &links[k], NULL);
			if (p->n > 0 && !p->request->config->keep_all)
				return;
		}
}

/*
 * The interface of the default route; where that one holds nothing usable,
 * the address that the kernel itself would send from, whoever holds it
 * (PPPoE with a delegated prefix: the address is on the LAN's bridge).
 */
static void pick_default(struct picking *p)
{
	const struct monitor *m = p->request->monitor;
	int ifindex = pick_default_ifindex(m, p->request->family);
	const struct monitor_link *link = monitor_link(m, ifindex), *links;
	struct addr choice;
	size_t n_links;

	if (link)
		pick_from_link(p, link, NULL);
	if (p->n > 0 || !link)
		return;
	choice = kernel_choice(p->request, 0);
	if (choice.family == 0)
		return;
	links = monitor_links(m, &n_links);
	for (size_t k = 0; k < n_links && p->n == 0; k++) {
		size_t n;
		const struct monitor_addr *a =
			monitor_addrs(m, links[k].ifindex, &n);

		for (size_t i = 0; i < n; i++)
			if (links[k].ifindex != ifindex &&
			    addr_equal(&a[i].addr, &choice)) {
				pick_from_link(p, &links[k], &choice);
				break;
			}
	}
}

size_t pick_candidates(const struct pick_request *r, pick_seen_fn *seen,
		       void *user, struct pick out[PICK_MAX],
		       bool *ret_behind_nat)
{
	struct picking p = {
		.request = r, .seen = seen, .user = user, .out = out,
	};

	if (r->prefix_from) {
		char *name = (char *)(uintptr_t)r->prefix_from;
		const struct config_strings one = { .items = &name, .n = 1 };

		pick_named(&p, &one);
	} else if (r->config->interfaces.n > 0) {
		pick_named(&p, &r->config->interfaces);
	} else {
		pick_default(&p);
	}
	*ret_behind_nat = p.n == 0 && p.seen_shut_in > 0;
	if (p.n > 1 && !r->config->keep_all)
		return 1;
	return p.n;
}
