/*
 * nl_sock - the rtnetlink socket: open, send, receive. The only I/O of this
 * folder; tests link a fake in its place.
 */
#ifndef MONITOR_NL_SOCK_H
#define MONITOR_NL_SOCK_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct nlmsghdr;

/*
 * A socket for requests, with the kernel's strict checks on: what a dump's
 * header asks for is then what comes. A descriptor or -errno.
 */
int nl_sock_open(void);

/*
 * A socket that hears of links, addresses, routes, next hops and rules, its
 * buffer as large as we may. Routes to somewhere particular never reach it.
 */
int nl_sock_listen(void);

void nl_sock_close(int fd);

/* Of the receive buffer, how many bytes are taken; 0 where nobody says. */
size_t nl_sock_waiting(int fd);

/* 0 or -errno. */
int nl_sock_send(int fd, const struct nlmsghdr *h);

/*
 * One datagram: its length, and its sender (0: the kernel). Or -EAGAIN;
 * -ENOBUFS: messages were lost; -EMSGSIZE: this one was, it did not fit;
 * another -errno.
 */
ssize_t nl_sock_recv(int fd, void *buf, size_t size, uint32_t *ret_portid);

#endif
