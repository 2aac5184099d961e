/*
 * ptr - the reverse names of what an entry publishes.
 *
 * They follow each update of the name by themselves. Where the name is right
 * already they are asked for, and set if they are wrong; nothing of it
 * touches the entry's state.
 */
#ifndef DAEMON_PTR_H
#define DAEMON_PTR_H

#include "daemon/record/entry.h"

void ptr_check(struct entry *e);
void ptr_cancel(struct entry *e);

#endif
