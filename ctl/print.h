/*
 * print - the daemon's answers, for people.
 *
 * Pure, but for writing to out. Members that are missing or of another kind
 * print as "-": an older or newer daemon is no reason to fall over.
 */
#ifndef CTL_PRINT_H
#define CTL_PRINT_H

#include <stdio.h>

#include <jansson.h>

void print_status(const json_t *answer, FILE *out);
void print_why(const json_t *answer, FILE *out);

/* OpenMetrics text, as it came. */
void print_metrics(const json_t *answer, FILE *out);
/* One of `events`, as a line for people. */
void print_event(const json_t *event, FILE *out);

/* Of an answer that is an error: each of its faults, if it has any. */
void print_faults(const json_t *answer, FILE *out);

#endif
