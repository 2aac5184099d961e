#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "notify/types/plan.h"
#include "notify/types/value.h"

#define RECORDS_MAX 1000

enum fate { FATE_STAYS, FATE_KEPT, FATE_UPDATED, FATE_DELETED };

struct plan {
	const struct ptype *type;
	struct thing *family;
	const struct job_set *set;
	size_t n_wanted, n_records;
	bool *met;        /* of each wanted address: some record holds it */
	size_t *heirs;    /* of each updated record: the wanted address */
	enum fate *fates; /* of each record */
	bool changes;
};

static bool parse_record(const struct plan *p, size_t i, struct addr *ret)
{
	json_t *v = json_object_get(json_array_get(p->family->records, i),
				    "value");

	return json_is_string(v) &&
	       addr_parse(json_string_value(v), ret) == 0;
}

static bool was_ours(const struct plan *p, size_t i)
{
	struct addr a;

	if (!parse_record(p, i, &a))
		return false;
	for (size_t k = 0; k < p->set->n_was; k++)
		if (addr_equal(&a, &p->set->was[k]))
			return true;
	return false;
}

static void match(struct plan *p)
{
	for (size_t i = 0; i < p->n_records; i++) {
		struct addr a;

		if (!parse_record(p, i, &a))
			continue;
		for (size_t k = 0; k < p->n_wanted; k++)
			if (!p->met[k] && p->fates[i] == FATE_STAYS &&
			    addr_equal(&a, &p->set->addrs[k])) {
				p->met[k] = true;
				p->fates[i] = FATE_KEPT;
			}
	}
}

/* The record that a new address takes over; n_records: none. */
static size_t find_spare(const struct plan *p)
{
	size_t first = p->n_records;

	for (size_t i = 0; i < p->n_records; i++) {
		if (p->fates[i] != FATE_STAYS)
			continue;
		if (was_ours(p, i))
			return i;
		if (first == p->n_records)
			first = i;
	}
	/*
	 * Others may share the name: one that is not known to be ours is
	 * taken only where there is no doubt, or nothing was known before.
	 */
	if (p->n_records == 1 || !p->type->many)
		return first;
	for (size_t i = 0; i < p->n_records; i++)
		if (p->fates[i] != FATE_STAYS)
			return p->n_records;
	return p->set->n_was == 0 ? first : p->n_records;
}

/* A thing with all that is known of a record. */
static struct thing *add_thing(struct plan *p, enum scope scope,
			       json_t *record, const struct addr *addr)
{
	struct thing *t = thing_new(scope, p->family);
	char text[ADDR_STRLEN];

	p->changes = true;
	if (!t)
		return NULL;
	if (record) {
		(void)json_object_update(t->vars, record);
		(void)json_object_del(t->vars, "value");
		(void)json_object_del(t->vars, "ttl");
		if (thing_set(t, "old", json_incref(json_object_get(
				record, "value"))) < 0)
			return NULL;
		if (json_object_get(record, "ttl"))
			(void)thing_set(t, "record-ttl", json_incref(
				json_object_get(record, "ttl")));
		if (p->family->job->ttl_s == 0 &&
		    json_object_get(record, "ttl"))
			(void)thing_set(t, "ttl", json_incref(
				json_object_get(record, "ttl")));
	}
	if (addr && thing_set_text(t, "address", addr_print(addr, text)) < 0)
		return NULL;
	return t;
}

static int update_and_create(struct plan *p)
{
	for (size_t k = 0; k < p->n_wanted; k++) {
		size_t i = p->met[k] ? 0 : find_spare(p);
		json_t *record = NULL;

		if (p->met[k])
			continue;
		if (i < p->n_records) {
			record = json_array_get(p->family->records, i);
			p->fates[i] = FATE_UPDATED;
			p->heirs[i] = k;
			p->met[k] = true;
		}
		/* What is left unmet is made anew. */
		if (!add_thing(p, record ? SCOPE_UPDATE : SCOPE_CREATE,
			       record, &p->set->addrs[k]))
			return -ENOMEM;
	}
	return 0;
}

