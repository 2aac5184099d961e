/*
 * load - evddns-notify --load: the accounts checked, described and sealed.
 */
#ifndef NOTIFY_LOAD_H
#define NOTIFY_LOAD_H

/*
 * One JSON object on out: {"accounts":[…]}, with the sealed descriptor passed
 * along (SCM_RIGHTS) where out is a UNIX socket, or {"faults":[…]}. Returns
 * the exit status: 0, 78 (EX_CONFIG), 71 (EX_OSERR).
 */
int load_run(const char *path, int out);

#endif
