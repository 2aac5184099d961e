#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr_set.h"
#include "base/keep.h"

static int compare(const void *a, const void *b)
{
	return addr_compare(a, b);
}

int addr_set_assign(struct addr_set *s, const struct addr *items, size_t n)
{
	struct addr sorted[ADDR_SET_MAX], *copy = NULL;
	size_t kept = 0;

	if (n > ADDR_SET_MAX)
		n = ADDR_SET_MAX;
	if (n > 0) {
		memcpy(sorted, items, n * sizeof(*sorted));
		qsort(sorted, n, sizeof(*sorted), compare);
		for (size_t i = 0; i < n; i++)
			if (i == 0 ||
			    !addr_equal(&sorted[i], &sorted[kept - 1]))
				sorted[kept++] = sorted[i];
		copy = keep_alloc(kept * sizeof(*copy));
		if (!copy)
			return -ENOMEM;
		memcpy(copy, sorted, kept * sizeof(*copy));
	}
	keep_free(s->items, s->n * sizeof(*s->items));
	s->items = copy;
	s->n = kept;
	return 0;
}

void addr_set_clear(struct addr_set *s)
{
	keep_free(s->items, s->n * sizeof(*s->items));
	*s = (struct addr_set){ 0 };
}

bool addr_set_equal(const struct addr_set *a, const struct addr_set *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (!addr_equal(&a->items[i], &b->items[i]))
			return false;
	return true;
}

bool addr_set_has(const struct addr_set *s, const struct addr *a)
{
	for (size_t i = 0; i < s->n; i++)
		if (addr_equal(&s->items[i], a))
			return true;
	return false;
}

const char *addr_set_print(const struct addr_set *s, char *out, size_t size)
{
	char text[ADDR_STRLEN];
	size_t len = 0;

	(void)snprintf(out, size, "none");
	for (size_t i = 0; i < s->n; i++) {
		int n;

		(void)addr_print(&s->items[i], text);
		n = snprintf(out + len, size - len, "%s%s", i ? ", " : "",
			     text);
		if (n < 0 || (size_t)n + 4 >= size - len) {
			(void)snprintf(out + len, size - len, "\xe2\x80\xa6");
			break;
		}
		len += (size_t)n;
	}
	return out;
}
