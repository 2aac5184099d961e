/*
 * thing - what steps are run for: a batch of names, their families, the
 * records to be changed; each with variables of its own (pure).
 */
#ifndef NOTIFY_THING_H
#define NOTIFY_THING_H

#include "notify/core/job.h"
#include "notify/types/ptype.h"

struct thing {
	enum scope scope;
	struct thing *up; /* NULL: the outermost */
	struct thing **below;
	size_t n_below;
	json_t *vars;

	/* SCOPE_NAME, SCOPE_FAMILY */
	const struct job *job;
	/* SCOPE_FAMILY */
	int family;
	const struct job_set *set;
	json_t *records; /* what was read; NULL: nothing was */
	bool cached;     /* the records are remembered ones */
	/* SCOPE_FAMILY: nothing more is to be done. */
	bool settled;
	bool answered; /* result counts */
	enum notify_status result;
	bool stop;
	bool unclassified; /* the retry is of what no rule knows */
	uint32_t retry_after_s;
	char text[JOB_TEXT_SIZE];
};

/* Below up, unless that is NULL. NULL without memory. */
struct thing *thing_new(enum scope scope, struct thing *up);
/* With all below; it must not be below another. NULL is fine. */
void thing_free(struct thing *t);
/* Frees those below of this scope. */
void thing_drop_below(struct thing *t, enum scope scope);

/* Takes v over, which may be NULL: without memory. 0 or -ENOMEM. */
int thing_set(struct thing *t, const char *variable, json_t *v);
int thing_set_text(struct thing *t, const char *variable, const char *text);
/* Borrowed: in this thing or those around it; NULL: missing. */
json_t *thing_get(const struct thing *t, const char *variable);

/*
 * All of the scope at or below t whose families are not settled; a name or
 * batch counts while one of its families does. The list is to be freed.
 * 0 or -ENOMEM.
 */
int thing_collect(struct thing *t, enum scope scope, struct thing ***ret,
		  size_t *ret_n);
bool thing_is_settled(const struct thing *t);

/* Every family at or below that is not settled. */
typedef void thing_fn(void *user, struct thing *family);
void thing_each_family(struct thing *t, thing_fn *fn, void *user);

/* What a name is below its zone, as the type spells it. To be freed. */
char *thing_label(const struct ptype *p, const char *name, const char *zone);

/* A name and its families, with their variables. 0 or -ENOMEM. */
int thing_add_name(struct thing *batch, const struct ptype *p,
		   const struct job *j, const char *zone);
/* Variables of the batch, once its names are there. 0 or -ENOMEM. */
int thing_fill_batch(struct thing *batch, const struct ptype *p);

/* {merged} and the things of that scope; takes list over. 0 or -ENOMEM. */
int thing_set_merged(struct thing *family, json_t *list);

/* The job's TTL, or this, within what the type takes; 0: none. */
uint32_t thing_ttl(const struct ptype *p, uint32_t wanted_s);

#endif
