#include "config.h"

#include <stddef.h>
#include <stdlib.h>

#include "daemon/record/company.h"

static struct company_way *way_of(const struct company *c, int ifindex)
{
	struct company_way *w = c->ways;

	while (w && w->ifindex != ifindex)
		w = w->next;
	return w;
}

/* Interfaces come and go: what nobody uses becomes another's. */
static struct company_way *way_idle(const struct company *c)
{
	struct company_way *w = c->ways;

	while (w && w->n > 0)
		w = w->next;
	return w;
}

bool company_join(struct company *c, int ifindex)
{
	struct company_way *w = way_of(c, ifindex);

	if (!w)
		w = way_idle(c);
	if (!w) {
		w = calloc(1, sizeof(*w));
		if (!w)
			return false;
		w->next = c->ways;
		c->ways = w;
	}
	w->ifindex = ifindex;
	w->n++;
	return true;
}

void company_leave(struct company *c, int ifindex)
{
	struct company_way *w = way_of(c, ifindex);

	if (w && w->n > 0)
		w->n--;
}

bool company_is_there(const struct company *c, int ifindex)
{
	const struct company_way *w = way_of(c, ifindex);

	return w && w->n > 0;
}

unsigned int company_size(const struct company *c)
{
	unsigned int n = 0;

	for (const struct company_way *w = c->ways; w; w = w->next)
		n += w->n;
	return n;
}

void company_done(struct company *c)
{
	while (c->ways) {
		struct company_way *w = c->ways;

		c->ways = w->next;
		free(w);
	}
}
