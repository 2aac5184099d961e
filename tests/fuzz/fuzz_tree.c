/*
 * fuzz_tree - any bytes as a configuration text: a tree or a fault, and what
 * the filter does not want is nowhere in the tree.
 */
#include "config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "config/tree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static bool wants(const char *section, const char *setting)
{
	return strcmp(section, "provider") != 0 && setting[0] != 'x';
}

static void look(const struct config_section *s, const char *outermost,
		 bool filtered)
{
	for (size_t i = 0; i < s->n_settings; i++) {
		const struct config_setting *set = &s->settings[i];

		if (config_section_find(s, set->name) != set)
			abort(); /* twice */
		if (set->skipped && set->n_values != 0)
			abort();
		if (filtered && !wants(outermost, set->name) && !set->skipped)
			abort();
		if (!set->list && !set->skipped && set->n_values != 1)
			abort();
		for (size_t j = 0; j < set->n_values; j++)
			if (strlen(set->values[j].text) > 1 << 20)
				abort();
	}
	for (size_t i = 0; i < s->n_sections; i++)
		look(&s->sections[i], outermost, filtered);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	for (int filtered = 0; filtered < 2; filtered++) {
		struct config_tree *tree = NULL;
		struct faults faults = { 0 };
		int r = config_tree_parse("fuzz", (const char *)data, len,
					  filtered ? wants : NULL, &tree,
					  &faults);

		if ((r == 0) != (tree != NULL) || (r < 0 && faults.n == 0))
			abort();
		for (size_t i = 0; tree && i < tree->n_sections; i++)
			look(&tree->sections[i], tree->sections[i].type,
			     filtered);
		faults_sort(&faults);
		faults_done(&faults);
		config_tree_free(tree);
	}
	return 0;
}
