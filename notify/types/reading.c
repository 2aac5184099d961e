#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "notify/types/reading.h"
#include "notify/types/value.h"

#define RECORDS_MAX 1000

/* Do all of these hold of the element? */
/* What the elements are compared with: the same for each of them. */
struct wanted {
	struct context *c;
	const struct ptype_pairs *where;
	char **texts;
};

static void wanted_done(struct wanted *w)
{
	for (size_t i = 0; w->texts && i < w->where->n; i++)
		str_wipe_free(w->texts[i]);
	free(w->texts);
}

/* false: a variable is missing, and nothing is wanted; or no memory. */
static bool wanted_init(struct wanted *w, struct context *c,
			const struct ptype_pairs *where)
{
	*w = (struct wanted){ .c = c, .where = where };
	w->texts = calloc(where->n + 1, sizeof(*w->texts));
	for (size_t i = 0; w->texts && i < where->n; i++)
		if (context_text(c, &where->items[i].value, &w->texts[i]) < 0)
			return false;
	return w->texts != NULL;
}

static bool is_wanted(const struct wanted *w, json_t *element)
{
	for (size_t i = 0; i < w->where->n; i++)
		if (!value_is(context_at(w->c, element,
					 w->where->items[i].name),
			      w->texts[i]))
			return false;
	return true;
}

typedef int element_fn(void *user, json_t *element);

/*
 * Calls fn for each element that is wanted until it says no (not 0). An
 * object in which inside is found (NULL: any) is the one element.
 */
static int each_wanted(const struct wanted *w, json_t *in, const char *inside,
		       element_fn *fn, void *user)
{
	const char *key;
	json_t *one;
	size_t i;
	int r = 0;

	if (json_is_array(in)) {
		json_array_foreach(in, i, one)
			if (r == 0 && is_wanted(w, one))
				r = fn(user, one);
		return r;
	}
	if (!json_is_object(in))
		return 0;
	/* An object may be the one record, or hold them by their ids. */
	if (inside && context_at(w->c, in, inside))
		return is_wanted(w, in) ? fn(user, in) : 0;
	json_object_foreach(in, key, one)
		if (r == 0 && json_is_object(one) && is_wanted(w, one))
			r = fn(user, one);
	return r;
}

static int each_element(struct context *c, const struct ptype_pairs *where,
			json_t *in, const char *inside, element_fn *fn,
			void *user)
{
	struct wanted w;
	int r = wanted_init(&w, c, where) ? each_wanted(&w, in, inside, fn,
							user) : 0;

	wanted_done(&w);
	return r;
}

/* ---- read ---- */

static int take_first(void *user, json_t *element)
{
	*(json_t **)user = element;
	return 1;
}

static json_t *read_json(struct context *c, const struct ptype_read *read,
			 const struct rule_answer *a)
{
	json_t *v = a->json ? context_at(c, a->json, read->json) : NULL;
	json_t *found = NULL;

	if (read->where.n > 0) {
		(void)each_element(c, &read->where, v, NULL, take_first,
				   &found);
		v = found;
	}
	if (v && read->take)
		v = context_at(c, v, read->take);
	return v && !json_is_null(v) ? json_incref(v) : NULL;
}

static json_t *read_text(char *text)
{
	json_t *v = text ? value_new_text(text) : NULL;

	str_wipe_free(text);
	return v;
}

static json_t *read_one(struct context *c, const struct ptype_read *read,
			const struct rule_answer *a, reading_header_fn *header,
			void *user)
{
	if (read->json)
		return read_json(c, read, a);
	if (read->header) {
		char *text = header(user, read->header), *part = text;

		if (text && read->regex.given) {
			part = context_match(&read->regex, text, 1);
			free(text);
		}
		return read_text(part);
	}
	if (read->regex.given)
		return read_text(context_match(&read->regex, a->body, 1));
	return read_text(rule_line(a->body, 0));
}

int reading_values(struct context *c, const struct rule_answer *a,
		   reading_header_fn *header, void *user, struct thing *into)
{
	for (size_t i = 0; i < c->step->n_read; i++) {
		const struct ptype_read *read = &c->step->read[i];
		json_t *v = read_one(c, read, a, header, user);

		if (v && thing_set(into, read->variable, v) < 0)
			return -ENOMEM;
		/* What was read on another page counts no more. */
		if (!v)
			(void)json_object_del(into->vars, read->variable);
		if (!v && read->required) {
			c->culprit = read->variable;
			return -ENOENT;
		}
	}
	return 0;
}

/* ---- records ---- */

