#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/keep.h"
#include "daemon/record/answer.h"

/* Before it in its block: the size of that. */
#define HEAD 8

/* Takes the next aligned piece of a block, or only counts where it is NULL. */
static void *take(char *block, size_t *used, size_t size)
{
	void *piece = block ? block + *used : NULL;

	*used += (size + 7) & ~(size_t)7;
	return piece;
}

static const char *take_text(char *block, size_t *used, const char *text)
{
	char *copy;

	if (!text)
		return NULL;
	copy = take(block, used, strlen(text) + 1);
	if (copy)
		memcpy(copy, text, strlen(text) + 1);
	return copy;
}

/* Copies into block, or only counts where it is NULL. Returns the size. */
static size_t fill(char *block, const struct resolver_answer *a)
{
	size_t used = HEAD;
	struct resolver_answer *copy = take(block, &used, sizeof(*copy));
	struct resolver_server *servers =
		take(block, &used, a->n_servers * sizeof(*servers));
	const char *zone = take_text(block, &used, a->zone);

	for (size_t i = 0; i < a->n_servers; i++) {
		const struct resolver_server *s = &a->servers[i];
		const char *name = take_text(block, &used, s->name);
		const char *cname = take_text(block, &used, s->cname);
		size_t bytes = s->n_addrs * sizeof(*s->addrs);
		struct addr *addrs = take(block, &used, bytes);

		if (!block)
			continue;
		if (bytes)
			memcpy(addrs, s->addrs, bytes);
		servers[i] = *s;
		servers[i].name = name;
		servers[i].cname = cname;
		servers[i].addrs = addrs;
	}
	if (block) {
		*copy = *a;
		copy->zone = zone;
		copy->servers = servers;
	}
	return used;
}

struct resolver_answer *answer_copy(const struct resolver_answer *a)
{
	size_t size = fill(NULL, a);
	char *block = keep_alloc(size);

	if (!block)
		return NULL;
	(void)fill(block, a);
	memcpy(block, &size, sizeof(size));
	return (struct resolver_answer *)(void *)(block + HEAD);
}

void answer_free(struct resolver_answer *a)
{
	char *block = a ? (char *)a - HEAD : NULL;
	size_t size = 0;

	if (!block)
		return;
	memcpy(&size, block, sizeof(size));
	keep_free(block, size);
}

static bool answer_has(const struct addr *set, size_t n, const struct addr *a)
{
	for (size_t i = 0; i < n; i++)
		if (addr_equal(&set[i], a))
			return true;
	return false;
}

struct resolver_answer *answer_only(const struct resolver_answer *a,
				    const struct addr *only, size_t n)
{
	struct resolver_answer *copy = answer_copy(a);

	for (size_t i = 0; copy && i < copy->n_servers; i++) {
		/* Both are in the copy's own block. */
		struct resolver_server *s =
			(struct resolver_server *)(uintptr_t)&copy->servers[i];
		struct addr *addrs = (struct addr *)(uintptr_t)s->addrs;
		size_t kept = 0;

		for (size_t k = 0; k < s->n_addrs; k++)
			if (answer_has(only, n, &addrs[k]))
				addrs[kept++] = addrs[k];
		s->n_addrs = kept;
	}
	return copy;
}

uint32_t answer_ttl_s(const struct resolver_answer *a)
{
	uint32_t ttl_s = 0;

	for (size_t i = 0; i < a->n_servers; i++)
		if (a->servers[i].outcome == RESOLVER_ANSWERED &&
		    a->servers[i].ttl_s > ttl_s)
			ttl_s = a->servers[i].ttl_s;
	return ttl_s;
}
