#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "config/tree.h"
#include "daemon/setup/shipped.h"

static void strings_done(struct config_strings *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->items[i]);
	free(s->items);
	*s = (struct config_strings){ 0 };
}

static int strings_take(struct config_strings *s,
			const struct config_setting *setting)
{
	strings_done(s);
	s->items = calloc(setting->n_values ? setting->n_values : 1,
			  sizeof(*s->items));
	if (!s->items)
		return -ENOMEM;
	for (; s->n < setting->n_values; s->n++) {
		s->items[s->n] = str_dup(setting->values[s->n].text);
		if (!s->items[s->n])
			return -ENOMEM;
	}
	return 0;
}

static int take_section(const struct config_section *section,
			struct shipped *out, struct faults *faults)
{
	int r = 0;

	if (strcmp(section->type, "reflectors") != 0) {
		faults_add(faults, section->file, section->line,
			   "unknown section \"%s\"; only reflectors belongs "
			   "here", section->type);
		return -EINVAL;
	}
	for (size_t i = 0; r == 0 && i < section->n_settings; i++) {
		const struct config_setting *s = &section->settings[i];

		if (strcmp(s->name, "reflectors4") == 0) {
			r = strings_take(&out->reflectors4, s);
		} else if (strcmp(s->name, "reflectors6") == 0) {
			r = strings_take(&out->reflectors6, s);
		} else {
			faults_add(faults, s->file, s->line,
				   "unknown setting \"%s\"", s->name);
			r = -EINVAL;
		}
	}
	return r;
}

int shipped_load(const char *path, struct shipped *ret, struct faults *faults)
{
	struct shipped out = { 0 };
	struct config_tree *tree;
	int r;

	if (access(path, F_OK) < 0) {
		*ret = out;
		return 0;
	}
	r = config_tree_read(path, NULL, &tree, faults);
	if (r < 0)
		return r;
	for (size_t i = 0; r == 0 && i < tree->n_sections; i++)
		r = take_section(&tree->sections[i], &out, faults);
	config_tree_free(tree);
	if (r < 0)
		shipped_done(&out);
	else
		*ret = out;
	return r;
}

void shipped_done(struct shipped *s)
{
	strings_done(&s->reflectors4);
	strings_done(&s->reflectors6);
}
