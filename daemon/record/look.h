/*
 * look - what the provider holds of an entry's name, by its API.
 */
#ifndef DAEMON_LOOK_H
#define DAEMON_LOOK_H

#include "daemon/record/entry.h"

/*
 * Returns an id > 0, or -errno and no done: -EOPNOTSUPP where the account's
 * type cannot be read, -EAGAIN while the account rests.
 */
int look_start(struct entry *e, notify_done_fn *done);
void look_cancel(struct entry *e, int id);

#endif
