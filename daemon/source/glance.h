/*
 * glance - can what was just heard change what a source has chosen?
 *
 * Most events on an interface with many addresses cannot, and to look at all
 * of them each time would cost more the more there are. In doubt it could.
 */
#ifndef DAEMON_GLANCE_H
#define DAEMON_GLANCE_H

#include <stdbool.h>

struct source;

/* In the monitor's changed(), for the interface that it tells of. */
bool glance_finds_news(const struct source *s, int ifindex);

#endif
