#include "config.h"

#include "daemon/record/own.h"

static size_t find(const struct own *o, const struct addr *a)
{
	size_t i = 0;

	while (i < o->n_were && !addr_equal(&o->were[i], a))
		i++;
	return i;
}

void own_is(struct own *o, const struct addr *a)
{
	size_t i = find(o, a);

	if (a->family == AF_INET)
		o->now4 = *a;
	else if (a->family == AF_INET6)
		o->now6 = *a;
	if (i < o->n_were)
		o->were[i] = o->were[--o->n_were];
}

void own_was(struct own *o, const struct addr *a)
{
	if (a->family == 0 || find(o, a) < o->n_were)
		return;
	if (o->n_were < OWN_MOST) {
		o->were[o->n_were++] = *a;
		return;
	}
	o->were[o->oldest] = *a;
	o->oldest = (o->oldest + 1) % OWN_MOST;
}
