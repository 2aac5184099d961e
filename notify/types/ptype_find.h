/*
 * ptype_find - provider types by name: found in the folders, put together
 * with their bases, and packed for the process that runs them.
 */
#ifndef NOTIFY_PTYPE_FIND_H
#define NOTIFY_PTYPE_FIND_H

#include "notify/types/ptype.h"

#define PTYPE_FOLDERS_MAX 4

/* Where type files are, in order; borrowed texts. */
struct ptype_folders {
	char *items[PTYPE_FOLDERS_MAX];
	size_t n;
};

/* Of a configuration file (NULL: none). 0 or -ENOMEM. */
int ptype_folders_init(struct ptype_folders *f, const char *config);
void ptype_folders_done(struct ptype_folders *f);

/*
 * The type's section with its base in it, as JSON, to be kept; -ENOENT where
 * there is no such file; -EINVAL with faults added; -ENOMEM.
 */
int ptype_find(const struct ptype_folders *f, const char *name, json_t **ret,
	       struct faults *faults);

/* Makes the type of what ptype_find() gave. Contract of ptype_read(). */
int ptype_unpack(json_t *packed, struct ptype **ret, struct faults *faults);

/* From the text of one file, without base; for tests. */
int ptype_parse(const char *name, const char *text, size_t len,
		struct ptype **ret, struct faults *faults);

/* All names there are, sorted; to be freed each and all. 0 or -ENOMEM. */
int ptype_names(const struct ptype_folders *f, char ***ret, size_t *ret_n);

#endif
