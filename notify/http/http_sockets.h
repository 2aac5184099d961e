/*
 * http_sockets - the sockets of libcurl's connections, and the end of those
 * whose own address is gone.
 *
 * libcurl keeps connections for reuse and does not see that the address they
 * go out from has left the machine: what is sent over them goes nowhere until
 * a timeout.
 */
#ifndef NOTIFY_HTTP_SOCKETS_H
#define NOTIFY_HTTP_SOCKETS_H

#include <stdbool.h>
#include <stddef.h>

#include <curl/curl.h>

#include "base/addr.h"

struct ev_loop;
struct http_sockets;

/* 0 or -ENOMEM; without netlink nothing is heard, and all else works. */
int http_sockets_new(struct ev_loop *loop, struct http_sockets **ret);
/* After the last connection is closed. NULL is fine. */
void http_sockets_free(struct http_sockets *s);

/* CURLOPT_OPENSOCKETFUNCTION and its counterpart; user is the sockets. */
curl_socket_t http_sockets_open(void *user, curlsocktype purpose,
				struct curl_sockaddr *a);
int http_sockets_close(void *user, curl_socket_t fd);

/* The address is no more: ends the connections from it. Returns how many. */
size_t http_sockets_gone(struct http_sockets *s, const struct addr *addr);

#endif
