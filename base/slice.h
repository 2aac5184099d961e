/*
 * slice - how long this process wants the processor at a time.
 *
 * Under Linux's fair scheduling (EEVDF, since 6.12) a short slice gives
 * nobody more of the processor than he had, but what he gets sooner: whoever
 * sleeps for weeks and then works for 50 us is not to wait until somebody
 * else has used up his milliseconds. No privilege is needed. Where the kernel
 * knows of no slices, or the process runs under another policy, nothing is
 * changed.
 */
#ifndef BASE_SLICE_H
#define BASE_SLICE_H

/* The shortest there is. 0 or -errno, which is nothing to worry about. */
int slice_ask_short(void);

/* Whatever the kernel gives to anybody: for a program that is not ours. */
int slice_ask_usual(void);

#endif
