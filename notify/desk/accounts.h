/*
 * accounts - all provider sections of a configuration, and the types that
 * they are of.
 */
#ifndef NOTIFY_DESK_ACCOUNTS_H
#define NOTIFY_DESK_ACCOUNTS_H

#include <stddef.h>

#include <jansson.h>

#include "notify/core/account.h"
#include "notify/desk/lookups.h"

struct faults;
struct ptype;
struct ptype_folders;

/* The types that are built in, NULL-ended; one by name, or NULL. */
extern const struct type *const types[];
const struct type *type_find(const char *name);

/* A type out of a file that some account is of. */
struct account_type {
	json_t *packed; /* ptype_find() */
	struct ptype *ptype;
};

struct accounts {
	struct account *items;
	size_t n;
	struct account_type *types;
	size_t n_types;
	struct lookups lookups;
};

/*
 * A type by name: built in, or out of a file in the folders, which these
 * accounts then keep. 0; -ENOENT; -EINVAL with faults added; -ENOMEM.
 */
int accounts_type(struct accounts *as, const struct ptype_folders *folders,
		  const char *name, const struct type **ret,
		  struct faults *faults);
/* The same out of what accounts_pack() wrote; -EBADMSG where it is wrong. */
int accounts_type_packed(struct accounts *as, const char *name, json_t *packed,
			 const struct type **ret);

/* NULL where there is none. */
struct account *accounts_find(const struct accounts *as, const char *name);
/* A fresh one at the end, or NULL. Others may move. */
struct account *accounts_append(struct accounts *as);
void accounts_done(struct accounts *as);

#endif
