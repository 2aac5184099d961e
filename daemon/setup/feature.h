/*
 * feature - settings that are read but cannot be acted on as they are.
 *
 * A setting that would be ignored is a fault: nobody shall believe that it
 * works. Pure, but for the system's groups.
 */
#ifndef DAEMON_FEATURE_H
#define DAEMON_FEATURE_H

#include "config/config.h"
#include "config/faults.h"
#include "notify/notify.h"

/*
 * Adds a fault for each such setting: reflectors not understood, groups that
 * are not there.
 */
void feature_check(const struct config *c, struct faults *faults);

/* The same for what the types of the records' accounts cannot do. */
void feature_check_accounts(const struct config *c,
			    const struct notify_account *accounts, size_t n,
			    struct faults *faults);

#endif
