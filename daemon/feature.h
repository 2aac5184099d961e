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

/* Adds a fault for each such setting, and for reflectors not understood. */
void feature_check(const struct config *c, struct faults *faults);

#endif
