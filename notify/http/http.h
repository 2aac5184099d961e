/*
 * http - HTTP requests by libcurl's multi interface on libev.
 *
 * No lookup by libcurl, no redirect followed, no proxy but the one given, an
 * answer capped as it arrives, the whole request bounded in time.
 */
#ifndef NOTIFY_HTTP_H
#define NOTIFY_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "net/egress.h"

/* Of an answer, unless the request says otherwise. */
#define HTTP_BODY_MAX 65536
#define HTTP_TEXT_SIZE 256
#define HTTP_LOCATION_SIZE 2048

struct ev_loop;
struct http;
struct http_exchange;

struct http_url {
	char host[256]; /* without the brackets of an IPv6 literal */
	uint16_t port;
	bool tls;
};

/*
 * scheme://host[:port][/path] with scheme http or https and nothing else;
 * *ret_text is the same with path where it had none, to be freed. 0, -EINVAL
 * or -ENOMEM.
 */
int http_url_parse(const char *text, const char *path, struct http_url *ret,
		   char **ret_text);

/*
 * A copy of the text without its secrets, to be freed; NULL without memory.
 */
typedef char *http_scrub_fn(void *user, const char *text, size_t len);

struct http_request {
	const char *method; /* NULL: GET */
	const char *url;
	const char *const *headers; /* "Name: value", NULL-ended; or NULL */
	const char *body;           /* NULL: none */
	size_t len;
	const char *aws; /* CURLOPT_AWS_SIGV4, by username and password */
	const char *username, *password; /* Basic; NULL: none */
	const char *ca_file;             /* NULL: the system's */
	const char *proxy;               /* NULL: none */
	const struct addr *addrs;        /* of the URL's (or proxy's) host */
	size_t n_addrs;
	struct egress egress;
	size_t body_max; /* 0: HTTP_BODY_MAX */
	uint32_t timeout_ms;
	bool fresh; /* a connection of its own, not kept */
	bool trace; /* to standard error, without secrets */
	http_scrub_fn *scrub; /* for the trace, until the end; may be NULL */
	void *scrub_user;
};

/* Borrowed for the call. */
struct http_answer {
	int error;            /* 0, or -errno: no answer came */
	const char *text;     /* for people, where error */
	unsigned int status;  /* HTTP's */
	const char *body;
	size_t len;
	uint32_t retry_after_s; /* 0: not said */
	const char *location;   /* "": none */
	uint64_t sent_ns;       /* monotonic; 0: never got so far */
	struct http_exchange *exchange;
};

/* A header of the answer, to be freed; NULL: there is none. */
char *http_answer_header(const struct http_answer *a, const char *name);

typedef void http_done_fn(void *user, const struct http_answer *a);

/*
 * Makes *h where it is NULL: libcurl's start costs milliseconds, which who
 * needs none does not pay. 0 or -ENOMEM.
 */
int http_need(struct ev_loop *loop, struct http **h);
/* No callback follows. */
void http_free(struct http *h);

/*
 * Everything is copied. 0 and done comes once, never from inside, unless the
 * exchange is freed before; or -errno.
 */
int http_start(struct http *h, const struct http_request *q,
	       http_done_fn *done, void *user, struct http_exchange **ret);
/* NULL is fine; in done too. */
void http_exchange_free(struct http_exchange *x);

#endif
