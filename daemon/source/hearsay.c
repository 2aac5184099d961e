#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "daemon/source/hearsay.h"

struct hearsay *hearsay_new(const struct resolver_confirmation *seen)
{
	struct hearsay *h = calloc(1, sizeof(*h) + seen->n_reflections *
						   sizeof(h->words[0]));

	for (size_t i = 0; h && i < seen->n_reflections; i++) {
		const struct resolver_reflection *r = &seen->reflections[i];
		struct hearsay_word *w = &h->words[i];

		w->reflector = str_dup(r->reflector);
		w->status = r->status;
		w->addr = r->addr;
		memcpy(w->why, r->why, sizeof(w->why));
		w->rtt_us = r->rtt_us;
		h->n++;
		if (!w->reflector) {
			hearsay_free(h);
			return NULL;
		}
	}
	return h;
}

void hearsay_free(struct hearsay *h)
{
	for (size_t i = 0; h && i < h->n; i++)
		free(h->words[i].reflector);
	free(h);
}

const char *hearsay_print(const struct hearsay_word *w, char *out, size_t size)
{
	char addr[ADDR_STRLEN];

	if (w->status == 0)
		(void)snprintf(out, size, "%s: %s (%u.%u ms)", w->reflector,
			       addr_print(&w->addr, addr), w->rtt_us / 1000,
			       w->rtt_us / 100 % 10);
	else
		(void)snprintf(out, size, "%s: %s", w->reflector, w->why);
	return out;
}
