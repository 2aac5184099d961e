#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/backoff.h"
#include "base/str.h"
#include "resolver/rest.h"

#define MOST_S (6 * 3600)
#define FAILURES_MAX 30

static const struct backoff resting = {
	.first_ms = 60 * 1000, .most_ms = MOST_S * 1000,
};

void rest_done(struct rest *r)
{
	for (size_t i = 0; i < r->n; i++)
		free(r->items[i].key);
	free(r->items);
	*r = (struct rest){ .n = 0 };
}

static struct rest_entry *rest_find(const struct rest *r, const char *key)
{
	for (size_t i = 0; i < r->n; i++)
		if (strcmp(r->items[i].key, key) == 0)
			return &r->items[i];
	return NULL;
}

bool rest_has(const struct rest *r, const char *key, int64_t now_s)
{
	const struct rest_entry *e = rest_find(r, key);

	/* A clock that was set back makes no rest longer. */
	return e && e->until_s > now_s && e->until_s - now_s <= MOST_S;
}

static void rest_drop(struct rest *r, struct rest_entry *e)
{
	free(e->key);
	*e = r->items[--r->n];
}

bool rest_forget(struct rest *r, const char *key)
{
	struct rest_entry *e = rest_find(r, key);

	if (e)
		rest_drop(r, e);
	return e != NULL;
}

static struct rest_entry *rest_add(struct rest *r, const char *key)
{
	struct rest_entry *e = rest_find(r, key), *items, *first;

	if (e || strlen(key) > REST_KEY_MAX)
		return e;
	if (r->n == REST_MAX) {
		first = &r->items[0];
		for (size_t i = 1; i < r->n; i++)
			if (r->items[i].until_s < first->until_s)
				first = &r->items[i];
		rest_drop(r, first);
	}
	items = realloc(r->items, (r->n + 1) * sizeof(*items));
	if (!items)
		return NULL;
	r->items = items;
	items[r->n] = (struct rest_entry){ .key = str_dup(key) };
	return items[r->n].key ? &items[r->n++] : NULL;
}

const struct rest_entry *rest_failed(struct rest *r, const char *key,
				     int64_t now_s, uint32_t random)
{
	struct rest_entry *e = rest_add(r, key);

	if (!e)
		return NULL;
	if (e->failures < FAILURES_MAX)
		e->failures++;
	e->until_s = now_s + (int64_t)(backoff_ms(&resting, e->failures,
						  random) / 1000);
	return e;
}

void rest_restore(struct rest *r, const char *key, unsigned int failures,
		  int64_t until_s, int64_t now_s)
{
	struct rest_entry *e = failures > 0 ? rest_add(r, key) : NULL;

	if (!e)
		return;
	e->failures = failures < FAILURES_MAX ? failures : FAILURES_MAX;
	e->until_s = until_s > now_s + MOST_S ? now_s + MOST_S : until_s;
}