struct taking {
	struct context *c;
	const struct ptype_records *records;
	struct thing *family;
	json_t *list;
};

static int add_record(struct taking *t, json_t *element, json_t *value,
		      json_t *ttl)
{
	const struct ptype_records *r = t->records;
	json_t *o, *v;
	char *text = value_text(value);
	struct addr a;

	/* What is no address of the family is not the family's. */
	if (!text || addr_parse(text, &a) < 0 ||
	    a.family != t->family->family ||
	    json_array_size(t->list) >= RECORDS_MAX) {
		free(text);
		return 0;
	}
	o = json_object();
	(void)json_object_set_new(o, "value", value_new_text(text));
	free(text);
	v = r->id && element ? context_at(t->c, element, r->id) : NULL;
	if (v)
		(void)json_object_set(o, "id", v);
	if (r->ttl && element)
		ttl = context_at(t->c, element, r->ttl);
	if (ttl && !json_is_null(ttl))
		(void)json_object_set(o, "ttl", ttl);
	for (size_t i = 0; i < r->keep.n && element; i++) {
		const struct ptype_pair *k = &r->keep.items[i];

		v = k->value.n == 1 ? value_at(element,
					       k->value.pieces[0].text)
				    : NULL;
		if (v && !json_is_null(v))
			(void)json_object_set(o, k->name, v);
	}
	return json_array_append_new(t->list, o) < 0 ? -ENOMEM : 0;
}

/* An address, or an array of them. */
static int take_value(struct taking *t, json_t *element, json_t *v)
{
	json_t *one;
	size_t i;
	int r = 0;

	if (!json_is_array(v))
		return v && !json_is_null(v) ? add_record(t, element, v, NULL)
					     : 0;
	json_array_foreach(v, i, one)
		if (r == 0 && json_is_string(one))
			r = add_record(t, element, one, NULL);
	return r;
}

static int take_record(void *user, json_t *element)
{
	struct taking *t = user;
	const struct ptype_records *rs = t->records;
	json_t *items, *one;
	size_t i;
	int r = 0;

	if (!rs->items)
		return take_value(t, element, context_at(t->c, element,
							 rs->value));
	items = context_at(t->c, element, rs->items);
	json_array_foreach(items, i, one)
		if (r == 0)
			r = take_value(t, element, context_at(t->c, one,
							      rs->value));
	return r;
}

static int take_matches(struct taking *t, const char *body)
{
	const struct ptype_records *r = t->records;
	json_t *ttl = NULL;
	char *text = r->ttl_regex.given ? context_match(&r->ttl_regex, body, 1)
					: NULL;
	regmatch_t m[2];
	int error = 0;

	if (text)
		ttl = json_loads(text, JSON_DECODE_ANY, NULL);
	free(text);
	while (error == 0 && regexec(&r->regex.re, body, 2, m, 0) == 0) {
		json_t *v = m[1].rm_so < 0 ? NULL
			: value_new(body + m[1].rm_so,
				    (size_t)(m[1].rm_eo - m[1].rm_so));

		error = v ? add_record(t, NULL, v, ttl) : 0;
		json_decref(v);
		body += m[0].rm_eo > 0 ? m[0].rm_eo : 1;
		if (m[0].rm_eo == 0)
			break;
	}
	json_decref(ttl);
	return error;
}

static int take_family(struct taking *t, const struct rule_answer *a)
{
	const struct ptype_records *r = t->records;
	char *text = NULL;
	bool there = true;

	if (r->has_contains) {
		if (context_text(t->c, &r->contains, &text) < 0)
			return -ENOMEM;
		there = strstr(a->body, text) != NULL;
		str_wipe_free(text);
	}
	if (!there)
		return 0;
	if (r->regex.given)
		return take_matches(t, a->body);
	return each_element(t->c, &r->where,
			    a->json ? context_at(t->c, a->json, r->json)
				    : NULL,
			    r->items ? r->items : r->value, take_record, t);
}

int reading_records(struct context *c, const struct rule_answer *a)
{
	struct thing *at = c->thing, **families = NULL;
	size_t n = 0;
	int r = thing_collect(at, SCOPE_FAMILY, &families, &n);

	for (size_t i = 0; i < n && r == 0; i++) {
		struct taking t = { .c = c, .records = &c->step->records,
				    .family = families[i] };

		c->thing = families[i];
		if (!c->thing->records)
			c->thing->records = json_array();
		t.list = c->thing->records;
		r = t.list ? take_family(&t, a) : -ENOMEM;
	}
	c->thing = at;
	free(families);
	return r;
}
