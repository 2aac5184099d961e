#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "config/node.h"

void *node_grow(void *items, size_t n, size_t size)
{
	/* Room is made at each power of two, for as many again. */
	if (n != 0 && (n & (n - 1)) != 0)
		return items;
	return reallocarray(items, n ? 2 * n : 1, size);
}

int node_add_section(struct config_section **items, size_t *n,
		     struct config_section *s)
{
	struct config_section *more = node_grow(*items, *n, sizeof(*more));

	if (!more) {
		node_section_done(s);
		return -ENOMEM;
	}
	*items = more;
	more[(*n)++] = *s;
	return 0;
}

int node_add_setting(struct config_section *s, struct config_setting *set)
{
	struct config_setting *more =
		node_grow(s->settings, s->n_settings, sizeof(*more));

	if (!more) {
		node_setting_done(set);
		return -ENOMEM;
	}
	s->settings = more;
	more[s->n_settings++] = *set;
	return 0;
}

int node_add_value(struct config_setting *set, struct config_value *v)
{
	struct config_value *more =
		node_grow(set->values, set->n_values, sizeof(*more));

	if (!more) {
		node_value_done(v);
		return -ENOMEM;
	}
	set->values = more;
	more[set->n_values++] = *v;
	return 0;
}

void node_value_done(struct config_value *v)
{
	str_wipe_free(v->text);
}

void node_setting_done(struct config_setting *set)
{
	for (size_t i = 0; i < set->n_values; i++)
		node_value_done(&set->values[i]);
	free(set->values);
	free(set->name);
}

/* As deep as the reader lets sections nest. */
void node_section_done(struct config_section *s)
{
	for (size_t i = 0; i < s->n_settings; i++)
		node_setting_done(&s->settings[i]);
	for (size_t i = 0; i < s->n_sections; i++)
		node_section_done(&s->sections[i]);
	free(s->settings);
	free(s->sections);
	free(s->type);
	free(s->title);
}

char *node_take_text(struct buf *b)
{
	char *text = b->data;

	*b = (struct buf)BUF_INIT(b->max);
	return text;
}
