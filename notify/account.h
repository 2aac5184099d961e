/*
 * account - one provider section, checked: its type, settings and secrets.
 */
#ifndef NOTIFY_ACCOUNT_H
#define NOTIFY_ACCOUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "notify/notify.h"

struct ptype;
struct ptype_folders;
struct faults;
struct type;

struct account_value {
	char *name;
	char **texts; /* n >= 1; wiped when freed */
	size_t n;
};

/* Where a secret came from, as it was before it was read: file_stamp(). */
struct account_file {
	char *path;
	uint64_t stamp;
};

struct account {
	char *name;
	const struct type *type;
	uint32_t timeout_ms;
	uint32_t min_interval_s, refresh_s, retry_refused_s;
	struct account_value *values;
	size_t n_values;
	struct account_file *files; /* known to the loader only */
	size_t n_files;
	uint64_t full_ms[NOTIFY_LIMITS_MAX]; /* monotonic; the daemon's word */
	bool recalled;   /* ... is to be heeded yet */
	void *state;     /* the type's, while it is open */
	bool open;
	void *gathering; /* the desk's */
};

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
};

/*
 * A type by name: built in, or out of a file in the folders, which these
 * accounts then keep. 0; -ENOENT; -EINVAL with faults added; -ENOMEM.
 */
int accounts_type(struct accounts *as, const struct ptype_folders *folders,
		  const char *name, const struct type **ret,
		  struct faults *faults);

/* A setting's values, NULL where it was not given; its first value. */
const struct account_value *account_values(const struct account *a,
					   const char *name);
const char *account_get(const struct account *a, const char *name);

/* Adds a value to a setting; replaces them all by one. 0 or -ENOMEM. */
int account_add(struct account *a, const char *name, const char *text);
int account_set(struct account *a, const char *name, const char *text);

int account_add_file(struct account *a, const char *path, uint64_t stamp);

/* NULL where there is none. */
struct account *accounts_find(const struct accounts *as, const char *name);
/* A fresh one at the end, or NULL. Others may move. */
struct account *accounts_append(struct accounts *as);
void accounts_done(struct accounts *as);

/* With secrets, for the sealed memfd; NULL without memory. */
json_t *accounts_pack(const struct accounts *as);
/* 0, -EBADMSG or -ENOMEM. */
int accounts_unpack(json_t *o, struct accounts *ret);

/* What the daemon may know: {"accounts":[...]}, without secrets. */
json_t *accounts_describe(const struct accounts *as);

#endif
