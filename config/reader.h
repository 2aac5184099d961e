/*
 * reader - the files of a configuration, with all that they include.
 *
 * Private to config/tree.c.
 */
#ifndef CONFIG_READER_H
#define CONFIG_READER_H

#include "config/tree.h"

/*
 * Both add to *tree what they read, also where they fail: 0 or -errno, as
 * config_tree_read() says.
 */
int reader_read_file(const char *path, config_wanted_fn *wanted,
		     struct config_tree *tree, struct faults *faults);
int reader_read_text(const char *name, const char *text, size_t len,
		     config_wanted_fn *wanted, struct config_tree *tree,
		     struct faults *faults);

#endif
