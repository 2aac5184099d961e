#include "config.h"

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include "base/addr_class.h"
#include "daemon/source/select.h"

/* How near an address's class is to what people want to publish. */
static enum select_reason select_by_class(const struct select_policy *p,
					  const struct addr *a)
{
	switch (addr_class(a, NULL)) {
	case ADDR_GLOBAL:
		return SELECT_USABLE;
	case ADDR_PRIVATE:
		return p->scope_any ? SELECT_USABLE : SELECT_PRIVATE;
	case ADDR_SHARED:
		return p->scope_any ? SELECT_USABLE : SELECT_SHARED;
	case ADDR_UNIQUE_LOCAL:
		return p->scope_any ? SELECT_USABLE : SELECT_UNIQUE_LOCAL;
	case ADDR_DOCUMENTATION:
	case ADDR_SPECIAL:
		return p->scope_any ? SELECT_USABLE : SELECT_SPECIAL;
	case ADDR_LINK_LOCAL:
		return SELECT_LINK_LOCAL;
	case ADDR_LOOPBACK:
	case ADDR_MULTICAST:
	case ADDR_NONE:
		break;
	}
	return SELECT_NOT_UNICAST;
}

static bool select_unspecified(const struct addr *a)
{
	const struct addr zero = { .family = a->family };

	return addr_equal(a, &zero);
}

/* RFC 4291, section 2.6.1: all routers of the subnet answer to it. */
static bool select_is_routers_anycast(const struct monitor_addr *a)
{
	struct addr net = a->addr;

	/* Too short a subnet has none (RFC 6164). */
	if (a->addr.family != AF_INET6 || a->prefix_len == 0 ||
	    a->prefix_len > 126)
		return false;
	for (unsigned int bit = a->prefix_len; bit < 128; bit++)
		net.bytes[bit / 8] &= (uint8_t)~(0x80U >> bit % 8);
	return addr_equal(&net, &a->addr);
}

/* The first rule that an address fails is the one that people are told. */
static enum select_reason select_judge(const struct select_policy *p,
				       const struct monitor_addr *a)
{
	bool temporary = a->addr.family == AF_INET6 &&
			 (a->flags & IFA_F_TEMPORARY) != 0;
	enum select_reason r;

	if (a->addr.family != p->family)
		return SELECT_FAMILY;
	if (select_unspecified(&a->addr) || select_is_routers_anycast(a))
		return SELECT_NOT_UNICAST;
	r = select_by_class(p, &a->addr);
	if (r != SELECT_USABLE)
		return r;
	/* A global address that its owner calls link or host only. */
	if (a->scope >= RT_SCOPE_LINK)
		return SELECT_LINK_LOCAL;
	/* A failed one stays tentative: the worse news first. */
	if (a->flags & IFA_F_DADFAILED)
		return SELECT_DADFAILED;
	if (a->flags & (IFA_F_TENTATIVE | IFA_F_OPTIMISTIC))
		return SELECT_TENTATIVE;
	if (a->flags & IFA_F_DEPRECATED)
		return SELECT_DEPRECATED;
	if (temporary && p->temporary == TEMPORARY_NO)
		return SELECT_TEMPORARY;
	if (!temporary && p->family == AF_INET6 &&
	    p->temporary == TEMPORARY_ONLY)
		return SELECT_NOT_TEMPORARY;
	return SELECT_USABLE;
}

static uint64_t select_left_ms(const struct select_policy *p,
			       const struct monitor_addr *a)
{
	if (a->preferred_until_ms == MONITOR_FOR_EVER)
		return MONITOR_FOR_EVER;
	return a->preferred_until_ms > p->now_ms ?
		       a->preferred_until_ms - p->now_ms :
		       0;
}

/* Rules that no lifetime outweighs; greater is better. */
static int select_tier(const struct select_policy *p,
		       const struct monitor_addr *a)
{
	int tier = addr_class(&a->addr, NULL) == ADDR_GLOBAL ? 2 : 0;

	if (p->family == AF_INET6 && p->temporary == TEMPORARY_PREFER &&
	    (a->flags & IFA_F_TEMPORARY))
		tier += 1;
	return tier;
}

static bool select_is(const struct monitor_addr *a, const struct addr *which)
{
	return addr_equal(&a->addr, which);
}

/* Is a to be ranked before b, which was announced earlier? */
static bool select_better(const struct select_policy *p,
			  const struct monitor_addr *a,
			  const struct monitor_addr *b)
{
	int a_tier = select_tier(p, a), b_tier = select_tier(p, b);
	uint64_t a_left = select_left_ms(p, a), b_left = select_left_ms(p, b);
	bool a_second = (a->flags & IFA_F_SECONDARY) != 0;
	bool b_second = (b->flags & IFA_F_SECONDARY) != 0;

	if (a_tier != b_tier)
		return a_tier > b_tier;
	if (p->family == AF_INET6 && a_left != b_left)
		return a_left > b_left;
	if (select_is(a, &p->kernel_choice) != select_is(b, &p->kernel_choice))
		return select_is(a, &p->kernel_choice);
	if (p->family != AF_INET)
		return false;
	if (a_second != b_second)
		return b_second;
	return select_is(a, &p->current) && !select_is(b, &p->current);
}

