/*
 * suite - the main() of every unit test: runs the suite that suite() makes.
 */
#ifndef TESTS_SUPPORT_SUITE_H
#define TESTS_SUPPORT_SUITE_H

#include <check.h>

#define SUITE_COUNT(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

/* Each test program defines this one. */
Suite *suite(void);

#endif
