#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "notify/core/account.h"
#include "notify/core/type.h"

static struct account_value *find(const struct account *a, const char *name)
{
	for (size_t i = 0; i < a->n_values; i++)
		if (strcmp(a->values[i].name, name) == 0)
			return &a->values[i];
	return NULL;
}

const struct account_value *account_values(const struct account *a,
					   const char *name)
{
	return find(a, name);
}

const char *account_get(const struct account *a, const char *name)
{
	const struct account_value *v = find(a, name);

	return v ? v->texts[0] : NULL;
}

static void value_clear(struct account_value *v)
{
	for (size_t i = 0; i < v->n; i++)
		str_wipe_free(v->texts[i]);
	free(v->texts);
	v->texts = NULL;
	v->n = 0;
}

static int value_add(struct account_value *v, const char *text)
{
	char *copy = str_dup(text);
	char **texts = realloc(v->texts, (v->n + 1) * sizeof(*texts));

	if (texts)
		v->texts = texts;
	if (!texts || !copy) {
		str_wipe_free(copy);
		return -ENOMEM;
	}
	v->texts[v->n++] = copy;
	return 0;
}

int account_add(struct account *a, const char *name, const char *text)
{
	struct account_value *v = find(a, name), *grown, fresh = { .n = 0 };

	if (v)
		return value_add(v, text);
	fresh.name = str_dup(name);
	grown = realloc(a->values, (a->n_values + 1) * sizeof(*grown));
	if (grown)
		a->values = grown;
	if (!grown || !fresh.name || value_add(&fresh, text) < 0) {
		free(fresh.name);
		free(fresh.texts);
		return -ENOMEM;
	}
	a->values[a->n_values++] = fresh;
	return 0;
}

int account_set(struct account *a, const char *name, const char *text)
{
	struct account_value *v = find(a, name);
	struct account_value fresh = { .n = 0 };

	if (!v)
		return account_add(a, name, text);
	if (value_add(&fresh, text) < 0) {
		free(fresh.texts);
		return -ENOMEM;
	}
	value_clear(v);
	v->texts = fresh.texts;
	v->n = fresh.n;
	return 0;
}

int account_add_file(struct account *a, const char *path, uint64_t stamp)
{
	struct account_file *files = realloc(a->files, (a->n_files + 1) *
					     sizeof(*files));
	char *copy = str_dup(path);

	if (files)
		a->files = files;
	if (!files || !copy) {
		free(copy);
		return -ENOMEM;
	}
	files[a->n_files++] = (struct account_file){ copy, stamp };
	return 0;
}

void account_done(struct account *a)
{
	if (a->open && a->type->close)
		a->type->close(a);
	free(a->name);
	for (size_t i = 0; i < a->n_values; i++) {
		free(a->values[i].name);
		value_clear(&a->values[i]);
	}
	free(a->values);
	for (size_t i = 0; i < a->n_files; i++)
		free(a->files[i].path);
	free(a->files);
}
