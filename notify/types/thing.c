#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/str.h"
#include "notify/types/thing.h"
#include "notify/types/value.h"

struct thing *thing_new(enum scope scope, struct thing *up)
{
	struct thing *t = calloc(1, sizeof(*t)), **below;

	if (!t)
		return NULL;
	t->scope = scope;
	t->vars = json_object();
	below = up && t->vars
			? realloc(up->below, (up->n_below + 1) *
				  sizeof(struct thing *)) : NULL;
	if (!t->vars || (up && !below)) {
		json_decref(t->vars);
		free(t);
		return NULL;
	}
	if (up) {
		up->below = below;
		below[up->n_below++] = t;
		t->up = up;
		t->job = up->job;
		t->set = up->set;
		t->family = up->family;
	}
	return t;
}

void thing_free(struct thing *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->n_below; i++)
		thing_free(t->below[i]);
	free(t->below);
	json_decref(t->vars);
	json_decref(t->records);
	free(t);
}

void thing_drop_below(struct thing *t, enum scope scope)
{
	size_t kept = 0;

	for (size_t i = 0; i < t->n_below; i++)
		if (t->below[i]->scope == scope)
			thing_free(t->below[i]);
		else
			t->below[kept++] = t->below[i];
	t->n_below = kept;
}

int thing_set(struct thing *t, const char *variable, json_t *v)
{
	return json_object_set_new_nocheck(t->vars, variable, v) == 0
		       ? 0 : -ENOMEM;
}

int thing_set_text(struct thing *t, const char *variable, const char *text)
{
	return thing_set(t, variable, value_new_text(text));
}

json_t *thing_get(const struct thing *t, const char *variable)
{
	json_t *v = NULL;

	for (; t && !v; t = t->up)
		v = json_object_get(t->vars, variable);
	return v;
}

bool thing_is_settled(const struct thing *t)
{
	if (t->scope > SCOPE_FAMILY && t->up)
		return thing_is_settled(t->up);
	if (t->scope == SCOPE_FAMILY)
		return t->settled;
	for (size_t i = 0; i < t->n_below; i++)
		if (!thing_is_settled(t->below[i]))
			return false;
	return t->n_below > 0;
}

struct list {
	struct thing **items;
	size_t n, size;
};

static int list_add(struct list *l, struct thing *t)
{
	if (l->n == l->size) {
		size_t size = l->size ? 2 * l->size : 16;
		struct thing **items = realloc(l->items,
					       size * sizeof(struct thing *));

		if (!items)
			return -ENOMEM;
		l->items = items;
		l->size = size;
	}
	l->items[l->n++] = t;
	return 0;
}

static int collect(struct thing *t, enum scope scope, struct list *l)
{
	int r = 0;

	if (t->scope <= SCOPE_FAMILY && t->scope >= SCOPE_BATCH &&
	    thing_is_settled(t))
		return 0;
	if (t->scope == scope)
		return list_add(l, t);
	for (size_t i = 0; i < t->n_below && r == 0; i++)
		r = collect(t->below[i], scope, l);
	return r;
}

int thing_collect(struct thing *t, enum scope scope, struct thing ***ret,
		  size_t *ret_n)
{
	struct list l = { .n = 0 };
	int r = collect(t, scope, &l);

	if (r < 0) {
		free(l.items);
		return r;
	}
	/* Also of none there is a list. */
	if (!l.items)
		l.items = calloc(1, sizeof(struct thing *));
	if (!l.items)
		return -ENOMEM;
	*ret = l.items;
	*ret_n = l.n;
	return 0;
}

void thing_each_family(struct thing *t, thing_fn *fn, void *user)
{
	if (t->scope > SCOPE_FAMILY && t->up) {
		thing_each_family(t->up, fn, user);
		return;
	}
	if (t->scope == SCOPE_FAMILY) {
		if (!t->settled)
			fn(user, t);
		return;
	}
	for (size_t i = 0; i < t->n_below; i++)
		thing_each_family(t->below[i], fn, user);
}

