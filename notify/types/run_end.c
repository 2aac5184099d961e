#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "notify/types/run.h"
#include "notify/types/run_inside.h"
#include "notify/types/value.h"

/* ---- ids ---- */

static bool holds_all(const json_t *records, const struct job_set *set)
{
	size_t i, k;

	for (k = 0; k < set->n; k++) {
		bool met = false;

		for (i = 0; i < json_array_size(records) && !met; i++) {
			const char *text = json_string_value(json_object_get(
				json_array_get(records, i), "value"));
			struct addr a;

			met = text && addr_parse(text, &a) == 0 &&
			      addr_equal(&a, &set->addrs[k]);
		}
		if (!met)
			return false;
	}
	return true;
}

static const char *text_of(const struct thing *t, const char *variable)
{
	const char *text = json_string_value(thing_get(t, variable));

	return text ? text : "";
}

/*
 * Whoever asks for what we believe to be there already has seen something
 * else: then it is read anew.
 */
void run_end_use_ids(struct run *r, struct thing *family)
{
	json_t *records = provider_ids(r->provider, text_of(family, "name"),
				       text_of(family, "type"));

	/* Another run may have read them for this one. */
	if (!records || r->look || family->records ||
	    holds_all(records, family->set))
		return;
	family->records = json_deep_copy(records);
	family->cached = family->records != NULL;
}

static bool caches(const struct ptype *p)
{
	for (size_t i = 0; i < p->n_steps; i++)
		if (p->steps[i].records.given && !p->steps[i].records.cache)
			return false;
	return p->has_records;
}

/* The thing of that scope that is about the record; NULL: none. */
static const struct thing *thing_about(const struct thing *family,
				       enum scope scope, json_t *record)
{
	json_t *id = json_object_get(record, "id");

	for (size_t i = 0; i < family->n_below; i++) {
		const struct thing *t = family->below[i];

		if (t->scope == scope && id &&
		    json_equal(id, json_object_get(t->vars, "id")))
			return t;
	}
	return NULL;
}

static bool made_some(const struct thing *family)
{
	for (size_t i = 0; i < family->n_below; i++)
		if (family->below[i]->scope == SCOPE_CREATE)
			return true;
	return false;
}

/* As the records are now. */
static json_t *records_after(const struct thing *family)
{
	json_t *list = json_array(), *one;
	size_t i;

	json_array_foreach(family->records, i, one) {
		const struct thing *t = thing_about(family, SCOPE_UPDATE, one);
		json_t *copy;

		if (thing_about(family, SCOPE_DELETE, one))
			continue;
		copy = json_deep_copy(one);
		if (t)
			(void)json_object_set(copy, "value", json_object_get(
				t->vars, "address"));
		(void)json_array_append_new(list, copy);
	}
	return list;
}

static void keep_family(struct run *r, const struct thing *f)
{
	const char *name = text_of(f, "name"), *type = text_of(f, "type");
	bool known = f->records && !made_some(f) && f->answered &&
		     (f->result == NOTIFY_DONE ||
		      f->result == NOTIFY_UNCHANGED);

	if (r->look || !caches(r->provider->type))
		return;
	provider_ids_set(r->provider, name, type,
			 known && json_array_size(f->records) > 0
				 ? records_after(f) : NULL);
}

void run_end_keep_ids(struct run *r)
{
	for (size_t i = 0; r->batch && i < r->batch->n_below; i++)
		for (size_t k = 0; k < r->batch->below[i]->n_below; k++)
			keep_family(r, r->batch->below[i]->below[k]);
}

/* ---- answers ---- */

static int rank(enum notify_status s)
{
	switch (s) {
	case NOTIFY_REFUSED:
		return 4;
	case NOTIFY_RETRY:
		return 3;
	case NOTIFY_SLOW:
		return 2;
	case NOTIFY_DONE:
		return 1;
	case NOTIFY_UNCHANGED:
	case NOTIFY_CANCELLED:
	default:
		return 0;
	}
}

static void take_family(struct thing *f, const char *title,
			struct outcome *o, bool first)
{
	enum notify_status *mine = f->family == AF_INET ? &o->ipv4 : &o->ipv6;

	if (!f->answered) {
		f->result = NOTIFY_REFUSED;
		(void)snprintf(f->text, sizeof(f->text), "%s: nothing in this "
			       "type can do that", title);
	}
	*mine = f->result;
	if (first || rank(f->result) > rank(o->status)) {
		o->status = f->result;
		(void)snprintf(o->text, sizeof(o->text), "%s", f->text);
	}
	if (f->retry_after_s > o->retry_after_s)
		o->retry_after_s = f->retry_after_s;
	o->ban |= f->stop;
	o->unclassified |= f->unclassified;
}

static json_t *values_of(const struct thing *family)
{
	json_t *list = json_array(), *one;
	size_t i;

	json_array_foreach(family->records, i, one)
		(void)json_array_append(list, json_object_get(one, "value"));
	return list;
}

static void answer_look(struct run *r, struct work *w, const struct thing *name,
			struct outcome *o)
{
	json_t *values = json_object();
	bool read = true;

	for (size_t i = 0; i < name->n_below; i++) {
		const struct thing *f = name->below[i];

		if (!f->answered)
			read = read && f->records;
		else
			read = false;
		(void)json_object_set_new(values, text_of(f, "family"),
					  values_of(f));
	}
	if (read)
		outcome_set(o, NOTIFY_DONE, 0, "%s: read",
			    r->provider->type->name);
	o->sent_ns = r->sent_ns;
	work_done_look(w, o, read ? values : NULL);
	if (!read)
		json_decref(values);
}

void run_end_answer(struct run *r)
{
	for (size_t i = 0; i < r->n; i++) {
		struct work *w = r->works[i];
		struct thing *name = r->batch->below[i];
		struct outcome o;

		r->works[i] = NULL;
		if (!w)
			continue;
		w->batch = NULL;
		outcome_set(&o, NOTIFY_UNCHANGED, 0, "%s",
			    r->provider->type->name);
		if (r->look) {
			for (size_t k = 0; k < name->n_below; k++)
				if (name->below[k]->answered)
					take_family(name->below[k], "", &o,
						    k == 0);
			answer_look(r, w, name, &o);
			continue;
		}
		for (size_t k = 0; k < name->n_below; k++)
			take_family(name->below[k], r->provider->type->name,
				    &o, k == 0);
		o.sent_ns = r->sent_ns;
		work_done(w, &o);
	}
}
