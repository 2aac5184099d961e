#include "config.h"

#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "base/str.h"
#include "config/domain.h"
#include "config/tree.h"
#include "notify/core/type.h"
#include "notify/desk/account_read.h"
#include "notify/desk/secret.h"
#include "notify/types/ptype_find.h"

#define WORDS_MAX 64
#define TYPES_MAX 1000
#define TIMEOUT_MS 15000
#define TIMEOUT_MOST_MS (3600 * 1000)

/* How a secret is given. */
enum form { FORM_PLAIN, FORM_FILE, FORM_CREDENTIAL, N_FORMS };

static const char *const form_endings[N_FORMS] = { "", "-file",
						   "-credential" };

static const char *const common[] = { "type", "timeout", "min-interval",
				      "refresh", "retry-refused", NULL };
static const struct type_setting http_settings[] = {
	{ "endpoint", SETTING_TEXT, false, NULL },
	{ "ca-file", SETTING_TEXT, false, NULL },
	{ "proxy", SETTING_TEXT, false, NULL },
	{ NULL, SETTING_TEXT, false, NULL },
};

static bool is_common(const char *name)
{
	for (size_t i = 0; common[i]; i++)
		if (strcmp(common[i], name) == 0)
			return true;
	return false;
}

static const struct type_setting *find_in(const struct type_setting *table,
					  const char *name, enum form *ret)
{
	char form[64];

	for (; table->name; table++)
		for (int f = 0; f < N_FORMS; f++) {
			if (f > 0 && table->kind != SETTING_SECRET)
				break;
			(void)snprintf(form, sizeof(form), "%s%s", table->name,
				       form_endings[f]);
			if (strcmp(form, name) == 0) {
				*ret = (enum form)f;
				return table;
			}
		}
	return NULL;
}

static const struct type_setting *find(const struct type *type,
				       const char *name, enum form *ret)
{
	const struct type_setting *s = find_in(type->settings, name, ret);

	if (!s && type->http)
		s = find_in(http_settings, name, ret);
	return s;
}

static size_t add_words(const struct type_setting *table, const char **words,
			size_t n)
{
	for (; table->name && n < WORDS_MAX; table++)
		words[n++] = table->name;
	return n;
}

static void unknown_setting(struct type_check *c,
			    const struct config_setting *s)
{
	const struct type *type = c->account->type;
	const char *words[WORDS_MAX + 8], *near;
	size_t n = add_words(type->settings, words, 0);
	/* Of the -file and -credential forms the first part is compared. */
	char stem[64];
	size_t len = strlen(s->name);

	if (type->http)
		n = add_words(http_settings, words, n);
	for (size_t i = 0; common[i] && n < WORDS_MAX; i++)
		words[n++] = common[i];
	words[n] = NULL;
	near = str_nearest(s->name, words);
	for (int f = FORM_FILE; f < N_FORMS && !near; f++) {
		size_t end = strlen(form_endings[f]);

		if (len <= end || len - end >= sizeof(stem) ||
		    strcmp(s->name + len - end, form_endings[f]) != 0)
			continue;
		memcpy(stem, s->name, len - end);
		stem[len - end] = '\0';
		near = str_nearest(stem, words);
	}
	faults_add(c->faults, s->file, s->line,
		   near ? "unknown setting \"%s\" of type %s; did you mean "
			  "\"%s\"?"
			: "unknown setting \"%s\" of type %s%s",
		   s->name, type->name, near ? near : "");
}

/* The path of a -file setting; a relative one starts at the configuration. */
static char *secret_path(const struct config_setting *s)
{
	char *copy, *path;

	if (s->values[0].text[0] == '/')
		return str_dup(s->values[0].text);
	copy = str_dup(s->file);
	if (!copy)
		return NULL;
	path = str_dupf("%s/%s", dirname(copy), s->values[0].text);
	free(copy);
	return path;
}

static int take_secret_file(struct type_check *c, const char *name,
			    const struct config_setting *s, enum form form)
{
	char *path = NULL, *text = NULL, why[160] = "";
	uint64_t stamp = 0;
	int r;

	if (form == FORM_FILE) {
		path = secret_path(s);
		r = path ? 0 : -ENOMEM;
	} else {
		r = secret_credential(s->values[0].text, &path, why,
				      sizeof(why));
	}
	/* First: what is written meanwhile makes it another one. */
	if (r == 0)
		(void)file_stamp(path, &stamp);
	if (r == 0)
		r = secret_read(path, &text, why, sizeof(why));
	if (r == 0 && text[0] == '\0')
		faults_add(c->faults, s->file, s->line, "%s: %s: it is empty",
			   s->name, path);
	else if (r == 0)
		r = account_add(c->account, name, text);
	else if (r != -ENOMEM)
		faults_add(c->faults, s->file, s->line, "%s: %s: %s", s->name,
			   path ? path : s->values[0].text, why);
	if (r == 0)
		r = account_add_file(c->account, path, stamp);
	str_wipe_free(text);
	free(path);
	return r == -ENOMEM ? r : 0;
}

