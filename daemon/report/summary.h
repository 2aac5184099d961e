/*
 * summary - one line that says how all records are, for `systemctl status`.
 */
#ifndef DAEMON_SUMMARY_H
#define DAEMON_SUMMARY_H

#include <stddef.h>

struct setup;

/* "3 of 4 published; home.example.org/ipv4 at ns: refused: …". */
void summary_print(const struct setup *s, char *out, size_t size);

#endif
