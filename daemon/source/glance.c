#include "config.h"

#include <linux/if_addr.h>

#include "base/clock.h"
#include "daemon/source/glance.h"
#include "daemon/source/select.h"
#include "daemon/source/source_inside.h"
#include "net/route.h"

struct glance {
	const struct source *source;
	const struct source_candidate *chosen;
	struct select_policy policy;
	bool asked; /* the kernel, for its choice */
};

/* Is it one of ours, or the one that the kernel took before any of ours? */
static bool glance_is_candidate(const struct source *s, const struct addr *a)
{
	if (addr_equal(&s->candidates[0].kernel, a))
		return true;
	for (size_t i = 0; i < s->n; i++)
		if (addr_equal(&s->candidates[i].addr, a))
			return true;
	return false;
}

static struct addr glance_kernel_choice(struct glance *g)
{
	struct addr global = route_global(g->policy.family);
	struct route_answer a;

	if (!g->asked)
		monitor_repeat(g->source->world->monitor);
	if (!g->asked && route_get(g->source->world->route, &global,
				   g->chosen->ifindex,
				   g->source->config->fwmark, &a) == 0 &&
	    a.by_default)
		g->policy.kernel_choice = a.source;
	g->asked = true;
	return g->policy.kernel_choice;
}

/* Is the rival ranked before the chosen one, if that is the kernel's choice? */
static bool glance_outranks(const struct glance *g, const struct addr *choice,
			    const struct monitor_addr *chosen,
			    const struct monitor_addr *rival)
{
	const struct monitor_addr both[2] = { *chosen, *rival };
	struct select_policy policy = g->policy;
	struct select_entry ranked[2];

	policy.kernel_choice = *choice;
	(void)select_rank(&policy, both, 2, ranked);
	return ranked[0].addr != &both[0];
}

/* Is the gateway a neighbour of this address? */
static bool glance_meets(const struct monitor_addr *a, const struct addr *gw)
{
	return addr_in(gw, &a->peer, a->prefix_len);
}

/*
 * Does the kernel surely not send from the rival, so that it need not be
 * asked? For a route that names no source IPv4 takes the first primary
 * address that is the gateway's neighbour, or else the first primary one;
 * who comes later is appended. To find that out it looks at each.
 */
static bool glance_is_late(const struct monitor *m,
			   const struct monitor_addr *chosen,
			   const struct monitor_addr *rival)
{
	bool through = false;
	size_t n;
	const struct monitor_route *r = monitor_routes(m, &n);

	if (rival->addr.family != AF_INET || rival < chosen ||
	    (chosen->flags & IFA_F_SECONDARY))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (r[i].family != AF_INET || r[i].ifindex != chosen->ifindex)
			continue;
		through = true;
		if (addr_equal(&r[i].prefsrc, &rival->addr) ||
		    (glance_meets(rival, &r[i].gateway) &&
		     !glance_meets(chosen, &r[i].gateway)))
			return false;
	}
	return through;
}

/* Would it be ranked before the chosen one? */
static bool glance_wins(struct glance *g, const struct monitor_addr *chosen,
			const struct monitor_addr *rival)
{
	static const struct addr nothing;
	struct select_entry ranked;
	struct addr choice;

	if (select_rank(&g->policy, rival, 1, &ranked) == 0)
		return false;
	if (rival->ifindex != chosen->ifindex)
		return true;
	if (!glance_outranks(g, &nothing, chosen, rival) &&
	    (!glance_outranks(g, &rival->addr, chosen, rival) ||
	     glance_is_late(g->source->world->monitor, chosen, rival)))
		return false;
	choice = glance_kernel_choice(g);
	/* Then it is a third one that wins, if any. */
	if (choice.family != 0 && !addr_equal(&choice, &chosen->addr) &&
	    !addr_equal(&choice, &rival->addr))
		return true;
	return glance_outranks(g, &choice, chosen, rival);
}

bool glance_finds_news(const struct source *s, int ifindex)
{
	const struct monitor *m = s->world->monitor;
	struct glance g = {
		.source = s,
		.chosen = &s->candidates[0],
		.policy = {
			.family = s->family,
			.temporary = s->config->ipv6_temporary,
			.scope_any = s->config->scope_any,
			.now_ms = clock_mono_ms(),
			.current = s->candidates[0].addr,
		},
	};
	const struct monitor_touch *t;
	const struct monitor_addr *chosen, *a;
	struct select_entry rank;
	size_t n;

	t = monitor_touched(m, ifindex, &n);
	if (!t || s->n == 0 || s->config->keep_all)
		return true;
	/* Not the uplink's: the kernel chose it, and may choose another. */
	if (s->config->interfaces.n == 0 && !s->prefix_from &&
	    g.chosen->ifindex != s->uplink)
		return true;
	/* Where it is only the best of no use, any other may be better. */
	chosen = monitor_addr(m, g.chosen->ifindex, &g.chosen->addr);
	if (!chosen || select_rank(&g.policy, chosen, 1, &rank) == 0)
		return true;
	for (size_t i = 0; i < n; i++) {
		if (t[i].ifindex != ifindex)
			continue;
		if (glance_is_candidate(s, &t[i].addr))
			return true;
		if (t[i].addr.family != s->family)
			continue;
		a = monitor_addr(m, ifindex, &t[i].addr);
		if (a && glance_wins(&g, chosen, a))
			return true;
	}
	return false;
}
