#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config/node.h"
#include "config/reader.h"
#include "config/tree.h"

int config_tree_read(const char *path, config_wanted_fn *wanted,
		     struct config_tree **ret, struct faults *faults)
{
	struct config_tree *tree = calloc(1, sizeof(*tree));
	int r;

	if (!tree) {
		faults_add_no_memory(faults, path, 0);
		return -ENOMEM;
	}
	r = reader_read_file(path, wanted, tree, faults);
	if (r < 0) {
		config_tree_free(tree);
		return r;
	}
	*ret = tree;
	return 0;
}

int config_tree_parse(const char *name, const char *text, size_t len,
		      config_wanted_fn *wanted, struct config_tree **ret,
		      struct faults *faults)
{
	struct config_tree *tree = calloc(1, sizeof(*tree));
	int r;

	if (!tree) {
		faults_add_no_memory(faults, name, 0);
		return -ENOMEM;
	}
	r = reader_read_text(name, text, len, wanted, tree, faults);
	if (r < 0) {
		config_tree_free(tree);
		return r;
	}
	*ret = tree;
	return 0;
}

void config_tree_free(struct config_tree *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->n_sections; i++)
		node_section_done(&t->sections[i]);
	for (size_t i = 0; i < t->n_files; i++)
		free(t->files[i]);
	free(t->sections);
	free(t->files);
	free(t);
}

const struct config_setting *config_section_find(
	const struct config_section *s, const char *name)
{
	for (size_t i = 0; i < s->n_settings; i++)
		if (strcmp(s->settings[i].name, name) == 0)
			return &s->settings[i];
	return NULL;
}