static int delete_rest(struct plan *p)
{
	bool all = p->set->n == 0 && !p->set->was_given;

	for (size_t i = 0; i < p->n_records; i++) {
		if (p->fates[i] != FATE_STAYS || (!all && !was_ours(p, i)))
			continue;
		p->fates[i] = FATE_DELETED;
		if (!add_thing(p, SCOPE_DELETE,
			       json_array_get(p->family->records, i), NULL))
			return -ENOMEM;
	}
	return 0;
}

/* What a whole RRset is to hold. */
static int set_merged(struct plan *p)
{
	json_t *list = json_array();
	char text[ADDR_STRLEN];

	for (size_t i = 0; i < p->n_records; i++)
		if (p->fates[i] == FATE_UPDATED)
			(void)json_array_append_new(list, value_new_text(
				addr_print(&p->set->addrs[p->heirs[i]],
					   text)));
		else if (p->fates[i] != FATE_DELETED)
			(void)json_array_append(list, json_object_get(
				json_array_get(p->family->records, i),
				"value"));
	for (size_t k = 0; k < p->n_wanted; k++)
		if (!p->met[k])
			(void)json_array_append_new(list, value_new_text(
				addr_print(&p->set->addrs[k], text)));
	if (json_array_size(list) == 0)
		(void)thing_set(p->family, "empty", json_true());
	else
		(void)json_object_del(p->family->vars, "empty");
	return thing_set_merged(p->family, list);
}

/* What is known of the first record, for steps of the family. */
static int set_variables(struct plan *p)
{
	struct thing *f = p->family;
	json_t *record = json_array_get(f->records, 0), *v;
	const char *key;
	int r = 0;

	(void)json_object_del(f->vars, "found");
	(void)json_object_del(f->vars, "absent");
	/* That of a record which was read before counts no more. */
	if (f->job->ttl_s == 0 && p->type->ttl_default > 0)
		(void)thing_set(f, "ttl", json_integer(p->type->ttl_default));
	else if (f->job->ttl_s == 0)
		(void)json_object_del(f->vars, "ttl");
	if (!record)
		return thing_set(f, "absent", json_true());
	json_object_foreach(record, key, v) {
		const char *name = strcmp(key, "value") == 0 ? "old"
				   : strcmp(key, "ttl") == 0 ? "record-ttl"
							     : key;

		if (thing_set(f, name, json_incref(v)) < 0)
			r = -ENOMEM;
	}
	v = json_object_get(record, "ttl");
	if (f->job->ttl_s == 0 && v)
		r = thing_set(f, "ttl", json_incref(v)) < 0 ? -ENOMEM : r;
	return thing_set(f, "found", json_true()) < 0 ? -ENOMEM : r;
}

static int run(struct plan *p)
{
	int r;

	match(p);
	r = update_and_create(p);
	if (r == 0)
		r = delete_rest(p);
	if (r == 0)
		r = set_variables(p);
	return r < 0 ? r : set_merged(p);
}

int plan_make(const struct ptype *type, struct thing *family,
	      enum plan_verdict *ret)
{
	struct plan p = { .type = type, .family = family, .set = family->set };
	int r = -ENOMEM;

	thing_drop_below(family, SCOPE_UPDATE);
	thing_drop_below(family, SCOPE_CREATE);
	thing_drop_below(family, SCOPE_DELETE);
	p.n_wanted = type->many || p.set->n == 0 ? p.set->n : 1;
	p.n_records = json_array_size(family->records);
	if (p.n_records > RECORDS_MAX)
		p.n_records = RECORDS_MAX;
	p.met = calloc(p.n_wanted + 1, sizeof(*p.met));
	p.fates = calloc(p.n_records + 1, sizeof(*p.fates));
	p.heirs = calloc(p.n_records + 1, sizeof(*p.heirs));
	if (p.met && p.fates && p.heirs)
		r = run(&p);
	free(p.met);
	free(p.fates);
	free(p.heirs);
	if (r < 0)
		return r;
	*ret = p.changes ? PLAN_CHANGE : PLAN_SAME;
	if (p.changes && p.n_records == 0 && p.n_wanted > 0 &&
	    (family->job->no_create || !type->creates))
		*ret = PLAN_FORBIDDEN;
	return 0;
}
