/*
 * wait - run a loop until something has happened, or the test has failed.
 */
#ifndef TESTS_SUPPORT_WAIT_H
#define TESTS_SUPPORT_WAIT_H

#include <stdbool.h>

struct ev_loop;

/* Until *done is at least n; false after seconds. */
bool wait_for(struct ev_loop *loop, const int *done, int n, double seconds);

/* Runs it for so long. */
void wait_out(struct ev_loop *loop, double seconds);

/* How many descriptors this process has open. */
int wait_open_fds(void);

#endif
