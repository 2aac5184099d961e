/*
 * run_inside - what the files of a run share and nobody else knows.
 */
#ifndef NOTIFY_RUN_INSIDE_H
#define NOTIFY_RUN_INSIDE_H

#include "notify/types/run.h"

/* run.c */
void run_free(struct run *r);
/* Whatever it is at: answered with what is not settled as a retry. */
void run_end_late(struct run *r, const char *text);
/* What one of another run was told goes for all of this one. */
void run_settle_alike(struct run *r, const struct thing *family);

/* run_lead.c */
/* false: another run leads, and this one waits for it. */
bool run_lead(struct run *r);
/* It leads no more: those that wait for it go on, or down with it. */
void run_release(struct run *r, bool failed);
/* Do both leave by the same way, as far as each has one? */
bool run_same_way(const struct job *a, const struct job *b);

/* run_size.c */
/*
 * At a request for a batch: true where it is not for now, for others find
 * out how much one may hold, or where it was split and r is gone.
 */
bool run_size_holds(struct run *r);
/* It was taken, whole. */
void run_size_taken(struct run *r);
/* In halves, and with what was read for them. */
void run_split(struct run *r);

/* run_begin.c: at the end of the provider's runs; NULL without memory. */
struct run *run_new(struct provider *p, size_t n);
/* One run of n works; NULL where they were answered already. */
struct run *run_of_works(struct provider *p, struct work *const *works,
			 size_t n, double limit_s);

/* run_send.c */
void run_send_init(struct run *r);

/* run_list.c */
/*
 * Does the present step list the records of a zone? That is done once for
 * all who wait for it; the others park meanwhile.
 */
bool run_list_is(const struct run *r);
void run_list_begin(struct run *r);
/* A part of it was read: for the others too. 0 or -ENOMEM. */
int run_list_take(struct run *r, const struct rule_answer *a);
/* All of it was. */
void run_list_taken(struct run *r);
/* r leads no more; whole: what the others have of it is all there is. */
void run_list_end(struct run *r, bool whole);
void run_forget_records(void *user, struct thing *family);

/* run_end.c */
/* A family's records, where they are remembered and of use. */
void run_end_use_ids(struct run *r, struct thing *family);
/* What is to be remembered of what was done. */
void run_end_keep_ids(struct run *r);
/* Answers all works. */
void run_end_answer(struct run *r);

#endif
