/*
 * http_exchange - one request and its answer: libcurl's options.
 */
#ifndef NOTIFY_HTTP_EXCHANGE_H
#define NOTIFY_HTTP_EXCHANGE_H

#include <curl/curl.h>

#include "base/buf.h"
#include "notify/http/http.h"

struct http_exchange {
	struct http *http;
	struct http_exchange *next;
	CURL *easy;
	struct curl_slist *resolve, *lines;
	char *sent_body;
	size_t sent_len;
	struct egress egress;
	int family;
	bool literal; /* the host to dial is an address */
	struct buf body;
	size_t body_max;
	size_t headers; /* bytes of them */
	bool too_large;
	uint32_t retry_after_s;
	char location[HTTP_LOCATION_SIZE];
	char error[CURL_ERROR_SIZE];
	uint64_t start_ns;
	bool trace;
	http_scrub_fn *scrub;
	void *scrub_user;
	http_done_fn *done;
	void *user;
};

/* x->easy with all that q asks for. 0, -ENOMEM or -EINVAL. */
int http_exchange_set(struct http_exchange *x, const struct http_request *q);
/* Traces text without what is secret. */
void http_exchange_trace(const struct http_exchange *x, const char *mark,
			 const char *text, size_t len);
/* CURLOPT_DEBUGFUNCTION, of an exchange. */
int http_trace(CURL *easy, curl_infotype type, char *data, size_t size,
	       void *user);
/* Tells x->done; the exchange may be gone then. */
void http_exchange_end(struct http_exchange *x, CURLcode result);

#endif
