#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/str.h"
#include "notify/desk/accounts.h"
#include "notify/desk/show.h"
#include "notify/types/ptype_find.h"

static const char *families_of(const struct type *t)
{
	return t->ipv4 && t->ipv6 ? "ipv4,ipv6" : t->ipv4 ? "ipv4" : "ipv6";
}

static void print_row(const char *name, const char *families,
		      const char *batch, const char *verified,
		      const char *title)
{
	(void)printf("%-16s  %-9s  %-11s  %-10s  %s\n", name, families, batch,
		     verified, title);
}

static void print_faults(struct faults *faults)
{
	char text[1024];

	faults_sort(faults);
	for (size_t i = 0; i < faults->n; i++)
		(void)fprintf(stderr, "%s\n", faults_print(&faults->items[i],
							   text,
							   sizeof(text)));
}

static int get(const struct ptype_folders *folders, const char *name,
	       struct ptype **ret)
{
	struct faults faults = { .n = 0 };
	json_t *packed = NULL;
	int r = ptype_find(folders, name, &packed, &faults);

	if (r == 0)
		r = ptype_unpack(packed, ret, &faults);
	json_decref(packed);
	print_faults(&faults);
	faults_done(&faults);
	return r;
}

static void list_one(const struct ptype *p)
{
	char batch[32] = "-";

	if (p->abstract)
		return;
	if (p->batch > 1)
		(void)snprintf(batch, sizeof(batch), "%u names", p->batch);
	print_row(p->name, families_of(&p->type), batch,
		  p->is_verified ? "verified" : "unverified", p->title);
}

/* A name that stands for what is built in. */
static bool is_built_in(const char *name)
{
	return type_find(name) != NULL;
}

static void list_built_in(void)
{
	for (size_t i = 0; types[i]; i++)
		print_row(types[i]->name, families_of(types[i]),
			  types[i]->zone_batch ? "zone" : "-", "verified",
			  types[i]->title);
}

int show_list(const char *config)
{
	struct ptype_folders folders;
	char **names = NULL;
	size_t n = 0;
	int status = EX_OK;

	if (ptype_folders_init(&folders, config) < 0 ||
	    ptype_names(&folders, &names, &n) < 0)
		return EX_OSERR;
	print_row("TYPE", "FAMILIES", "BATCH", "VERIFIED", "TITLE");
	list_built_in();
	for (size_t i = 0; i < n; i++) {
		struct ptype *p = NULL;

		if (!is_built_in(names[i]) &&
		    get(&folders, names[i], &p) < 0)
			status = EX_CONFIG;
		if (p)
			list_one(p);
		ptype_free(p);
		free(names[i]);
	}
	free(names);
	ptype_folders_done(&folders);
	return status;
}

/* ---- one of them ---- */

static void print_settings(const struct ptype *p)
{
	(void)printf("settings:\n");
	for (size_t i = 0; i < p->n_settings; i++) {
		const struct ptype_setting *s = &p->more[i];

		(void)printf("    %-20s %s%s%s%s%s%s%s\n", s->name,
			     s->required ? "required" : "optional",
			     s->secret ? ", secret" : "",
			     s->list ? ", a list" : "",
			     s->fallback ? ", default " : "",
			     s->fallback ? s->fallback : "",
			     s->says ? ": " : "", s->says ? s->says : "");
		if (s->same_as)
			(void)printf("    %-20s the same as %s\n", s->same_as,
				     s->name);
		for (size_t k = 0; k < s->values.n; k++)
			(void)printf("    %-20s %s%s\n", "",
				     k == 0 ? "one of " : "       ",
				     s->values.items[k]);
	}
	if (p->zone == ZONE_YES && !ptype_setting(p, "zone"))
		(void)printf("    %-20s optional: the zone, where DNS does "
			     "not tell\n", "zone");
	(void)printf("    %-20s optional: another scheme, host and port%s\n",
		     "endpoint", p->has_endpoint ? "" : "; required here");
}

static void print_duration(const char *name, uint32_t s)
{
	char text[32];

	if (s > 0)
		(void)printf("%s: %s\n", name, str_duration(s * 1000ULL, text,
							    sizeof(text)));
}

static void print_endpoint(const struct ptype *p)
{
	(void)printf("endpoint: ");
	for (size_t i = 0; i < p->endpoint.n; i++)
		(void)printf(p->endpoint.pieces[i].variable ? "{%s}" : "%s",
			     p->endpoint.pieces[i].text);
	(void)printf("\n");
}

static void print_verified(const struct ptype *p)
{
	(void)printf("verified: %s", p->is_verified ? "against" : "no");
	for (size_t i = 0; i < p->verified.n; i++)
		(void)printf("%s %s", i > 0 ? "," : "", p->verified.items[i]);
	(void)printf("\n");
}

static void print_manners(const struct ptype *p)
{
	print_duration("min-interval", p->type.min_interval_s);
	print_duration("refresh", p->type.refresh_s);
	print_duration("retry-refused", p->type.retry_refused_s);
	for (size_t i = 0; i < p->n_limits; i++) {
		char text[32];

		(void)printf("limit: %u requests in %s\n", p->limits[i].n,
			     str_duration(p->limits[i].per_ms, text,
					  sizeof(text)));
	}
	if (p->ttl_max > 0)
		(void)printf("ttl: %u to %u seconds\n", p->ttl_min,
			     p->ttl_max);
}

static void print_type(const struct ptype *p)
{
	(void)printf("%s: %s\n", p->name, p->title);
	if (p->documentation)
		(void)printf("documentation: %s\n", p->documentation);
	if (p->has_endpoint)
		print_endpoint(p);
	(void)printf("families: %s\n", families_of(&p->type));
	if (p->batch > 1)
		(void)printf("batch: %u names in one request\n", p->batch);
	else
		(void)printf("batch: one name at a time\n");
	print_verified(p);
	print_manners(p);
	(void)printf("withdraws: %s\nmakes records: %s\nshows records: %s\n",
		     p->can_withdraw ? "yes" : "no", p->creates ? "yes" : "no",
		     p->has_records ? "yes" : "no");
	for (size_t i = 0; i < p->notes.n; i++)
		(void)printf("note: %s\n", p->notes.items[i]);
	print_settings(p);
}

static int print_built_in(const struct type *t)
{
	(void)printf("%s: %s\nfamilies: %s\nbuilt in; its settings are in "
		     "evddns.conf(5):\n", t->name, t->title, families_of(t));
	for (const struct type_setting *s = t->settings; s->name; s++)
		(void)printf("    %-20s %s%s\n", s->name,
			     s->required ? "required" : "optional",
			     s->kind == SETTING_SECRET ? ", secret" : "");
	return EX_OK;
}

int show_type(const char *config, const char *name)
{
	struct ptype_folders folders;
	struct ptype *p = NULL;
	int r;

	if (is_built_in(name))
		return print_built_in(type_find(name));
	if (ptype_folders_init(&folders, config) < 0)
		return EX_OSERR;
	r = get(&folders, name, &p);
	ptype_folders_done(&folders);
	if (r == -ENOENT)
		(void)fprintf(stderr, "there is no provider type \"%s\"; see "
			      "--list-providers\n", name);
	if (r < 0)
		return r == -ENOENT ? EX_USAGE : EX_CONFIG;
	print_type(p);
	ptype_free(p);
	return EX_OK;
}
