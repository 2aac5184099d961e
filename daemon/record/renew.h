/*
 * renew - when what is right is sent again all the same: the provider wants
 * to hear of us (refresh), or the other owners of a shared name do.
 */
#ifndef DAEMON_RENEW_H
#define DAEMON_RENEW_H

#include <stdint.h>

#include "daemon/record/entry.h"

/* 0: now; UINT64_MAX: never. */
uint64_t renew_in_ms(const struct entry *e);

#endif
