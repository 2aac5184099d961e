/*
 * fault_calls - system calls and errors by name.
 */
#ifndef TESTS_SUPPORT_FAULT_CALLS_H
#define TESTS_SUPPORT_FAULT_CALLS_H

#include <stdbool.h>
#include <stdint.h>

/* "openat"; its number, as text that the next such call overwrites. */
const char *fault_call_name(uint64_t call);
bool fault_call_is_known(const char *name);
/* Which of its arguments names a file, or -1. */
int fault_call_path(uint64_t call);
/* Does it make a descriptor of that file; is its first argument one? */
bool fault_call_opens(uint64_t call);
bool fault_call_takes_fd(uint64_t call);

/* "ENOSPC" -> its number, 0: not known here. */
int fault_error(const char *name);

#endif
