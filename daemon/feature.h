/*
 * feature - settings that this version reads but cannot yet act on.
 *
 * A setting that would be ignored is a fault: nobody shall believe that it
 * works. Pure.
 */
#ifndef DAEMON_FEATURE_H
#define DAEMON_FEATURE_H

#include "config/config.h"
#include "config/faults.h"
#include "notify/notify.h"

/* Adds a fault for each such setting, and for reflectors not understood. */
void feature_check(const struct config *c, struct faults *faults);

/* The same for what the types of the records' accounts cannot do. */
void feature_check_accounts(const struct config *c,
			    const struct notify_account *accounts, size_t n,
			    struct faults *faults);

#endif
