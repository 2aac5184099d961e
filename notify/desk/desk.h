/*
 * desk - where jobs come in and replies go out: lines read, jobs gathered
 * and handed to their account's type, answers written.
 */
#ifndef NOTIFY_DESK_H
#define NOTIFY_DESK_H

#include "notify/desk/accounts.h"
#include "notify/core/engine.h"

struct desk;

/*
 * Reads jobs from in and writes replies to out; neither is closed, nor made
 * non-blocking. The accounts stay the caller's and are opened as they are
 * needed. When in has ended and every job is answered, or out is lost, the
 * loop is broken. 0 or -ENOMEM.
 */
int desk_new(struct engine *e, struct accounts *as, int in, int out,
	     struct desk **ret);
/* Jobs under way are dropped. */
void desk_free(struct desk *d);

/* 0, or -errno of the output that was lost. */
int desk_status(const struct desk *d);

#endif
