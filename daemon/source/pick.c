#include "config.h"

#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr_class.h"
#include "daemon/source/pick.h"
#include "daemon/source/uplink.h"
#include "net/route.h"

/* IFF_LOWER_UP: <linux/if.h>, which has it, does not go with <net/if.h>. */
#define CARRIER 0x10000U
/* So many addresses of one link need no memory. */
#define FEW 16

/* A pick under way. */
struct picking {
	const struct pick_request *request;
	pick_seen_fn *seen;
	void *user;
	struct pick *out;
	size_t n;
	struct addr kernel;  /* its choice on the link in hand, where asked */
	enum pick_nat nat;   /* an address that only a NAT lets out */
	struct pick shut_in; /* the best of them; family 0: none may go out */
	bool no_memory;
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
			.kernel = p->kernel,
		};
}

/* Only now, with a choice to make, is the kernel's own worth a question. */
static size_t pick_rank(const struct pick_request *r,
			struct select_policy *policy, int ifindex,
			const struct monitor_addr *addrs, size_t n,
			struct select_entry *ranked)
{
	size_t fit = select_rank(policy, addrs, n, ranked);

	if (fit < 2)
		return fit;
	policy->kernel_choice = kernel_choice(r, ifindex);
	return select_rank(policy, addrs, n, ranked);
}

/* May behind-nat let out what the world calls this address? */
static bool pick_may_go_out(const struct config_source *c,
			    const struct addr *a)
{
	enum addr_class class = addr_class(a, NULL);

	if (class == ADDR_SHARED)
		return c->behind_nat == NAT_PUBLISH;
	return class == ADDR_PRIVATE && c->behind_nat != NAT_IGNORE;
}

/* The first interface's best one stands for what is behind the NAT. */
static void pick_shut_in(struct picking *p, struct select_policy policy,
			 const struct monitor_addr *addrs, size_t n,
			 struct select_entry *ranked)
{
	size_t fit;

	policy.scope_any = true;
	fit = pick_rank(p->request, &policy, addrs[0].ifindex, addrs, n,
			ranked);
	for (size_t i = 0; i < fit && p->shut_in.addr.family == 0; i++)
		if (pick_may_go_out(p->request->config, &ranked[i].addr->addr))
			p->shut_in = (struct pick){
				.addr = ranked[i].addr->addr,
				.ifindex = ranked[i].addr->ifindex,
				.prefix_len = ranked[i].addr->prefix_len,
				.shut_in = true,
			};
}

/* only, where it is fit, is the one address wanted; family 0: all are. */
static void pick_take_fit(struct picking *p, const struct select_entry *ranked,
			  size_t fit, const struct addr *only)
{
	for (size_t i = 0; i < fit; i++)
		if (addr_equal(only, &ranked[i].addr->addr)) {
			pick_take(p, ranked[i].addr);
			return;
		}
	for (size_t i = 0; i < fit; i++)
		pick_take(p, ranked[i].addr);
}

/* Ranks one link's addresses. */
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
	struct select_entry few[FEW], *ranked = few;
	const struct monitor_addr *addrs;
	enum pick_nat nat = PICK_NAT_NONE;
	size_t n, fit;

	addrs = monitor_addrs(r->monitor, link->ifindex, &n);
	if (n == 0 || !(link->flags & IFF_UP))
		return;
	if (n > FEW)
		ranked = malloc(n * sizeof(*ranked));
	if (!ranked) {
		p->no_memory = true;
		return;
	}
	fit = pick_rank(r, &policy, link->ifindex, addrs, n, ranked);
	for (size_t i = 0; i < n; i++) {
		if (p->seen)
			p->seen(p->user, link, &ranked[i]);
		if (ranked[i].reason == SELECT_PRIVATE)
			nat = PICK_NAT_PRIVATE;
		else if (ranked[i].reason == SELECT_SHARED && !nat)
			nat = PICK_NAT_CARRIER;
	}
	if (nat > p->nat)
		p->nat = nat;
	p->kernel = policy.kernel_choice;
	pick_take_fit(p, ranked, fit, only);
	if (nat && fit == 0)
		pick_shut_in(p, policy, addrs, n, ranked);
	if (ranked != few)
		free(ranked);
}

static const struct addr all_of_them;

/* ---- named interfaces ---- */

