/*
 * online - evddnsd -t --online: reading only, are credentials, zones and
 * names good, and what would each source publish?
 */
#ifndef DAEMON_ONLINE_H
#define DAEMON_ONLINE_H

#include "daemon/setup/loading.h"
#include "notify/notify.h"

struct ev_loop;
struct online;

/* status: 0, 75 (something could not be asked now), 78 (something is wrong). */
typedef void online_done_fn(void *user, int status);

/*
 * notify is borrowed; what was loaded is taken over. Findings go to standard
 * output, faults as FILE:LINE: to standard error. 0 and done comes once, from
 * the loop; or -errno.
 */
int online_start(struct ev_loop *loop, struct notify *notify,
		 struct loaded *loaded, online_done_fn *done, void *user,
		 struct online **ret);
/* NULL is fine. */
void online_free(struct online *o);

#endif
