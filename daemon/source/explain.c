#include "config.h"

#include <net/if.h>
#include <stdio.h>

#include "base/addr_class.h"
#include "daemon/source/hearsay.h"
#include "daemon/source/pick.h"
#include "daemon/source/source.h"
#include "daemon/source/source_inside.h"
#include "daemon/source/uplink.h"

#define EXPLAIN_LINKS 64 /* of a source; more are told twice, no harm */

struct explaining {
	const struct source *source;
	source_line_fn *line;
	void *user;
	int seen[EXPLAIN_LINKS];
	size_t n_seen;
};

static bool explain_is_seen(const struct explaining *e, int ifindex)
{
	for (size_t i = 0; i < e->n_seen; i++)
		if (e->seen[i] == ifindex)
			return true;
	return false;
}

static void explain_addr(const struct explaining *e, const struct addr *a,
			 const struct monitor_link *link, const char *fate,
			 const char *more)
{
	char line[240], text[ADDR_STRLEN];

	(void)snprintf(line, sizeof(line), "%s on %s: %s%s%s%s",
		       addr_print(a, text), link->name, fate, more ? " (" : "",
		       more ? more : "", more ? ")" : "");
	e->line(e->user, line);
}

/* Of a set the others are chosen as well, as far as there is room. */
static const char *explain_fate(const struct explaining *e,
				const struct select_entry *entry)
{
	const struct source *s = e->source;

	if (entry->reason != SELECT_USABLE || !s->config->keep_all)
		return select_reason_text(entry->reason);
	for (size_t i = 0; i < s->n; i++)
		if (addr_equal(&s->candidates[i].addr, &entry->addr->addr))
			return select_reason_text(SELECT_CHOSEN);
	return "usable, but a set has no room for more";
}

static void explain_seen(void *user, const struct monitor_link *link,
			 const struct select_entry *entry)
{
	struct explaining *e = user;
	const char *name = NULL;

	if (!explain_is_seen(e, link->ifindex) && e->n_seen < EXPLAIN_LINKS)
		e->seen[e->n_seen++] = link->ifindex;
	if (entry->reason == SELECT_FAMILY)
		return;
	if (entry->reason == SELECT_SPECIAL)
		(void)addr_class(&entry->addr->addr, &name);
	explain_addr(e, &entry->addr->addr, link, explain_fate(e, entry),
		     name);
}

static const char *explain_elsewhere(const struct source *s,
				     const struct monitor_link *link)
{
	const struct config_strings *names = &s->config->interfaces;
	const struct monitor_link *uplink;

	for (size_t i = 0; i < names->n; i++)
		if (monitor_link_named(link, names->items[i]))
			return link->flags & IFF_UP
				       ? "an interface named before it is used"
				       : "its link is down";
	if (s->prefix_from || names->n > 0)
		return "not on an interface of this source";
	if (!(link->flags & IFF_UP))
		return "its link is down";
	uplink = monitor_link(s->world->monitor, s->uplink);
	return uplink_unlikeliness(link) >
			       (uplink ? uplink_unlikeliness(uplink) : 0)
		       ? "on a tunnel, bridge port or veth, which must be named"
		       : "not on the interface of the default route";
}

/* What the world could reach, but the source does not draw on. */
static void explain_others(const struct source *s, const struct explaining *e)
{
	const struct monitor *m = s->world->monitor;
	size_t n_links, n;
	const struct monitor_link *links = monitor_links(m, &n_links);

	for (size_t k = 0; k < n_links; k++) {
		const struct monitor_addr *a =
			monitor_addrs(m, links[k].ifindex, &n);

		if (explain_is_seen(e, links[k].ifindex))
			continue;
		for (size_t i = 0; i < n; i++)
			if (a[i].addr.family == s->family &&
			    addr_class(&a[i].addr, NULL) == ADDR_GLOBAL)
				explain_addr(e, &a[i].addr, &links[k],
					     explain_elsewhere(s, &links[k]),
					     NULL);
	}
}

void source_explain(const struct source *s, source_line_fn *line, void *user)
{
	static const char *const stands[] = {
		[STAND_ASKING] = "being confirmed",
		[STAND_TRUSTED] = "not asked about",
		[STAND_CONFIRMED] = "confirmed",
		[STAND_ALONE] = "unconfirmed, goes out all the same",
		[STAND_UNSEEN] = "not confirmed, stays unpublished",
		[STAND_LEFT] = "left alone",
	};
	struct pick_request r = source_request(s);
	struct explaining e = { .source = s, .line = line, .user = user };
	struct pick picks[PICK_MAX];
	char text[320], addr[ADDR_STRLEN];
	enum pick_nat nat;

	(void)pick_candidates(&r, explain_seen, &e, picks, &nat);
	explain_others(s, &e);
	for (size_t i = 0; i < s->n; i++) {
		const struct source_candidate *c = &s->candidates[i];

		(void)snprintf(text, sizeof(text), "%s: %s%s%s",
			       addr_print(&c->addr, addr), stands[c->stand],
			       c->text[0] ? ": " : "", c->text);
		line(user, text);
	}
}

void source_explain_reflectors(const struct source *s, source_line_fn *line,
			       void *user)
{
	char text[400];

	for (size_t i = 0; i < s->n; i++) {
		const struct hearsay *h = s->candidates[i].heard;

		for (size_t k = 0; h && k < h->n; k++)
			line(user, hearsay_print(&h->words[k], text,
						 sizeof(text)));
	}
}

void source_confirmed_by(const struct source *s, source_line_fn *name,
			 void *user)
{
	const struct source_candidate *c = &s->candidates[0];
	const struct hearsay *h = s->n > 0 ? c->heard : NULL;

	if (!h || c->stand != STAND_CONFIRMED)
		return;
	for (size_t k = 0; k < h->n; k++)
		if (h->words[k].status == 0 &&
		    addr_equal(&h->words[k].addr, &c->public))
			name(user, h->words[k].reflector);
}
