/*
 * fake_nl_sock - linked in place of monitor/nl_sock.c: a kernel that a test
 * plays.
 */
#ifndef TESTS_SUPPORT_FAKE_NL_SOCK_H
#define TESTS_SUPPORT_FAKE_NL_SOCK_H

#include <stdint.h>

struct nlmsghdr;

/* Forgets everything. */
void fake_nl_reset(void);

/* What the listening socket says next: a datagram, or an error. */
void fake_nl_say(const struct nlmsghdr *h, uint32_t portid);
void fake_nl_say_bytes(const void *data, uint32_t len);
void fake_nl_fail(int error);
/* Things that wait to be read are lost. */
void fake_nl_lose(void);

/* What dumps answer: RTM_NEW* messages, in their order. */
void fake_nl_table_clear(void);
void fake_nl_table_add(const struct nlmsghdr *h);

/* Called once, when the next dump begins: what it says then waits meanwhile. */
void fake_nl_during_dump(void (*say)(void));

/* The next n dumps are interrupted, or end with error. */
void fake_nl_interrupt(int n);
void fake_nl_dump_error(int n, int error);
/* How many questions for links came: one per dump. */
int fake_nl_dumps(void);
/* How many sockets were opened that listen. */
int fake_nl_listens(void);

#endif