/* Is a's default route better than b's? Of equals the order stays. */
static bool pick_route_better(const struct pick_request *r, int a, int b)
{
	uint32_t metric_a, metric_b;

	if (!uplink_metric(r->monitor, r->family, a, &metric_a))
		return false;
	if (!uplink_metric(r->monitor, r->family, b, &metric_b))
		return true;
	return metric_a < metric_b;
}

/* The best link, not among those done, that this pattern means. */
static const struct monitor_link *pick_next(const struct pick_request *r,
					    const char *pattern, bool carrier,
					    const bool *done)
{
	const struct monitor_link *best = NULL;
	size_t n;
	const struct monitor_link *links = monitor_links(r->monitor, &n);

	for (size_t k = 0; k < n; k++) {
		if (done[k] || carrier != ((links[k].flags & CARRIER) != 0) ||
		    !monitor_link_named(&links[k], pattern))
			continue;
		if (!best || pick_route_better(r, links[k].ifindex,
					       best->ifindex))
			best = &links[k];
	}
	return best;
}

/* Each link once, at its first name. */
static void pick_named_where(struct picking *p,
			     const struct config_strings *names, bool carrier,
			     bool *done)
{
	const struct pick_request *r = p->request;
	const struct monitor_link *link, *links;
	size_t n;

	links = monitor_links(r->monitor, &n);
	for (size_t i = 0; i < names->n; i++)
		while ((link = pick_next(r, names->items[i], carrier, done))) {
			done[link - links] = true;
			pick_from_link(p, link, &all_of_them);
			if (p->n > 0 && !r->config->keep_all)
				return;
		}
}

static void pick_named(struct picking *p, const struct config_strings *names)
{
	bool *done;
	size_t n;

	(void)monitor_links(p->request->monitor, &n);
	done = calloc(n + 1, sizeof(*done));
	if (!done)
		return;
	pick_named_where(p, names, true, done);
	if (p->n == 0 || p->request->config->keep_all)
		pick_named_where(p, names, false, done);
	free(done);
}

/* ---- the default ---- */

static const struct monitor_link *pick_holder(const struct monitor *m,
					      const struct addr *a)
{
	size_t n_links, n;
	const struct monitor_link *links = monitor_links(m, &n_links);

	for (size_t k = 0; k < n_links; k++) {
		const struct monitor_addr *addrs =
			monitor_addrs(m, links[k].ifindex, &n);

		for (size_t i = 0; i < n; i++)
			if (addr_equal(&addrs[i].addr, a))
				return &links[k];
	}
	return NULL;
}

/*
 * The interface of the default route; where that one holds nothing usable,
 * the address that the kernel itself would send from, whoever holds it
 * (PPPoE with a delegated prefix: the address is on the LAN's bridge).
 */
static void pick_default(struct picking *p)
{
	const struct pick_request *r = p->request;
	const struct monitor *m = r->monitor;
	const struct monitor_link *link, *holder;
	struct addr choice;

	link = monitor_link(m, uplink_find(m, r->route, r->family,
					   r->config->fwmark));
	if (!link) {
		/* A route that is gone for a moment takes no address away. */
		link = monitor_link(m, r->current_ifindex);
		if (link && r->current.family != 0)
			pick_from_link(p, link, &all_of_them);
		return;
	}
	pick_from_link(p, link, &all_of_them);
	if (p->n > 0)
		return;
	choice = kernel_choice(r, 0);
	holder = choice.family ? pick_holder(m, &choice) : NULL;
	if (holder && holder->ifindex != link->ifindex)
		pick_from_link(p, holder, &choice);
}

size_t pick_candidates(const struct pick_request *r, pick_seen_fn *seen,
		       void *user, struct pick out[PICK_MAX],
		       enum pick_nat *ret_nat)
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
	if (p.no_memory)
		return PICK_NO_MEMORY;
	*ret_nat = p.n == 0 ? p.nat : PICK_NAT_NONE;
	if (p.n == 0 && p.shut_in.addr.family != 0)
		out[p.n++] = p.shut_in;
	if (p.n > 1 && !r->config->keep_all)
		return 1;
	return p.n;
}

static void pick_note_tentative(void *user, const struct monitor_link *link,
				const struct select_entry *entry)
{
	bool *any = user;

	(void)link;
	*any = *any || entry->reason == SELECT_TENTATIVE;
}

bool pick_is_coming(const struct pick_request *r)
{
	struct pick out[PICK_MAX];
	enum pick_nat nat;
	bool any = false;

	(void)pick_candidates(r, pick_note_tentative, &any, out, &nat);
	return any;
}
