#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "hooks/hook_trouble.h"

/* More than that fail in a directory where nothing is as it should be. */
#define TROUBLES_MAX 256

struct hook_trouble {
	struct hook_trouble *next;
	unsigned int failures;
	char *key; /* "EVENT NAME": no event has a space */
};

static struct hook_trouble **trouble_find(struct hook_troubles *all,
					  const char *name, const char *event)
{
	struct hook_trouble **at = &all->first;
	size_t len = strlen(event);

	while (*at && (strncmp((*at)->key, event, len) != 0 ||
		       (*at)->key[len] != ' ' ||
		       strcmp((*at)->key + len + 1, name) != 0))
		at = &(*at)->next;
	return at;
}

unsigned int hook_trouble_began(struct hook_troubles *all, const char *name,
				const char *event)
{
	struct hook_trouble *t = *trouble_find(all, name, event);

	if (t)
		return ++t->failures;
	t = all->n < TROUBLES_MAX ? calloc(1, sizeof(*t)) : NULL;
	if (!t)
		return 1;
	t->key = str_dupf("%s %s", event, name);
	if (!t->key) {
		free(t);
		return 1;
	}
	t->failures = 1;
	t->next = all->first;
	all->first = t;
	all->n++;
	return 1;
}

unsigned int hook_trouble_ended(struct hook_troubles *all, const char *name,
				const char *event)
{
	struct hook_trouble **at = trouble_find(all, name, event), *t = *at;
	unsigned int failures = t ? t->failures : 0;

	if (!t)
		return 0;
	*at = t->next;
	all->n--;
	free(t->key);
	free(t);
	return failures;
}

void hook_troubles_done(struct hook_troubles *all)
{
	while (all->first) {
		struct hook_trouble *t = all->first;

		all->first = t->next;
		free(t->key);
		free(t);
	}
	all->n = 0;
}
