/*
 * netns - a network namespace of the test's own, gone with its process.
 */
#ifndef TESTS_SUPPORT_NETNS_H
#define TESTS_SUPPORT_NETNS_H

#include <sys/types.h>

/*
 * Ends the program with 77 and the reason where namespaces are not allowed
 * or ip(8) is missing. To be called once, before the tests are run.
 */
void netns_or_skip(void);

/* Moves this process into a fresh one, loopback up; aborts on failure. */
void netns_enter(void);

/* Another one: a process that sleeps in it until netns_leave_other(). */
pid_t netns_other(void);
void netns_leave_other(pid_t pid);

/* Runs ip(8) with these words; its exit status. */
int netns_ip(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Writes /proc/sys/net/NAME; 0 or -errno. */
int netns_sysctl(const char *name, const char *value);

#endif
