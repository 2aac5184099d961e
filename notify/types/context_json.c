#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "notify/types/context.h"
#include "notify/types/ptype_row.h"
#include "notify/types/value.h"

static const char *const scopes[] = { "session", "zone",   "batch",  "name",
				      "family",	 "address", "update", "create",
				      "delete",	 "merged", NULL };

/* Whole units, at least one, where unit is more than 1. */
static int take_number(json_t *v, json_int_t unit, json_t **ret)
{
	char *text = value_text(v);
	json_t *n;
	int r = -EINVAL;

	if (!text)
		return -ENOMEM;
	n = json_loads(text, JSON_DECODE_ANY, NULL);
	if (json_is_number(n)) {
		*ret = unit == 1 || !json_is_integer(n)
			       ? json_incref(n)
			       : json_integer((json_integer_value(n) + unit -
					       1) / unit);
		r = *ret ? 0 : -ENOMEM;
	}
	json_decref(n);
	str_wipe_free(text);
	return r;
}

static int take_list(json_t *v, json_t **ret)
{
	if (json_is_array(v)) {
		*ret = json_incref(v);
		return 0;
	}
	*ret = json_array();
	return json_array_append(*ret, v) < 0 ? -ENOMEM : 0;
}

/* {x:number}, {x:json}, {x:list}: no string. 1: none of them. */
static int take_whole(struct context *c, const struct template *t,
		      json_t **ret)
{
	static const char *const kinds[] = { "number", "json", "list",
					     "minutes" };
	const char *variable = NULL;
	size_t kind = 0;
	json_t *v;
	int r;

	for (; kind < 4 && !variable; kind++)
		variable = template_only(t, kinds[kind]);
	if (!variable)
		return 1;
	v = context_get(c, variable);
	if (!v) {
		c->culprit = "a value";
		return c->error ? c->error : -ENOENT;
	}
	if (kind == 1)
		r = take_number(v, 1, ret);
	else if (kind == 4)
		r = take_number(v, 60, ret);
	else if (kind == 3)
		r = take_list(v, ret);
	else
		r = (*ret = json_incref(v)) ? 0 : -EINVAL;
	json_decref(v);
	return r;
}

static int take_string(struct context *c, json_t *body, json_t **ret)
{
	const char *why;
	struct template t;
	char *text = NULL;
	int r = template_parse(json_string_value(body), &t, &why);

	if (r < 0)
		return r;
	r = take_whole(c, &t, ret);
	if (r == 1) {
		r = context_text(c, &t, &text);
		/* The culprit's name goes with the template. */
		if (r < 0)
			c->culprit = json_string_value(body);
		if (r == 0) {
			/* JSON is UTF-8, whatever the operator wrote. */
			*ret = json_string(text);
			r = *ret ? 0 : -EINVAL;
		}
		str_wipe_free(text);
	}
	template_done(&t);
	return r;
}

static bool object_holds(struct context *c, json_t *body)
{
	json_t *list = json_object_get(body, "$when");
	bool holds = true;

	for (size_t i = 0; i < json_array_size(list) && holds; i++) {
		struct ptype_condition one = { .variable = NULL };
		struct ptype_conditions when = { .items = &one, .n = 1 };
		const char *text = json_string_value(json_array_get(list, i));

		if (!text || ptype_condition_parse(text, &one) < 0)
			return false;
		holds = context_holds(c, &when);
		ptype_condition_done(&one);
	}
	return holds;
}

/* It may hold expansions as well; NULL: no memory, or a variable missing. */
static char *member_name(struct context *c, const char *key, size_t len)
{
	char *copy = str_dupf("%.*s", (int)len, key), *name = NULL;
	const char *why;
	struct template t;

	if (!copy || !strchr(copy, '{'))
		return copy;
	if (template_parse(copy, &t, &why) == 0) {
		(void)context_text(c, &t, &name);
		template_done(&t);
	}
	free(copy);
	return name;
}

static int take_object(struct context *c, json_t *body, json_t **ret)
{
	json_t *o = json_object(), *one, *v;
	const char *key;
	int r = 0;

	json_object_foreach(body, key, one) {
		size_t len = strlen(key);
		bool optional = len > 0 && key[len - 1] == '?';
		char *name;

		if (key[0] == '$')
			continue;
		v = NULL;
		r = context_json(c, one, &v);
		if (r == -ENOENT && optional) {
			r = 0;
			continue;
		}
		if (r < 0)
			break;
		name = member_name(c, key, len - optional);
		if (!name || json_object_set_new(o, name, v) < 0)
			r = -ENOMEM;
		free(name);
		if (r < 0)
			break;
	}
	if (r < 0)
		json_decref(o);
	else
		*ret = o;
	return r;
}

static int append_each(struct context *c, json_t *item, json_t *list)
{
	const char *word = json_string_value(json_object_get(item, "$for"));
	struct thing *at = c->thing, **things = &at;
	size_t n = 1;
	int r = 0;

	if (word)
		r = thing_collect(at, (enum scope)ptype_word(scopes, word),
				  &things, &n);
	for (size_t i = 0; i < n && r == 0; i++) {
		json_t *v = NULL;

		c->thing = things[i];
		if (!object_holds(c, item))
			continue;
		r = context_json(c, item, &v);
		if (r == 0 && json_array_append_new(list, v) < 0)
			r = -ENOMEM;
	}
	c->thing = at;
	if (word && things != &at)
		free(things);
	return r;
}

static int take_array(struct context *c, json_t *body, json_t **ret)
{
	json_t *list = json_array(), *item;
	size_t i;
	int r = 0;

	json_array_foreach(body, i, item) {
		r = append_each(c, item, list);
		if (r < 0)
			break;
	}
	if (r < 0)
		json_decref(list);
	else
		*ret = list;
	return r;
}

int context_json(struct context *c, json_t *body, json_t **ret)
{
	if (json_is_string(body))
		return take_string(c, body, ret);
	if (json_is_object(body))
		return take_object(c, body, ret);
	if (json_is_array(body))
		return take_array(c, body, ret);
	*ret = json_incref(body);
	return 0;
}