static int take_secret(struct type_check *c, const char *name,
		       const struct config_setting *s, enum form form)
{
	if (form != FORM_PLAIN)
		return take_secret_file(c, name, s, form);
	if (secret_mode_check(s->file_mode, s->file_gid) < 0)
		faults_add(c->faults, s->file, s->line,
			   "%s: a secret in a file that others can read (mode "
			   "%04o, group %u): chmod 0600, or 0640 and a group "
			   "of ours", s->name,
			   (unsigned int)(s->file_mode & 07777),
			   (unsigned int)s->file_gid);
	return account_add(c->account, name, s->values[0].text);
}

static int take_name(struct type_check *c, const char *name,
		     const struct config_setting *s)
{
	const char *why = "";
	char text[DOMAIN_SIZE];

	if (strcmp(s->values[0].text, ".") == 0)
		return account_add(c->account, name, "");
	if (domain_normalize(s->values[0].text, text, &why) == 0)
		return account_add(c->account, name, text);
	faults_add(c->faults, s->file, s->line, "%s: \"%.100s\": %s", s->name,
		   s->values[0].text, why ? why : "cannot be read");
	return 0;
}

/* One value, not empty; else a fault. */
static bool has_value(struct type_check *c, const struct config_setting *s,
		      bool list)
{
	bool good = s->n_values == 1 || (list && s->n_values > 1);

	for (size_t i = 0; i < s->n_values && good; i++)
		good = s->values[i].text[0] != '\0';
	if (!good)
		faults_add(c->faults, s->file, s->line,
			   list ? "%s: empty" : "%s: one value is wanted",
			   s->name);
	return good;
}

static int take_setting(struct type_check *c, const struct config_setting *s)
{
	enum form form = FORM_PLAIN;
	const struct type_setting *t = find(c->account->type, s->name, &form);
	const char *name;
	int r = 0;

	if (is_common(s->name))
		return 0;
	if (!t) {
		unknown_setting(c, s);
		return 0;
	}
	name = t->same_as ? t->same_as : t->name;
	if (account_values(c->account, name)) {
		faults_add(c->faults, s->file, s->line,
			   "%s: given before, maybe in another form", s->name);
		return 0;
	}
	if (!has_value(c, s, t->kind == SETTING_LIST))
		return 0;
	switch (t->kind) {
	case SETTING_SECRET:
		return take_secret(c, name, s, form);
	case SETTING_NAME:
		return take_name(c, name, s);
	case SETTING_TEXT:
	case SETTING_LIST:
		break;
	}
	for (size_t i = 0; i < s->n_values && r == 0; i++)
		r = account_add(c->account, name, s->values[i].text);
	return r;
}

static void take_duration(struct type_check *c, const char *name,
			  uint64_t least_ms, uint64_t most_ms, uint64_t *ms)
{
	const struct config_setting *s = config_section_find(c->section, name);
	uint64_t given;

	if (!s || !has_value(c, s, false))
		return;
	if (str_to_duration_ms(s->values[0].text, &given) < 0)
		faults_add(c->faults, s->file, s->line,
			   "%s: \"%.40s\" is no duration, such as 30s, 5m, 1h "
			   "or 2d", name, s->values[0].text);
	else if (given < least_ms || given > most_ms)
		faults_add(c->faults, s->file, s->line,
			   given < least_ms
				   ? "%s: %.40s is too short (0 would wait "
				     "for ever)"
				   : "%s: %.40s is too long",
			   name, s->values[0].text);
	else
		*ms = given;
}

static void take_common(struct type_check *c)
{
	struct account *a = c->account;
	uint64_t timeout = TIMEOUT_MS;
	uint64_t spacing = a->type->min_interval_s * 1000ULL;
	uint64_t refresh = a->type->refresh_s * 1000ULL;
	uint64_t refused = a->type->retry_refused_s * 1000ULL;
	const uint64_t any = UINT32_MAX * 1000ULL;

	take_duration(c, "timeout", 1, TIMEOUT_MOST_MS, &timeout);
	take_duration(c, "min-interval", 0, any, &spacing);
	take_duration(c, "refresh", 0, any, &refresh);
	take_duration(c, "retry-refused", 0, any, &refused);
	a->timeout_ms = (uint32_t)timeout;
	a->min_interval_s = (uint32_t)((spacing + 999) / 1000);
	a->refresh_s = (uint32_t)((refresh + 999) / 1000);
	a->retry_refused_s = (uint32_t)((refused + 999) / 1000);
}

static void unknown_type(struct type_check *c, const struct config_setting *s)
{
	const char *words[TYPES_MAX + 8], *near;
	char **names = NULL;
	size_t n = 0, n_names = 0;

	(void)ptype_names(c->folders, &names, &n_names);
	for (; types[n]; n++)
		words[n] = types[n]->name;
	for (size_t i = 0; i < n_names && n < TYPES_MAX; i++)
		words[n++] = names[i];
	words[n] = NULL;
	near = str_nearest(s->values[0].text, words);
	if (near)
		faults_add(c->faults, s->file, s->line,
			   "unknown provider type \"%.60s\"; did you mean "
			   "\"%s\"?", s->values[0].text, near);
	else
		faults_add(c->faults, s->file, s->line,
			   "unknown provider type \"%.60s\"; evddnsd "
			   "--list-providers lists those that are known",
			   s->values[0].text);
	for (size_t i = 0; i < n_names; i++)
		free(names[i]);
	free(names);
}

