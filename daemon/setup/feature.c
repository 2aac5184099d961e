#include "config.h"

#include <grp.h>
#include <string.h>

#include "daemon/setup/feature.h"
#include "resolver/resolver.h"

/* Several gateways can hold one name together only there. */
#define SHARING_TYPE "rfc2136"

static void check_reflectors(const struct config_source *s,
			     const struct config_strings *list,
			     struct faults *faults)
{
	for (size_t i = 0; i < list->n; i++) {
		if (resolver_reflector_check(list->items[i]) == 0)
			continue;
		faults_add(faults, s->file, s->line,
			   "source \"%s\": \"%s\" is not a reflector; write "
			   "dns:opendns, dns:NAME@SERVER/TYPE[/CLASS], "
			   "stun:HOST, https://…, pcp or nat-pmp",
			   s->name, list->items[i]);
	}
}

static const char *type_of(const struct config *c, size_t provider,
			   const struct notify_account *accounts, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(accounts[i].name, c->providers[provider].name) == 0)
			return accounts[i].type;
	return "";
}

void feature_check_accounts(const struct config *c,
			    const struct notify_account *accounts, size_t n,
			    struct faults *faults)
{
	for (size_t i = 0; i < c->n_records; i++) {
		const struct config_record *r = &c->records[i];

		for (size_t k = 0; r->owner && k < r->n_providers; k++) {
			const char *type = type_of(c, r->providers[k],
						   accounts, n);

			if (strcmp(type, SHARING_TYPE) != 0)
				faults_add(faults, r->file, r->line,
					   "record \"%s\": owner needs a "
					   "provider of type " SHARING_TYPE
					   "; \"%s\" is %s", r->name,
					   c->providers[r->providers[k]].name,
					   type);
		}
	}
}

static void check_group(const struct config *c, const char *setting,
			const char *group, struct faults *faults)
{
	if (group && !getgrnam(group))
		faults_add(faults, c->control_file, c->control_line,
			   "control: %s: there is no group \"%s\"", setting,
			   group);
}

void feature_check(const struct config *c, struct faults *faults)
{
	for (size_t i = 0; i < c->n_sources; i++) {
		check_reflectors(&c->sources[i], &c->sources[i].reflectors4,
				 faults);
		check_reflectors(&c->sources[i], &c->sources[i].reflectors6,
				 faults);
	}
	check_group(c, "group", c->control_group, faults);
	check_group(c, "admin-group", c->control_admin_group, faults);
}
