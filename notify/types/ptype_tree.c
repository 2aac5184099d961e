#include "config.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "config/tree.h"
#include "notify/types/ptype_tree.h"

#define DEPTH_MAX 8

static json_t *pack_setting(const struct config_setting *s)
{
	json_t *values = json_array();

	for (size_t i = 0; i < s->n_values; i++)
		if (json_array_append_new(values, json_string(
				s->values[i].text)) < 0) {
			json_decref(values);
			return NULL;
		}
	return json_pack("{ss sI so}", "name", s->name, "line",
			 (json_int_t)s->line, "values", values);
}

json_t *ptype_tree_pack(const struct config_section *s)
{
	json_t *settings = json_array(), *sections = json_array();
	bool good = true;

	for (size_t i = 0; i < s->n_settings && good; i++)
		good = json_array_append_new(settings, pack_setting(
				&s->settings[i])) == 0;
	for (size_t i = 0; i < s->n_sections && good; i++)
		good = json_array_append_new(sections, ptype_tree_pack(
				&s->sections[i])) == 0;
	if (!good) {
		json_decref(settings);
		json_decref(sections);
		return NULL;
	}
	return json_pack("{ss ss? ss sI so so}", "type", s->type, "title",
			 s->title, "file", s->file, "line",
			 (json_int_t)s->line, "settings", settings, "sections",
			 sections);
}

/* ---- and back ---- */

static int unpack_setting(json_t *o, const char *file,
			  struct config_setting *s)
{
	json_t *values = json_object_get(o, "values");
	const char *name = json_string_value(json_object_get(o, "name"));
	size_t n = json_array_size(values);

	s->file = file;
	s->line = (unsigned int)json_integer_value(json_object_get(o, "line"));
	s->name = name ? str_dup(name) : NULL;
	s->values = calloc(n + 1, sizeof(*s->values));
	if (!s->name || !s->values)
		return -ENOMEM;
	for (; s->n_values < n; s->n_values++) {
		const char *text = json_string_value(
			json_array_get(values, s->n_values));

		s->values[s->n_values].text = text ? str_dup(text) : NULL;
		if (!s->values[s->n_values].text)
			return -ENOMEM;
	}
	return 0;
}

static void section_done(struct config_section *s)
{
	for (size_t i = 0; i < s->n_settings; i++) {
		struct config_setting *one = &s->settings[i];

		for (size_t k = 0; k < one->n_values; k++)
			free(one->values[k].text);
		free(one->values);
		free(one->name);
	}
	for (size_t i = 0; i < s->n_sections; i++)
		section_done(&s->sections[i]);
	free(s->settings);
	free(s->sections);
	free(s->type);
	free(s->title);
}

static int unpack_section(json_t *o, unsigned int depth,
			  struct config_section *s)
{
	json_t *settings = json_object_get(o, "settings");
	json_t *sections = json_object_get(o, "sections");
	const char *type = json_string_value(json_object_get(o, "type"));
	const char *title = json_string_value(json_object_get(o, "title"));
	size_t n = json_array_size(settings), m = json_array_size(sections);
	int r = 0;

	s->file = json_string_value(json_object_get(o, "file"));
	s->line = (unsigned int)json_integer_value(json_object_get(o, "line"));
	s->type = type ? str_dup(type) : NULL;
	s->title = title ? str_dup(title) : NULL;
	s->settings = calloc(n + 1, sizeof(*s->settings));
	s->sections = calloc(m + 1, sizeof(*s->sections));
	if (!s->file || !s->type || (title && !s->title) || !s->settings ||
	    !s->sections || depth > DEPTH_MAX)
		return -ENOMEM;
	for (size_t i = 0; i < n && r == 0; i++, s->n_settings++)
		r = unpack_setting(json_array_get(settings, i), s->file,
				   &s->settings[i]);
	for (size_t i = 0; i < m && r == 0; i++, s->n_sections++)
		r = unpack_section(json_array_get(sections, i), depth + 1,
				   &s->sections[i]);
	return r;
}

struct config_section *ptype_tree_unpack(json_t *o)
{
	struct config_section *s = calloc(1, sizeof(*s));

	if (s && unpack_section(o, 0, s) < 0) {
		ptype_tree_free(s);
		s = NULL;
	}
	return s;
}

void ptype_tree_free(struct config_section *s)
{
	if (s)
		section_done(s);
	free(s);
}

/* ---- bases ---- */

static json_t *find_setting(json_t *o, const char *name)
{
	json_t *list = json_object_get(o, "settings"), *one;
	size_t i;

	json_array_foreach(list, i, one) {
		const char *text = json_string_value(
			json_object_get(one, "name"));

		if (text && strcmp(text, name) == 0)
			return one;
	}
	return NULL;
}

const char *ptype_tree_text(json_t *o, const char *setting)
{
	return json_string_value(json_array_get(json_object_get(
		find_setting(o, setting), "values"), 0));
}

unsigned int ptype_tree_line(json_t *o, const char *setting)
{
	return (unsigned int)json_integer_value(json_object_get(
		find_setting(o, setting), "line"));
}

static bool is_kind(json_t *section, const char *type)
{
	const char *text = json_string_value(json_object_get(section, "type"));

	return text && strcmp(text, type) == 0;
}

static bool has_section(json_t *o, const char *type, const char *title)
{
	json_t *one;
	size_t i;

	json_array_foreach(json_object_get(o, "sections"), i, one) {
		const char *t = json_string_value(
			json_object_get(one, "title"));

		if (is_kind(one, type) &&
		    (!title || (t && strcmp(t, title) == 0)))
			return true;
	}
	return false;
}

/* Is the base's section still wanted beside ours? */
static bool is_wanted(json_t *own, json_t *section)
{
	const char *title = json_string_value(
		json_object_get(section, "title"));

	if (is_kind(section, "step"))
		return !has_section(own, "step", NULL);
	if (is_kind(section, "auth"))
		return !has_section(own, "auth", NULL);
	if (is_kind(section, "setting"))
		return !has_section(own, "setting", title);
	if (is_kind(section, "let"))
		return !has_section(own, "let", title);
	return true; /* answers */
}

/* What says something of the base alone. */
static bool is_its_own(const char *setting)
{
	static const char *const names[] = { "base", "abstract", "verified",
					     "notes", NULL };

	for (size_t i = 0; names[i]; i++)
		if (strcmp(names[i], setting) == 0)
			return true;
	return false;
}

int ptype_tree_merge(json_t *own, json_t *base)
{
	json_t *before = json_deep_copy(own), *one;
	size_t i;
	int r = before ? 0 : -ENOMEM;

	json_array_foreach(json_object_get(base, "settings"), i, one) {
		const char *name = json_string_value(
			json_object_get(one, "name"));

		if (name && !find_setting(before, name) && r == 0 &&
		    !is_its_own(name))
			r = json_array_append(
				json_object_get(own, "settings"), one);
	}
	json_array_foreach(json_object_get(base, "sections"), i, one)
		if (r == 0 && is_wanted(before, one))
			r = json_array_append(
				json_object_get(own, "sections"), one);
	json_decref(before);
	return r < 0 ? -ENOMEM : 0;
}