static const struct type *take_type(struct type_check *c)
{
	const struct config_setting *s = config_section_find(c->section,
							     "type");
	const struct type *type = NULL;
	int r;

	if (!s) {
		type_fault(c, NULL, "provider \"%.60s\": type is missing",
			   c->section->title);
		return NULL;
	}
	if (!has_value(c, s, false))
		return NULL;
	r = accounts_type(c->accounts, c->folders, s->values[0].text, &type,
			  c->faults);
	if (r == -ENOENT)
		unknown_type(c, s);
	else if (r == -ENOMEM)
		type_no_memory(c, "type");
	else if (r == 0 && type->abstract)
		type_fault(c, "type", "type: %s is a base of others only",
			   type->name);
	return type;
}

static void check_required(struct type_check *c)
{
	const struct type_setting *t = c->account->type->settings;

	for (; t->name; t++)
		if (t->required && !account_values(c->account, t->name))
			type_fault(c, t->name, "provider \"%.60s\": %s is "
				   "missing, which type %s needs",
				   c->section->title, t->name,
				   c->account->type->name);
}

/* What expires unless it is renewed is renewed in a third of that time. */
static void take_lease(struct type_check *c)
{
	const struct type *t = c->account->type;
	const char *text = t->lease ? account_get(c->account, t->lease) : NULL;
	uint32_t s = 0;

	if (!text)
		return;
	if (str_to_u32(text, UINT32_MAX, &s) < 0 || s == 0)
		type_fault(c, t->lease, "%s: \"%.40s\" is no number of "
			   "seconds", t->lease, text);
	else if (!config_section_find(c->section, "refresh"))
		c->account->refresh_s = s < 6 ? 1 : s / 3;
}

static int take_section(struct type_check *c)
{
	size_t before = c->faults->n;
	int r = 0;

	c->account->type = take_type(c);
	if (!c->account->type)
		return 0;
	take_common(c);
	for (size_t i = 0; i < c->section->n_settings && r == 0; i++)
		r = take_setting(c, &c->section->settings[i]);
	if (r < 0)
		return r;
	take_lease(c);
	check_required(c);
	/* The type's own check may count on what the tables promise. */
	if (c->faults->n == before && c->account->type->check)
		c->account->type->check(c);
	return 0;
}

/* The words are the daemon's own, which reads the same file. */
static int new_account(struct type_check *c, const struct config_tree *t,
		       struct accounts *as)
{
	const struct config_section *s = c->section, *first = t->sections;

	if (!s->title || s->title[0] == '\0') {
		faults_add(c->faults, s->file, s->line,
			   "a provider needs a name: provider \"NAME\" "
			   "{ ... }");
		return -ENOENT;
	}
	while (strcmp(first->type, "provider") != 0 || !first->title ||
	       strcmp(first->title, s->title) != 0)
		first++;
	if (first != s) {
		faults_add(c->faults, s->file, s->line,
			   "provider \"%s\" is there already: %s:%u",
			   s->title, first->file, first->line);
		return -ENOENT;
	}
	c->account = accounts_append(as);
	if (!c->account)
		return -ENOMEM;
	c->account->name = str_dup(s->title);
	return c->account->name ? 0 : -ENOMEM;
}

int account_read_tree(const struct config_tree *t, struct accounts *ret,
		  struct faults *faults)
{
	struct accounts as = { .n = 0 };
	struct ptype_folders folders;
	size_t before = faults->n;
	int r = ptype_folders_init(&folders, t->n_files ? t->files[0] : NULL);

	for (size_t i = 0; i < t->n_sections && r == 0; i++) {
		struct type_check c = { .section = &t->sections[i],
					.accounts = &as,
					.folders = &folders,
					.faults = faults };

		if (strcmp(c.section->type, "provider") != 0)
			continue;
		r = new_account(&c, t, &as);
		if (r == 0)
			r = take_section(&c);
		else if (r == -ENOENT)
			r = 0;
		if (r == -ENOMEM && c.account && !c.account->name)
			as.n--;
	}
	ptype_folders_done(&folders);
	if (r == 0)
		r = lookups_read(t, &as.lookups);
	if (r == 0 && faults->n > before)
		r = -EINVAL;
	if (r == 0)
		*ret = as;
	else
		accounts_done(&as);
	return r;
}

static bool account_read_wanted(const char *section, const char *setting)
{
	(void)setting;
	return strcmp(section, "provider") == 0 ||
	       strcmp(section, "resolver") == 0;
}

int account_read_file(const char *path, struct accounts *ret,
		  struct faults *faults)
{
	struct config_tree *t;
	int r = config_tree_read(path, account_read_wanted, &t, faults);

	if (r < 0)
		return r == -ENOMEM ? r : -EINVAL;
	r = account_read_tree(t, ret, faults);
	config_tree_free(t);
	return r;
}