/* ---- variables of names ---- */

char *thing_label(const struct ptype *p, const char *name, const char *zone)
{
	size_t len = strlen(name), cut = strlen(zone);

	if (len == cut)
		return str_dup(p->apex ? p->apex : "");
	len -= cut > 0 ? cut + 1 : 0;
	if (p->wildcard && name[0] == '*')
		return str_dupf("%s%.*s", p->wildcard, (int)(len - 1),
				name + 1);
	return str_dupf("%.*s", (int)len, name);
}

static json_t *addr_value(const struct addr *a)
{
	char text[ADDR_STRLEN];

	return value_new_text(addr_print(a, text));
}

/* As many as the type takes. */
static json_t *addr_list(const struct ptype *p, const struct job_set *set)
{
	json_t *list = json_array();

	for (size_t i = 0; i < set->n && (i == 0 || p->many); i++)
		(void)json_array_append_new(list, addr_value(&set->addrs[i]));
	return list;
}

/* {ipv4} and the like. */
static int set_family(struct thing *t, const struct ptype *p,
		      const struct job_set *set, int i, json_t *both)
{
	static const char *const one[] = { "ipv4", "ipv6" };
	static const char *const all[] = { "ipv4s", "ipv6s" };
	const char *word = set->given ? p->withdraw[i] : p->leave[i];
	json_t *list;
	int r;

	if (!set->given || set->n == 0) {
		if (!word)
			return 0;
		r = thing_set_text(t, one[i], word);
		return r < 0 ? r : thing_set_text(t, all[i], word);
	}
	list = addr_list(p, set);
	(void)json_array_extend(both, list);
	r = thing_set(t, one[i], addr_value(&set->addrs[0]));
	return thing_set(t, all[i], list) < 0 ? -ENOMEM : r;
}

static int set_addresses(struct thing *t, const struct ptype *p,
			 const struct job *j)
{
	json_t *both = json_array();
	int r = set_family(t, p, &j->ipv4, 0, both);

	if (r == 0)
		r = set_family(t, p, &j->ipv6, 1, both);
	if (r == 0 && json_array_size(both) > 0)
		return thing_set(t, "addresses", both);
	json_decref(both);
	return r;
}

uint32_t thing_ttl(const struct ptype *p, uint32_t wanted_s)
{
	if (wanted_s == 0)
		return 0;
	for (size_t i = 0; i < p->n_ttl_values; i++)
		if (p->ttl_values[i] >= wanted_s ||
		    i + 1 == p->n_ttl_values)
			return p->ttl_values[i];
	if (wanted_s < p->ttl_min)
		return p->ttl_min;
	return p->ttl_max && wanted_s > p->ttl_max ? p->ttl_max : wanted_s;
}

static int add_addresses(struct thing *family, const struct ptype *p)
{
	const struct job_set *set = family->set;

	for (size_t i = 0; i < set->n && (i == 0 || p->many); i++) {
		struct thing *t = thing_new(SCOPE_ADDRESS, family);

		if (!t || thing_set(t, "address",
				    addr_value(&set->addrs[i])) < 0)
			return -ENOMEM;
	}
	return 0;
}

/*
 * Where no records are read, what we published goes one by one.
 */
static int add_deletes(struct thing *family)
{
	const struct job_set *set = family->set;

	for (size_t i = 0; i < set->n_was; i++) {
		bool stays = false;
		struct thing *t;

		for (size_t k = 0; k < set->n && !stays; k++)
			stays = addr_equal(&set->was[i], &set->addrs[k]);
		if (stays)
			continue;
		t = thing_new(SCOPE_DELETE, family);
		if (!t || thing_set(t, "old", addr_value(&set->was[i])) < 0)
			return -ENOMEM;
	}
	return 0;
}

