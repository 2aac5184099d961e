#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "config/config.h"
#include "config/node.h"
#include "config/record_check.h"
#include "config/sections.h"

#define NAME_MAX_BYTES 63
#define SECTIONS_MAX 1000 /* sources, and providers */

/* One loading. */
struct loading {
	struct config *c;
	const struct config_tree *tree;
	struct faults *faults;
	unsigned int seen[SECTION_N]; /* line of the first one; 0: none */
	size_t records;               /* sections, right or wrong */
};

/* Nothing from within provider sections, nor from what we do not know. */
static bool config_wants(const char *section, const char *setting)
{
	enum section_kind kind = section_find(section);

	(void)setting;
	return kind != SECTION_N && kind != SECTION_PROVIDER;
}

/* The name of a source or account, which goes into logs and hooks. */
static bool loading_name_good(struct loading *l,
			      const struct config_section *s)
{
	char printable[NAME_MAX_BYTES + 8];
	size_t len = strlen(s->title);

	(void)str_printable(s->title, len, NAME_MAX_BYTES, printable,
			    sizeof(printable));
	if (len > 0 && strcmp(printable, s->title) == 0)
		return true;
	faults_add(l->faults, s->file, s->line,
		   "the name of a %s has 1 to %d printable characters",
		   s->type, NAME_MAX_BYTES);
	return false;
}

/* Is this a section that may stand here? Says what is wrong with it. */
static bool loading_section_good(struct loading *l,
				 const struct config_section *s,
				 enum section_kind kind)
{
	const char *near;

	if (kind == SECTION_N) {
		if (l->faults->n >= FAULTS_MAX)
			return false;
		near = section_nearest(s->type);
		faults_add(l->faults, s->file, s->line,
			   "unknown section \"%s\"%s%s%s", s->type,
			   near ? "; did you mean \"" : "", near ? near : "",
			   near ? "\"?" : "");
		return false;
	}
	if (sections[kind].titled && !s->title) {
		faults_add(l->faults, s->file, s->line,
			   "a %s needs a name: %s \"%s\" { ... }", s->type,
			   s->type, kind == SECTION_RECORD ? "home.example.org"
							   : "NAME");
		return false;
	}
	if (!sections[kind].titled && s->title) {
		faults_add(l->faults, s->file, s->line, "%s takes no name",
			   s->type);
		return false;
	}
	if (!sections[kind].titled && l->seen[kind]) {
		faults_add(l->faults, s->file, s->line,
			   "there is a second section %s", s->type);
		return false;
	}
	if ((kind == SECTION_SOURCE && l->c->n_sources >= SECTIONS_MAX) ||
	    (kind == SECTION_PROVIDER && l->c->n_providers >= SECTIONS_MAX)) {
		faults_add(l->faults, s->file, s->line, "more than %d %ss",
			   SECTIONS_MAX, s->type);
		return false;
	}
	l->seen[kind] = s->line;
	return kind == SECTION_RECORD || !s->title || loading_name_good(l, s);
}

/* Without it no https reflector would ever be believed. */
static void check_ca_file(struct loading *l, const struct config_section *s,
			  const char *path)
{
	const struct config_setting *set = config_section_find(s, "ca-file");
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), error = errno;

	if (fd >= 0) {
		error = fstat(fd, &st) < 0   ? errno
			: S_ISDIR(st.st_mode) ? EISDIR
					      : 0;
		(void)close(fd);
	}
	if (error != 0)
		faults_add(l->faults, s->file, set ? set->line : s->line,
			   "ca-file: %.200s: %s", path, strerror(error));
}

static int loading_source(struct loading *l, const char *name,
			  const char *file, unsigned int line,
			  const struct config_section *s)
{
	struct config *c = l->c;
	const struct setting *rows = sections[SECTION_SOURCE].rows;
	struct config_source *more =
		node_grow(c->sources, c->n_sources, sizeof(*more));
	struct config_source *source;
	int r;

	if (!more)
		return -ENOMEM;
	c->sources = more;
	source = &more[c->n_sources++];
	*source = (struct config_source){
		.name = str_dup(name),
		.file = file,
		.line = line,
	};
	r = source->name ? setting_set_defaults(rows, source) : -ENOMEM;
	if (r == 0 && s)
		r = setting_read(s, rows, source, l->faults);
	if (r == 0 && s && source->ca_file)
		check_ca_file(l, s, source->ca_file);
	return r;
}

