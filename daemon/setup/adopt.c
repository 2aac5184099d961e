#include "config.h"

#include <string.h>

#include "base/addr_set.h"
#include "daemon/setup/adopt.h"

void adopt_entry(struct entry *e, struct entry *old)
{
	entry_abandon(old);
	(void)addr_set_assign(&e->published, old->published.items,
			      old->published.n);
	(void)addr_set_assign(&e->accepted, old->accepted.items,
			      old->accepted.n);
	e->accepted_at_s = old->accepted_at_s;
	e->last_change_s = old->last_change_s;
	e->last_update_s = old->last_update_s;
	e->latency_ms = old->latency_ms;
	e->failing = old->failing;
	e->told = old->told;
	e->failures = old->failures;
	e->resent = old->resent;
	e->differs = old->differs;
	e->own = old->own;
	e->ptr_wrong = old->ptr_wrong;
	e->adopted = old->published.n > 0;
	e->agreed = old->agreed;
	e->stray_until_ms = old->stray_until_ms;
}

void adopt_feed(struct feed *f, struct feed *const *old, size_t n_old)
{
	struct source *s = f->source;

	for (size_t i = 0; i < n_old; i++) {
		const struct source *was = old[i]->source;

		if (source_family(was) != source_family(s) ||
		    !source_prefix_from(was) != !source_prefix_from(s) ||
		    strcmp(source_config(was)->name,
			   source_config(s)->name) != 0)
			continue;
		(void)addr_set_assign(&f->told, old[i]->told.items,
				      old[i]->told.n);
		f->prefix = old[i]->prefix;
		f->lack = old[i]->lack;
		source_adopt(s, was);
		return;
	}
}
