/*
 * fake_egress - what egress_apply() shall say next.
 */
#ifndef TESTS_SUPPORT_FAKE_EGRESS_H
#define TESTS_SUPPORT_FAKE_EGRESS_H

/* The next so many calls fail with this -errno. */
extern int fake_egress_error;
extern unsigned int fake_egress_failures;
/* ... and only those for this family; 0: any. */
extern int fake_egress_family;

#endif
