/*
 * account_read - provider sections checked against the tables of their types.
 */
#ifndef NOTIFY_ACCOUNT_READ_H
#define NOTIFY_ACCOUNT_READ_H

#include "config/faults.h"
#include "notify/desk/accounts.h"

struct config_tree;

/*
 * Every provider section of the tree. 0 and the accounts, or -EINVAL with
 * every fault added, or -ENOMEM.
 */
int account_read_tree(const struct config_tree *t, struct accounts *ret,
		  struct faults *faults);

/* The same from a file. */
int account_read_file(const char *path, struct accounts *ret,
		  struct faults *faults);

#endif
