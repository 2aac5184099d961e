/*
 * account - one provider section, checked: its type, settings and secrets.
 */
#ifndef NOTIFY_ACCOUNT_H
#define NOTIFY_ACCOUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "notify/notify.h"

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

/* A setting's values, NULL where it was not given; its first value. */
const struct account_value *account_values(const struct account *a,
					   const char *name);
const char *account_get(const struct account *a, const char *name);

/* Adds a value to a setting; replaces them all by one. 0 or -ENOMEM. */
int account_add(struct account *a, const char *name, const char *text);
int account_set(struct account *a, const char *name, const char *text);

int account_add_file(struct account *a, const char *path, uint64_t stamp);

/* Closes its type's part of it and frees what it holds, but not itself. */
void account_done(struct account *a);

#endif
