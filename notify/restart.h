/*
 * restart - an update process that fails is not started again at once.
 */
#ifndef NOTIFY_RESTART_H
#define NOTIFY_RESTART_H

#include <stdint.h>

struct restart {
	unsigned int failures; /* in a row */
	uint64_t after_ms;     /* monotonic: not before */
	char why[128];         /* of the last failure */
};

/* It ended by itself; it could not be started. Said when that begins... */
void restart_died(struct restart *r, const char *why);
void restart_failed(struct restart *r, const char *why);
/* ... and when it has ended. */
void restart_works(struct restart *r);
/* 0: it may be started now. */
uint32_t restart_wait_ms(const struct restart *r);

#endif
