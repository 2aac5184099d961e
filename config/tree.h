/*
 * tree - a file of sections, settings and values, as it was written.
 *
 *     section "title" { setting = value  other = {a, "b"} }  include("FILE")
 *
 * One reader for evddns.conf and for provider types. It knows the syntax
 * (evddns.conf(5)), not what any setting means. Every node keeps its file
 * and line.
 */
#ifndef CONFIG_TREE_H
#define CONFIG_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "config/faults.h"

struct config_value {
	char *text; /* without quotes, escapes and ${ENV} resolved */
	bool quoted;
	unsigned int line;
};

struct config_setting {
	char *name;
	struct config_value *values;
	size_t n_values;
	bool list;    /* was written in braces */
	/*
	 * There are no values: the filter did not want them, or what was
	 * wrong with them has been told as a fault.
	 */
	bool skipped;
	const char *file;
	unsigned int line;
	mode_t file_mode; /* of the file it stands in, for secrets */
	gid_t file_gid;
};

struct config_section {
	char *type;
	char *title; /* NULL: none was written */
	struct config_setting *settings;
	size_t n_settings;
	/* Sections within sections, as provider types have. */
	struct config_section *sections;
	size_t n_sections;
	const char *file;
	unsigned int line;
};

struct config_tree {
	struct config_section *sections;
	size_t n_sections;
	char **files; /* each file read, main one first */
	size_t n_files;
};

/*
 * Is the value of this setting wanted? section is the type of the outermost
 * section around it. Where it is not, it is checked for syntax only: no copy
 * of it is made and ${ENV} is not looked up.
 */
typedef bool config_wanted_fn(const char *section, const char *setting);

/*
 * Reads path (at most 1 MiB a file, 16 levels of include, a relative one is
 * relative to the including file). wanted may be NULL: all. 0 and a tree to
 * be freed, or -EINVAL with faults added (syntax), or -errno with a fault
 * added (a file that cannot be read). What is wrong, but hides nothing of
 * what follows (an unset ${ENV}, a setting given twice: the first stays), is
 * added to faults beside a 0. Its buffers are wiped before they are freed.
 */
int config_tree_read(const char *path, config_wanted_fn *wanted,
		     struct config_tree **ret, struct faults *faults);

/* The same from memory, for tests and fuzzing; name stands for the file. */
int config_tree_parse(const char *name, const char *text, size_t len,
		      config_wanted_fn *wanted, struct config_tree **ret,
		      struct faults *faults);

/* NULL is fine. Values are wiped. */
void config_tree_free(struct config_tree *t);

const struct config_setting *config_section_find(
	const struct config_section *s, const char *name);

#endif
