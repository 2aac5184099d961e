/*
 * offer - what entries tell their provider, as a job for notify.
 */
#ifndef DAEMON_OFFER_H
#define DAEMON_OFFER_H

#include "base/addr_set.h"
#include "daemon/record/entry.h"
#include "notify/notify.h"

#define OFFER_WAS_MAX (2 * ADDR_SET_MAX)

/*
 * All but account and more. One of the two families may be NULL. The job
 * refers to the entries and to was.
 */
void offer_fill(struct notify_job *job, struct entry *ipv4,
		struct entry *ipv6, struct addr was[OFFER_WAS_MAX]);

/* The same, of its reverse names alone. */
void offer_fill_ptr(struct notify_job *job, struct entry *e);

#endif