static int loading_provider(struct loading *l, const struct config_section *s)
{
	struct config *c = l->c;
	struct config_provider *more =
		node_grow(c->providers, c->n_providers, sizeof(*more));
	struct config_provider provider = {
		.name = str_dup(s->title),
		.file = s->file,
		.line = s->line,
	};

	if (more)
		c->providers = more;
	if (!more || !provider.name) {
		free(provider.name);
		return -ENOMEM;
	}
	more[c->n_providers++] = provider;
	return 0;
}

static int loading_record(struct loading *l, const struct config_section *s)
{
	struct config *c = l->c;
	const struct setting *rows = sections[SECTION_RECORD].rows;
	struct record_draft draft = {
		.record = { .file = s->file, .line = s->line },
	};
	struct config_record *more;
	int r = setting_set_defaults(rows, &draft);

	if (r == 0)
		r = setting_read(s, rows, &draft, l->faults);
	if (r == 0)
		r = record_check_finish(c, s, &draft, l->faults);
	if (r == 0 && draft.record.name) {
		more = node_grow(c->records, c->n_records, sizeof(*more));
		r = more ? 0 : -ENOMEM;
		if (more) {
			c->records = more;
			more[c->n_records++] = draft.record;
			draft.record = (struct config_record){ 0 };
		}
	}
	record_check_draft_done(&draft);
	return r;
}

/* Everything but records, which refer to the rest. */
static int loading_first_pass(struct loading *l)
{
	int r = 0;

	for (size_t i = 0; i < l->tree->n_sections && r == 0; i++) {
		const struct config_section *s = &l->tree->sections[i];
		enum section_kind kind = section_find(s->type);

		if (kind == SECTION_RECORD)
			l->records++;
		if (kind == SECTION_RECORD ||
		    !loading_section_good(l, s, kind))
			continue;
		if (kind == SECTION_SOURCE)
			r = loading_source(l, s->title, s->file, s->line, s);
		else if (kind == SECTION_PROVIDER)
			r = loading_provider(l, s);
		else
			r = setting_read(s, sections[kind].rows, l->c,
					  l->faults);
		if (kind == SECTION_CONTROL) {
			l->c->control_file = s->file;
			l->c->control_line = s->line;
		}
	}
	return r;
}

static int loading_records(struct loading *l)
{
	int r = 0;

	for (size_t i = 0; i < l->tree->n_sections && r == 0; i++) {
		const struct config_section *s = &l->tree->sections[i];

		if (section_find(s->type) == SECTION_RECORD &&
		    loading_section_good(l, s, SECTION_RECORD))
			r = loading_record(l, s);
	}
	return r;
}

static int loading_default_source(struct loading *l)
{
	for (size_t i = 0; i < l->c->n_sources; i++)
		if (strcmp(l->c->sources[i].name, "default") == 0)
			return 0;
	return loading_source(l, "default", l->c->files.items[0], 0, NULL);
}

/* Something with a name, for finding two of them. */
struct named {
	const char *kind, *name, *file;
	unsigned int line;
	size_t at; /* in the order of reading */
};

static int named_compare(const void *a, const void *b)
{
	const struct named *x = a, *y = b;
	int r = strcmp(x->name, y->name);

	if (r == 0)
		r = strcmp(x->kind, y->kind);
	return r ? r : x->at < y->at ? -1 : 1;
}

static int loading_duplicates(struct loading *l)
{
	const struct config *c = l->c;
	size_t n = 0, all = c->n_sources + c->n_providers + c->n_records;
	struct named *names = calloc(all ? all : 1, sizeof(*names));

	if (!names)
		return -ENOMEM;
#define NAMED(what, x) (struct named){ what, (x).name, (x).file, (x).line, n }
	for (size_t i = 0; i < c->n_sources; i++, n++)
		names[n] = NAMED("source", c->sources[i]);
	for (size_t i = 0; i < c->n_providers; i++, n++)
		names[n] = NAMED("provider", c->providers[i]);
	for (size_t i = 0; i < c->n_records; i++, n++)
		names[n] = NAMED("record", c->records[i]);
#undef NAMED
	qsort(names, n, sizeof(*names), named_compare);
	for (size_t i = 1, first = 0; i < n; i++) {
		if (strcmp(names[i].name, names[first].name) != 0 ||
		    strcmp(names[i].kind, names[first].kind) != 0) {
			first = i;
			continue;
		}
		faults_add(l->faults, names[i].file, names[i].line,
			   "%s \"%s\" is there already: %s:%u", names[i].kind,
			   names[i].name, names[first].file,
			   names[first].line);
	}
	free(names);
	return 0;
}

