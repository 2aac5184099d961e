/*
 * clock - the two clocks, as numbers.
 *
 * Delays and ages come from the monotonic one; wall time is for people and
 * for TSIG.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

uint64_t clock_mono_ns(void);
uint64_t clock_mono_ms(void);
/* Since 1970. */
int64_t clock_wall_s(void);
int64_t clock_wall_ms(void);
/* When the machine was started, by the wall clock as it is set now. */
int64_t clock_boot_s(void);
/* RFC 3339 in UTC, "2026-11-22T17:55:00Z"; size >= 21. Returns out. */
const char *clock_rfc3339(int64_t wall_s, char *out, size_t size);
/* 32 bits that nobody can foretell, from the kernel. */
uint32_t clock_random(void);

#endif
