#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "config/domain.h"
#include "config/form.h"
#include "config/record_check.h"

/* One record while it is looked at. */
struct check {
	const struct config *c;
	const struct config_section *s;
	struct record_draft *draft;
	struct faults *faults;
};

/* Where a setting stands, or the record where it is not set. */
static unsigned int check_line(const struct check *k, const char *name)
{
	const struct config_setting *set = config_section_find(k->s, name);

	return set ? set->line : k->s->line;
}

static int check_name(const struct check *k)
{
	const char *title = k->s->title, *why = NULL;
	char name[DOMAIN_SIZE];
	int r = domain_normalize(title, name, &why);

	if (r == -ENOMEM)
		return r;
	if (r == -EOPNOTSUPP) {
		faults_add(k->faults, k->s->file, k->s->line,
			   "\"%s\" needs libidn2, which is not here: write it "
			   "in A-labels (xn--...)", title);
		return 0;
	}
	if (r < 0) {
		faults_add(k->faults, k->s->file, k->s->line,
			   "\"%s\" is not a host name: %s", title, why);
		return 0;
	}
	if (!strchr(name, '.') && !strchr(title, '.')) {
		/* With a final dot it is meant. */
		faults_add(k->faults, k->s->file, k->s->line,
			   "\"%s\" is not a whole name: add the domain", title);
		return 0;
	}
	k->draft->record.name = str_dup(name);
	return k->draft->record.name ? 0 : -ENOMEM;
}

/* Words enough to tell a slip of the pen from another word. */
#define WORDS_MOST 63

/* There is no such one; words (NULL-ended) are those that there are. */
static void check_unknown(const struct check *k, const char *what,
			  const char *name, const char *const words[])
{
	const char *near;

	if (k->faults->n >= FAULTS_MAX)
		return;
	near = str_nearest(name, words);
	faults_add(k->faults, k->s->file, check_line(k, what),
		   "there is no %s \"%s\"%s%s%s", what, name,
		   near ? "; did you mean \"" : "", near ? near : "",
		   near ? "\"?" : "");
}

/* The index of name among the providers, or -1 with a fault. */
static size_t check_provider(const struct check *k, const char *name)
{
	const char *words[WORDS_MOST + 1] = { NULL };
	size_t i;

	for (i = 0; i < k->c->n_providers; i++)
		if (strcmp(k->c->providers[i].name, name) == 0)
			return i;
	for (i = 0; i < k->c->n_providers && i < WORDS_MOST; i++)
		words[i] = k->c->providers[i].name;
	check_unknown(k, "provider", name, words);
	return SIZE_MAX;
}

static int check_providers(const struct check *k)
{
	const struct config_strings *names = &k->draft->providers;
	struct config_record *record = &k->draft->record;
	bool set = config_section_find(k->s, "provider");

	record->providers = calloc(names->n ? names->n : 1,
				   sizeof(*record->providers));
	if (!record->providers)
		return -ENOMEM;
	if (!set && k->c->n_providers == 1)
		record->n_providers = 1; /* the first one: it is zeroed */
	if (!set && k->c->n_providers > 1)
		faults_add(k->faults, k->s->file, k->s->line,
			   "provider must be set: there are %zu to choose "
			   "from", k->c->n_providers);
	for (size_t i = 0; i < names->n; i++) {
		size_t at = check_provider(k, names->items[i]);

		for (size_t j = 0; j < record->n_providers; j++)
			if (record->providers[j] == at) {
				faults_add(k->faults, k->s->file,
					   check_line(k, "provider"),
					   "provider \"%s\" is named twice",
					   names->items[i]);
				at = SIZE_MAX;
				break;
			}
		if (at != SIZE_MAX)
			record->providers[record->n_providers++] = at;
	}
	return 0;
}

static void check_source(const struct check *k)
{
	const char *name = k->draft->source ? k->draft->source : "default";
	const char *words[WORDS_MOST + 1] = { NULL };
	size_t i;

	for (i = 0; i < k->c->n_sources; i++)
		if (strcmp(k->c->sources[i].name, name) == 0) {
			k->draft->record.source = i;
			return;
		}
	for (i = 0; i < k->c->n_sources && i < WORDS_MOST; i++)
		words[i] = k->c->sources[i].name;
	check_unknown(k, "source", name, words);
}

static void check_families(const struct check *k)
{
	const struct config_strings *names = &k->draft->families;
	struct config_record *record = &k->draft->record;

	if (!config_section_find(k->s, "families"))
		record->ipv4 = record->ipv6 = true;
	for (size_t i = 0; i < names->n; i++) {
		const char *name = names->items[i];
		bool *family = strcmp(name, "ipv4") == 0   ? &record->ipv4
			       : strcmp(name, "ipv6") == 0 ? &record->ipv6
							   : NULL;

		if (!family || *family)
			faults_add(k->faults, k->s->file,
				   check_line(k, "families"),
				   family ? "families: \"%s\" is named twice"
					  : "families are ipv4 and ipv6, not "
					    "\"%s\"", name);
		if (family)
			*family = true;
	}
}

static void check_host(const struct check *k)
{
	struct config_record *record = &k->draft->record;
	const char *text = k->draft->ipv6_host, *why = NULL;

	if (!text)
		return;
	if (form_ipv6_host(text, record->ipv6_prefix_length,
			   &record->ipv6_host, &why) < 0)
		faults_add(k->faults, k->s->file, check_line(k, "ipv6-host"),
			   "ipv6-host \"%s\": %s", text, why);
	if (!record->ipv6 && record->ipv4)
		faults_add(k->faults, k->s->file, check_line(k, "ipv6-host"),
			   "ipv6-host, but families leaves ipv6 out");
}

/* Settings that mean nothing without another one. */
static void check_company(const struct check *k)
{
	static const struct pair {
		const char *name, *needs;
	} pairs[] = {
		{ "prefix-from", "ipv6-host" },
		{ "ipv6-prefix-length", "ipv6-host" },
		{ "owner-expire", "owner" },
	};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		if (config_section_find(k->s, pairs[i].name) &&
		    !config_section_find(k->s, pairs[i].needs))
			faults_add(k->faults, k->s->file,
				   check_line(k, pairs[i].name),
				   "%s means nothing without %s",
				   pairs[i].name, pairs[i].needs);
}

int record_check_finish(const struct config *c,
			const struct config_section *s,
			struct record_draft *draft, struct faults *faults)
{
	const struct check k = { c, s, draft, faults };
	int r = check_name(&k);

	if (r == 0)
		r = check_providers(&k);
	check_source(&k);
	check_families(&k);
	check_host(&k);
	check_company(&k);
	return r;
}

void record_check_done(struct config_record *record)
{
	free(record->name);
	free(record->providers);
	free(record->prefix_from);
	free(record->owner);
	setting_strings_done(&record->nameservers);
	*record = (struct config_record){ 0 };
}

void record_check_draft_done(struct record_draft *draft)
{
	record_check_done(&draft->record);
	setting_strings_done(&draft->providers);
	setting_strings_done(&draft->families);
	free(draft->source);
	free(draft->ipv6_host);
	*draft = (struct record_draft){ 0 };
}
