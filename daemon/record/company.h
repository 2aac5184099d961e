/*
 * company - how many of an account's entries may soon have an update to send,
 * by the way that it would leave. Pure, but for the memory that it takes.
 */
#ifndef DAEMON_COMPANY_H
#define DAEMON_COMPANY_H

#include <stdbool.h>

struct company_way {
	struct company_way *next;
	int ifindex; /* 0: as the kernel likes */
	unsigned int n;
};

/* All zero: nobody. */
struct company {
	struct company_way *ways;
};

/* False without memory: it is not counted. */
bool company_join(struct company *c, int ifindex);
/* One that was counted. */
void company_leave(struct company *c, int ifindex);
bool company_is_there(const struct company *c, int ifindex);
unsigned int company_size(const struct company *c);
void company_done(struct company *c);

#endif
