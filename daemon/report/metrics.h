/*
 * metrics - what a monitoring system scrapes: OpenMetrics text, version 1.0.
 */
#ifndef DAEMON_METRICS_H
#define DAEMON_METRICS_H

#include <stdint.h>

#include "base/buf.h"

struct setup;

/* Appends the whole exposition. Check out->failed. */
void metrics_print(const struct setup *s, uint64_t uptime_s, struct buf *out);

#endif
