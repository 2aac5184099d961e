#include "config.h"

#include "base/log.h"
#include "daemon/setup/feed.h"
#include "daemon/setup/setup_inside.h"

/* The feeds of one source: its families, and where a prefix comes from. */
static bool is_first_of_source(const struct setup *s, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (source_config(s->feeds[k]->source) ==
		    source_config(s->feeds[i]->source))
			return false;
	return true;
}

/* What the source of this feed waits for; nothing, if one family has all. */
static enum lack group_lack(const struct setup *s, size_t first,
			    char out[LACK_STRLEN], bool *ret_told)
{
	struct lack_question q = {
		.monitor = s->world->entry->monitor,
		.config = source_config(s->feeds[first]->source),
	};
	bool told = false;
	size_t n;

	for (size_t i = first; i < s->n_feeds; i++) {
		const struct feed *f = s->feeds[i];

		if (source_config(f->source) != q.config)
			continue;
		(void)source_candidates(f->source, &n);
		if (n > 0 || source_behind_nat(f->source))
			return LACK_NOTHING;
		if (source_family(f->source) == AF_INET)
			q.ipv4 = true;
		else
			q.ipv6 = true;
		told |= f->lack == LACK_TOLD || f->told.n > 0;
	}
	*ret_told = told;
	return lack_find(&q, out);
}

void setup_tell_lacks(struct setup *s)
{
	char what[LACK_STRLEN];

	for (size_t i = 0; i < s->n_feeds; i++) {
		struct feed *f = s->feeds[i];
		const struct log_fields fields = {
			.subject = "source",
			.name = source_config(f->source)->name,
			.event = "waiting",
		};
		enum lack lack;
		bool told = false;

		if (!is_first_of_source(s, i))
			continue;
		lack = group_lack(s, i, what, &told);
		if (told && lack != LACK_NOTHING)
			lack = LACK_TOLD;
		else if (lack != f->lack && lack != LACK_NOTHING)
			log_line(LOG_LEVEL_NOTICE, &fields, "waiting for %s",
				 what);
		f->lack = lack;
		for (size_t k = i; lack == LACK_NOTHING && k < s->n_feeds; k++)
			if (source_config(s->feeds[k]->source) ==
			    source_config(f->source))
				s->feeds[k]->lack = LACK_NOTHING;
	}
}

const char *setup_lack(const struct setup *s, char out[LACK_STRLEN])
{
	bool told;

	for (size_t i = 0; i < s->n_feeds; i++)
		if (is_first_of_source(s, i) &&
		    group_lack(s, i, out, &told) != LACK_NOTHING)
			return out;
	return NULL;
}