int thing_set_merged(struct thing *family, json_t *list)
{
	json_t *one;
	size_t i;

	thing_drop_below(family, SCOPE_MERGED);
	json_array_foreach(list, i, one) {
		struct thing *t = thing_new(SCOPE_MERGED, family);

		if (!t || thing_set(t, "address", json_incref(one)) < 0) {
			json_decref(list);
			return -ENOMEM;
		}
	}
	return thing_set(family, "merged", list);
}

static int add_family(struct thing *name, const struct ptype *p, int family)
{
	bool four = family == AF_INET;
	const struct job *j = name->job;
	uint32_t ttl = thing_ttl(p, j->ttl_s);
	struct thing *t = thing_new(SCOPE_FAMILY, name);
	int r = t ? 0 : -ENOMEM;

	if (r < 0)
		return r;
	t->family = family;
	t->set = four ? &j->ipv4 : &j->ipv6;
	if (ttl == 0)
		ttl = p->ttl_default;
	r = thing_set_text(t, "type", four ? "A" : "AAAA");
	if (r == 0)
		r = thing_set_text(t, "family", four ? "ipv4" : "ipv6");
	if (r == 0)
		r = thing_set_text(t, "bits", four ? "4" : "6");
	if (r == 0 && ttl > 0)
		r = thing_set(t, "ttl", json_integer(ttl));
	if (r == 0)
		r = thing_set(t, "addresses", addr_list(p, t->set));
	if (r == 0)
		r = thing_set_merged(t, addr_list(p, t->set));
	if (r == 0 && !p->has_records)
		r = add_deletes(t);
	if (r == 0 && t->set->n > 0)
		r = thing_set(t, "address", addr_value(&t->set->addrs[0]));
	if (r == 0 && t->set->n == 0)
		r = thing_set(t, "empty", json_true());
	if (r == 0 && (t->set->n == 0 || t->set->n_was > 0 || j->no_create))
		r = thing_set(t, "careful", json_true());
	return r < 0 ? r : add_addresses(t, p);
}

static int set_dotted(struct thing *t, const char *variable, const char *text)
{
	char *dotted = str_dupf("%s.", text);
	int r = dotted ? thing_set_text(t, variable, dotted) : -ENOMEM;

	free(dotted);
	return r;
}

int thing_add_name(struct thing *batch, const struct ptype *p,
		   const struct job *j, const char *zone)
{
	struct thing *t = thing_new(SCOPE_NAME, batch);
	uint32_t ttl = thing_ttl(p, j->ttl_s);
	char *label;
	int r;

	if (!t)
		return -ENOMEM;
	t->job = j;
	label = zone ? thing_label(p, j->name, zone) : str_dup(j->name);
	r = label ? thing_set_text(t, "label", label) : -ENOMEM;
	free(label);
	if (r == 0)
		r = thing_set_text(t, "name", j->name);
	if (r == 0)
		r = set_dotted(t, "name-dot", j->name);
	if (r == 0)
		r = set_addresses(t, p, j);
	if (ttl == 0)
		ttl = p->ttl_default;
	if (r == 0 && ttl > 0)
		r = thing_set(t, "ttl", json_integer(ttl));
	if (r == 0 && j->ipv4.given)
		r = add_family(t, p, AF_INET);
	if (r == 0 && j->ipv6.given)
		r = add_family(t, p, AF_INET6);
	return r;
}

int thing_fill_batch(struct thing *batch, const struct ptype *p)
{
	json_t *names = json_array(), *labels = json_array();
	int r;

	for (size_t i = 0; i < batch->n_below; i++) {
		(void)json_array_append(names, json_object_get(
			batch->below[i]->vars, "name"));
		(void)json_array_append(labels, json_object_get(
			batch->below[i]->vars, "label"));
	}
	r = thing_set(batch, "names", names);
	if (thing_set(batch, "labels", labels) < 0)
		r = -ENOMEM;
	if (r == 0 && batch->n_below > 1)
		r = thing_set(batch, "several", json_true());
	if (r == 0 && batch->n_below > 0)
		r = set_addresses(batch, p, batch->below[0]->job);
	return r;
}
