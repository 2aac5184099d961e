#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "daemon/record/silence.h"

struct silence {
	struct silence *next;
	char *zone;     /* NULL: not even that is known */
	unsigned int n; /* names that wait for an answer */
	unsigned int tries;
	bool answered; /* some of them have been */
};

static struct log_fields silence_fields(const struct silence *s,
					const char *event)
{
	return (struct log_fields){
		.subject = "zone",
		.name = s->zone && *s->zone ? s->zone : s->zone ? "." : NULL,
		.event = event,
	};
}

static struct silence *silence_find(const struct silences *all,
				    const char *zone)
{
	for (struct silence *s = all->first; s; s = s->next)
		if (zone && s->zone ? strcmp(s->zone, zone) == 0
				    : !zone && !s->zone)
			return s;
	return NULL;
}

static struct silence *silence_new(struct silences *all, const char *zone)
{
	struct silence *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->zone = str_dup(zone);
	if (zone && !s->zone) {
		free(s);
		return NULL;
	}
	s->next = all->first;
	all->first = s;
	return s;
}

struct silence *silence_note(struct silences *all, struct silence *was,
			     const char *zone, const char *name,
			     const char *why)
{
	struct silence *s = was ? was : silence_find(all, zone);
	struct log_fields f;

	if (!s)
		s = silence_new(all, zone);
	if (!s)
		return NULL;
	s->n += s != was;
	if (s->tries++ > 0)
		return s;
	f = silence_fields(s, "silent");
	if (zone)
		log_line(LOG_LEVEL_WARNING, &f,
			 "no name server answers (%s), keeping what is "
			 "published and waiting for one to answer", why);
	else
		log_line(LOG_LEVEL_WARNING, &f,
			 "no DNS: the name servers of %s could not be found "
			 "(%s), keeping what is published and waiting for an "
			 "answer", name, why);
	return s;
}

void silence_leave(struct silences *all, struct silence *s, bool answered)
{
	struct silence **at = &all->first;
	struct log_fields f;

	if (!s)
		return;
	s->answered |= answered;
	if (--s->n > 0)
		return;
	f = silence_fields(s, "answered");
	if (s->answered)
		log_line(LOG_LEVEL_NOTICE, &f,
			 "name servers answer again after %u failed %s",
			 s->tries, s->tries == 1 ? "try" : "tries");
	while (*at != s)
		at = &(*at)->next;
	*at = s->next;
	free(s->zone);
	free(s);
}