/* Is a (IPv6) as good as best, whose rank is better, by and large? */
static bool select_matches(const struct select_policy *p,
			   const struct monitor_addr *a,
			   const struct monitor_addr *best)
{
	uint64_t left = select_left_ms(p, a);
	uint64_t more = select_left_ms(p, best);

	if (select_tier(p, a) != select_tier(p, best))
		return false;
	if (more == MONITOR_FOR_EVER)
		return left == MONITOR_FOR_EVER;
	return more / 2 <= left;
}

static void select_move(struct select_entry *out, size_t from, size_t to)
{
	struct select_entry entry = out[from];

	for (; from > to; from--)
		out[from] = out[from - 1];
	out[to] = entry;
}

/* Where this address is among those that are fit; fit: nowhere. */
static size_t select_find(const struct select_entry *out, size_t fit,
			  const struct addr *which)
{
	size_t i = 0;

	while (i < fit && !select_is(out[i].addr, which))
		i++;
	return i;
}

/*
 * Which of those that are fit the kernel would send from; where it takes a
 * privacy address that is not, the best one of the same /64.
 */
static size_t select_find_kernel(const struct select_policy *p,
				 const struct select_entry *out, size_t fit)
{
	size_t i = select_find(out, fit, &p->kernel_choice);

	if (i < fit)
		return i;
	for (i = 0; i < fit; i++)
		if (addr_in(&out[i].addr->addr, &p->kernel_choice, 64))
			break;
	return i;
}

/*
 * The current one stays before another that lives a little longer. But where
 * the provider renumbers without taking the old prefix back, the kernel
 * sends from the new one at once, and only that one works.
 */
static void select_keep_current(const struct select_policy *p,
				struct select_entry *out, size_t fit)
{
	size_t current = select_find(out, fit, &p->current);
	size_t kernel = select_find_kernel(p, out, fit);

	if (current == fit ||
	    !select_matches(p, out[current].addr, out[0].addr))
		return;
	if (kernel < fit && !addr_in(&p->kernel_choice, &p->current, 64) &&
	    select_matches(p, out[kernel].addr, out[0].addr))
		current = kernel;
	select_move(out, current, 0);
}

/* Inserts one that is fit among those before, which stay in their order. */
static void select_insert(const struct select_policy *p,
			  struct select_entry *out, size_t at)
{
	for (; at > 0 && select_better(p, out[at].addr, out[at - 1].addr); at--)
		select_move(out, at, at - 1);
}

size_t select_rank(const struct select_policy *p,
		   const struct monitor_addr *addrs, size_t n,
		   struct select_entry *out)
{
	size_t fit = 0, end;

	for (size_t i = 0; i < n; i++) {
		if (select_judge(p, &addrs[i]) != SELECT_USABLE)
			continue;
		out[fit].addr = &addrs[i];
		out[fit].reason = SELECT_USABLE;
		select_insert(p, out, fit++);
	}
	if (p->family == AF_INET6)
		select_keep_current(p, out, fit);
	if (fit > 0)
		out[0].reason = SELECT_CHOSEN;
	end = fit;
	for (size_t i = 0; i < n && end < n; i++) {
		enum select_reason r = select_judge(p, &addrs[i]);

		if (r == SELECT_USABLE)
			continue;
		out[end].addr = &addrs[i];
		out[end++].reason = r;
	}
	return fit;
}

const char *select_reason_text(enum select_reason r)
{
	switch (r) {
	case SELECT_CHOSEN:
		return "chosen";
	case SELECT_USABLE:
		return "usable, but another one is better";
	case SELECT_FAMILY:
		return "of the other family";
	case SELECT_TENTATIVE:
		return "tentative (duplicate address detection under way)";
	case SELECT_DADFAILED:
		return "duplicate (somebody else on the link has it)";
	case SELECT_DEPRECATED:
		return "deprecated (its preferred lifetime is over)";
	case SELECT_LINK_LOCAL:
		return "good on its link only";
	case SELECT_NOT_UNICAST:
		return "no unicast address of one interface (anycast, multicast, loopback)";
	case SELECT_PRIVATE:
		return "private (RFC 1918)";
	case SELECT_SHARED:
		return "shared (carrier NAT, RFC 6598)";
	case SELECT_UNIQUE_LOCAL:
		return "unique local (RFC 4193)";
	case SELECT_SPECIAL:
		return "of a special purpose (IANA registry)";
	case SELECT_TEMPORARY:
		return "temporary (privacy) address";
	case SELECT_NOT_TEMPORARY:
		return "not temporary, and only temporary ones are wanted";
	}
	return "?";
}