/* Relative to the file that it stands in, as an included file is. */
static int loading_hooks_directory(struct loading *l, const char *sysconfdir)
{
	char **directory = &l->c->hooks_directory, *full;
	const struct config_setting *s = NULL;
	const char *slash;

	if (!*directory) {
		*directory = str_dupf("%s/hooks.d", sysconfdir);
		return *directory ? 0 : -ENOMEM;
	}
	for (size_t i = 0; i < l->tree->n_sections && !s; i++)
		if (section_find(l->tree->sections[i].type) == SECTION_HOOKS)
			s = config_section_find(&l->tree->sections[i],
						"directory");
	if (!s)
		return 0;
	l->c->hooks_file = s->file;
	l->c->hooks_line = s->line;
	slash = strrchr(s->file, '/');
	if (**directory == '/' || !slash)
		return 0;
	full = str_dupf("%.*s/%s", (int)(slash - s->file), s->file,
			*directory);
	if (!full)
		return -ENOMEM;
	free(*directory);
	*directory = full;
	return 0;
}

static void loading_empty(struct loading *l)
{
	const char *file = l->c->files.items[0];

	if (l->records == 0)
		faults_add(l->faults, file, 0,
			   "there is no record, so there is nothing to do");
	if (!l->seen[SECTION_PROVIDER])
		faults_add(l->faults, file, 0,
			   "there is no provider to tell about an address");
}

static int loading_run(struct loading *l, const char *sysconfdir)
{
	int r = 0;

	for (int i = SECTION_HOOKS; i < SECTION_N && r == 0; i++)
		r = setting_set_defaults(sections[i].rows, l->c);
	if (r == 0)
		r = loading_first_pass(l);
	if (r == 0)
		r = loading_default_source(l);
	if (r == 0)
		r = loading_records(l);
	if (r == 0)
		r = loading_duplicates(l);
	if (r == 0)
		r = loading_hooks_directory(l, sysconfdir);
	if (r == 0)
		loading_empty(l);
	return r;
}

int config_load(const char *path, const char *sysconfdir, struct config **ret,
		struct faults *faults)
{
	struct config_tree *tree = NULL;
	struct loading l = { .faults = faults };
	size_t before = faults->n;
	int r = config_tree_read(path, config_wants, &tree, faults);

	if (r < 0)
		goto out;
	l.tree = tree;
	l.c = calloc(1, sizeof(*l.c));
	r = l.c ? 0 : -ENOMEM;
	if (r == 0) {
		/* Everything's file is one of these: they move over. */
		l.c->files.items = tree->files;
		l.c->files.n = tree->n_files;
		tree->files = NULL;
		tree->n_files = 0;
		r = loading_run(&l, sysconfdir);
	}
	if (r < 0)
		faults_add_no_memory(faults, path, 0);
	if (faults->n > before || before >= FAULTS_MAX)
		r = -EINVAL;
out:
	config_tree_free(tree);
	faults_sort(faults);
	if (r < 0) {
		config_free(l.c);
		return -EINVAL;
	}
	*ret = l.c;
	return 0;
}

void config_free(struct config *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->n_sources; i++) {
		setting_done(sections[SECTION_SOURCE].rows, &c->sources[i]);
		free(c->sources[i].name);
	}
	for (size_t i = 0; i < c->n_providers; i++)
		free(c->providers[i].name);
	for (size_t i = 0; i < c->n_records; i++)
		record_check_done(&c->records[i]);
	for (int i = SECTION_HOOKS; i < SECTION_N; i++)
		setting_done(sections[i].rows, c);
	setting_strings_done(&c->files);
	free(c->sources);
	free(c->providers);
	free(c->records);
	free(c);
}
