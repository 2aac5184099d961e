/*
 * monitor_look - what tests want to know of a monitor's mirror.
 */
#ifndef TESTS_MONITOR_LOOK_H
#define TESTS_MONITOR_LOOK_H

#include <stddef.h>

struct monitor;

/* Where the best default route of the family leads; 0: nowhere. */
int monitor_look_way(const struct monitor *m, int family);

size_t monitor_look_addresses(const struct monitor *m, int ifindex);

#endif
