#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "config/tree.h"
#include "notify/types/ptype_find.h"
#include "notify/types/ptype_tree.h"

#define BASES_MAX 4
#define SUFFIX ".conf"

static bool is_name(const char *text)
{
	return text[0] != '\0' && strlen(text) < 64 &&
	       text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-_.")] ==
		       '\0' && text[0] != '.';
}

static int add_folder(struct ptype_folders *f, char *path)
{
	if (!path)
		return -ENOMEM;
	f->items[f->n++] = path;
	return 0;
}

/* The folder in the tree that this program was built in; NULL: it was not. */
static char *built_folder(void)
{
	static const char *const beside[] = { "/providers",
					      "/providers.src" };
	char path[PATH_MAX], *folder;
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (len <= 0)
		return NULL;
	path[len] = '\0';
	folder = dirname(path);
	for (size_t i = 0; i < 2; i++) {
		char *full = str_dupf("%s%s", folder, beside[i]);

		if (full && access(full, X_OK) == 0)
			return full;
		free(full);
	}
	return NULL;
}

int ptype_folders_init(struct ptype_folders *f, const char *config)
{
	char *copy = config ? str_dup(config) : NULL, *built;
	int r = 0;

	*f = (struct ptype_folders){ .n = 0 };
	if (config)
		r = copy ? add_folder(f, str_dupf("%s/providers",
						  dirname(copy)))
			 : -ENOMEM;
	free(copy);
	if (r == 0)
		r = add_folder(f, str_dup(EVDDNS_SYSCONFDIR "/providers"));
	built = built_folder();
	if (built)
		(void)add_folder(f, built);
	if (r == 0)
		r = add_folder(f, str_dup(EVDDNS_DATADIR "/providers"));
	if (r < 0)
		ptype_folders_done(f);
	return r;
}

void ptype_folders_done(struct ptype_folders *f)
{
	for (size_t i = 0; i < f->n; i++)
		free(f->items[i]);
	f->n = 0;
}

/* The file of that name; NULL: none, or no memory. */
static char *find_file(const struct ptype_folders *f, const char *name)
{
	for (size_t i = 0; i < f->n; i++) {
		char *path = str_dupf("%s/%s" SUFFIX, f->items[i], name);

		if (path && access(path, F_OK) == 0)
			return path;
		free(path);
	}
	return NULL;
}

/* The one section of a type file. */
static int take_tree(const struct config_tree *t, const char *path,
		     const char *name, json_t **ret, struct faults *faults)
{
	const struct config_section *s = t->sections;

	if (t->n_sections != 1 || strcmp(s->type, "type") != 0 || !s->title ||
	    strcmp(s->title, name) != 0) {
		faults_add(faults, path, t->n_sections ? s->line : 0,
			   "this file is to hold type \"%s\" and nothing else",
			   name);
		return -EINVAL;
	}
	*ret = ptype_tree_pack(s);
	if (!*ret) {
		faults_add(faults, path, 0, "it is not UTF-8, or there is no "
			   "memory for it");
		return -EINVAL;
	}
	return 0;
}

static int find(const struct ptype_folders *f, const char *name, int depth,
		json_t **ret, struct faults *faults)
{
	char *path = is_name(name) ? find_file(f, name) : NULL;
	size_t before = faults->n;
	struct config_tree *t;
	json_t *own = NULL, *base = NULL;
	const char *base_name;
	int r;

	if (!path)
		return -ENOENT;
	r = config_tree_read(path, NULL, &t, faults);
	if (r == 0) {
		r = take_tree(t, path, name, &own, faults);
		config_tree_free(t);
	}
	if (r < 0 || faults->n > before) {
		json_decref(own);
		free(path);
		return r == -ENOMEM ? r : -EINVAL;
	}
	base_name = ptype_tree_text(own, "base");
	if (base_name && depth < BASES_MAX)
		r = find(f, base_name, depth + 1, &base, faults);
	else if (base_name)
		r = -ENOENT;
	if (r == -ENOENT) {
		faults_add(faults, path, ptype_tree_line(own, "base"),
			   "base: there is no type \"%.60s\", or bases go in "
			   "a circle", base_name);
		r = -EINVAL;
	}
	if (r == 0 && base)
		r = ptype_tree_merge(own, base);
	json_decref(base);
	free(path);
	if (r < 0)
		json_decref(own);
	else
		*ret = own;
	return r;
}

int ptype_find(const struct ptype_folders *f, const char *name, json_t **ret,
	       struct faults *faults)
{
	return find(f, name, 0, ret, faults);
}

int ptype_unpack(json_t *packed, struct ptype **ret, struct faults *faults)
{
	struct config_section *s = ptype_tree_unpack(packed);
	int r = s ? ptype_read(s, ret, faults) : -ENOMEM;

	ptype_tree_free(s);
	return r;
}

int ptype_parse(const char *name, const char *text, size_t len,
		struct ptype **ret, struct faults *faults)
{
	size_t before = faults->n;
	struct config_tree *t;
	int r = config_tree_parse(name, text, len, NULL, &t, faults);

	if (r < 0)
		return r;
	if (faults->n > before || t->n_sections != 1) {
		faults_add(faults, name, 0, "one type is wanted");
		r = -EINVAL;
	} else {
		r = ptype_read(&t->sections[0], ret, faults);
	}
	config_tree_free(t);
	return r;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int add_name(char ***names, size_t *n, const char *file)
{
	size_t len = strlen(file), cut = strlen(SUFFIX);
	char **more, *name;

	if (len <= cut || strcmp(file + len - cut, SUFFIX) != 0)
		return 0;
	name = str_dupf("%.*s", (int)(len - cut), file);
	more = name ? realloc(*names, (*n + 1) * sizeof(*more)) : NULL;
	if (!more) {
		free(name);
		return -ENOMEM;
	}
	*names = more;
	for (size_t i = 0; i < *n; i++)
		if (strcmp(more[i], name) == 0) {
			free(name);
			return 0;
		}
	if (is_name(name))
		more[(*n)++] = name;
	else
		free(name);
	return 0;
}

int ptype_names(const struct ptype_folders *f, char ***ret, size_t *ret_n)
{
	char **names = NULL;
	size_t n = 0;
	int r = 0;

	for (size_t i = 0; i < f->n; i++) {
		DIR *d = opendir(f->items[i]);
		struct dirent *e;

		while (d && r == 0 && (e = readdir(d)))
			r = add_name(&names, &n, e->d_name);
		if (d)
			(void)closedir(d);
	}
	if (n > 1)
		qsort(names, n, sizeof(*names), compare);
	*ret = names;
	*ret_n = n;
	return r;
}
