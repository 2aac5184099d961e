#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config/faults.h"
#include "notify/core/type.h"
#include "notify/desk/accounts.h"
#include "notify/types/provider.h"
#include "notify/types/ptype_find.h"

const struct type *const types[] = { &type_rfc2136, NULL };

const struct type *type_find(const char *name)
{
	for (size_t i = 0; types[i]; i++)
		if (strcmp(types[i]->name, name) == 0)
			return types[i];
	return NULL;
}

struct account *accounts_find(const struct accounts *as, const char *name)
{
	for (size_t i = 0; i < as->n; i++)
		if (strcmp(as->items[i].name, name) == 0)
			return &as->items[i];
	return NULL;
}

struct account *accounts_append(struct accounts *as)
{
	struct account *items = realloc(as->items,
					(as->n + 1) * sizeof(*items));

	if (!items)
		return NULL;
	as->items = items;
	items[as->n] = (struct account){ .name = NULL };
	return &items[as->n++];
}

static const struct type *known_type(const struct accounts *as,
				     const char *name)
{
	const struct type *t = type_find(name);

	for (size_t i = 0; i < as->n_types && !t; i++)
		if (strcmp(as->types[i].ptype->name, name) == 0)
			t = &as->types[i].ptype->type;
	return t;
}

/* Takes packed over. */
static int add_type(struct accounts *as, json_t *packed,
		    const struct type **ret, struct faults *faults)
{
	struct account_type *more = realloc(as->types, (as->n_types + 1) *
					     sizeof(*more));
	struct ptype *p = NULL;
	int r = more ? ptype_unpack(packed, &p, faults) : -ENOMEM;

	if (more)
		as->types = more;
	if (r < 0) {
		json_decref(packed);
		return r;
	}
	provider_acts(&p->type);
	more[as->n_types++] = (struct account_type){ packed, p };
	*ret = &p->type;
	return 0;
}

int accounts_type(struct accounts *as, const struct ptype_folders *folders,
		  const char *name, const struct type **ret,
		  struct faults *faults)
{
	const struct type *t = known_type(as, name);
	json_t *packed = NULL;
	int r;

	if (t) {
		*ret = t;
		return 0;
	}
	r = ptype_find(folders, name, &packed, faults);
	return r < 0 ? r : add_type(as, packed, ret, faults);
}

int accounts_type_packed(struct accounts *as, const char *name, json_t *packed,
			 const struct type **ret)
{
	const struct type *t = known_type(as, name);
	struct faults faults = { .n = 0 };
	int r = -EBADMSG;

	if (t) {
		*ret = t;
		return 0;
	}
	if (packed)
		r = add_type(as, json_incref(packed), ret, &faults);
	faults_done(&faults);
	return r == -EINVAL ? -EBADMSG : r;
}

void accounts_done(struct accounts *as)
{
	for (size_t i = 0; i < as->n; i++)
		account_done(&as->items[i]);
	free(as->items);
	for (size_t i = 0; i < as->n_types; i++) {
		ptype_free(as->types[i].ptype);
		json_decref(as->types[i].packed);
	}
	free(as->types);
	lookups_done(&as->lookups);
	*as = (struct accounts){ .items = NULL };
}
