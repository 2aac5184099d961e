/*
 * run_inside - what the files of a run share and nobody else knows.
 */
#ifndef NOTIFY_RUN_INSIDE_H
#define NOTIFY_RUN_INSIDE_H

#include "notify/run.h"

/* run.c */
void run_free(struct run *r);
/* Whatever it is at: answered with what is not settled as a retry. */
void run_end_late(struct run *r, const char *text);
/* It leads no more: those that wait for it go on, or down with it. */
void run_release(struct run *r, bool failed);

/* run_begin.c: at the end of the provider's runs; NULL without memory. */
struct run *run_new(struct provider *p, size_t n);

/* run_send.c */
void run_send_init(struct run *r);

/* run_end.c */
/* A family's records, where they are remembered and of use. */
void run_end_use_ids(struct run *r, struct thing *family);
/* What is to be remembered of what was done. */
void run_end_keep_ids(struct run *r);
/* Answers all works. */
void run_end_answer(struct run *r);

#endif
