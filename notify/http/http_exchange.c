#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/str.h"
#include "notify/core/engine.h"
#include "notify/http/http_exchange.h"

#define HEADERS_MAX 32768
/* Debian's hashed directory: certificates are read one by one, as needed. */
#define CA_DIRECTORY "/etc/ssl/certs"
#define RETRY_AFTER_MOST_S (7 * 86400)
#define USER_AGENT PACKAGE_NAME "/" PACKAGE_VERSION " (dynamic DNS client)"

/* Writes at most what is left of the cap, then ends the transfer. */
static size_t http_take_body(char *data, size_t size, size_t n, void *user)
{
	struct http_exchange *x = user;

	size *= n;
	if (x->body.len + size > x->body_max) {
		x->too_large = true;
		return 0;
	}
	buf_add(&x->body, data, size);
	return x->body.failed ? 0 : size;
}

/* The value of header name in the line, its end cut; NULL: another one. */
static const char *header(const char *line, size_t len, const char *name,
			  char *out, size_t size)
{
	size_t skip = strlen(name);

	if (len <= skip || strncasecmp(line, name, skip) != 0)
		return NULL;
	while (skip < len && (line[skip] == ' ' || line[skip] == '\t'))
		skip++;
	return str_printable(line + skip, len - skip, size - 4, out, size);
}

/* Seconds, or a date (RFC 9110, section 10.2.3). */
static uint32_t retry_after_s(const char *text)
{
	uint32_t s;
	time_t t;

	if (str_to_u32(text, RETRY_AFTER_MOST_S, &s) == 0)
		return s;
	t = curl_getdate(text, NULL);
	if (t < 0 || t <= clock_wall_s())
		return 0;
	t -= (time_t)clock_wall_s();
	return t > RETRY_AFTER_MOST_S ? RETRY_AFTER_MOST_S : (uint32_t)t;
}

static size_t http_take_header(char *data, size_t size, size_t n, void *user)
{
	struct http_exchange *x = user;
	char text[64];

	size *= n;
	x->headers += size;
	if (x->headers > HEADERS_MAX) {
		x->too_large = true;
		return 0;
	}
	if (header(data, size, "retry-after:", text, sizeof(text)))
		x->retry_after_s = retry_after_s(text);
	(void)header(data, size, "location:", x->location,
		     sizeof(x->location));
	return size;
}

/* Interface and mark here; the source by CURLOPT_INTERFACE. */
static int http_bind(void *user, curl_socket_t fd, curlsocktype purpose)
{
	const struct http_exchange *x = user;
	struct egress e = { .ifindex = x->egress.ifindex,
			    .mark = x->egress.mark };
	int on = 1;

	(void)purpose;
	if (egress_apply(fd, x->family, &e) < 0)
		return CURL_SOCKOPT_ERROR;
	/*
	 * An IPv4 address may be announced just before it can be bound; one
	 * that is not ours still fails, in connect().
	 */
	if (x->egress.source.family == AF_INET)
		(void)setsockopt(fd, IPPROTO_IP, IP_FREEBIND, &on, sizeof(on));
	return CURL_SOCKOPT_OK;
}

/*
 * A host that was not resolved by us is an error, never a thread. libcurl
 * asks here for literals as well, that of CURLOPT_INTERFACE too, which it then
 * parses and does not look up.
 */
static int http_no_resolver(void *state, void *reserved, void *user)
{
	const struct http_exchange *x = user;

	(void)state;
	(void)reserved;
	return x->egress.source.family == 0 && !x->literal;
}

/* "host:port:addr,addr": libcurl's own words for what it need not ask. */
static int set_addresses(struct http_exchange *x, const struct http_request *q,
			 const struct http_url *u)
{
	struct buf b = BUF_INIT(4096);
	char text[ADDR_STRLEN];
	struct addr literal;
	int r = 0;

	x->literal = addr_parse(u->host, &literal) == 0;
	if (x->literal)
		return 0;

	buf_addf(&b, "%s:%u:", u->host, u->port);
	for (size_t i = 0; i < q->n_addrs; i++)
		buf_addf(&b, q->addrs[i].family == AF_INET6 ? "%s[%s]" : "%s%s",
			 i > 0 ? "," : "", addr_print(&q->addrs[i], text));
	if (!b.failed)
		x->resolve = curl_slist_append(NULL, b.data);
	buf_done(&b);
	if (!x->resolve || curl_easy_setopt(x->easy, CURLOPT_RESOLVE,
					    x->resolve) != CURLE_OK)
		r = -ENOMEM;
	return r;
}

static int set_source(struct http_exchange *x)
{
	char text[ADDR_STRLEN + 8], addr[ADDR_STRLEN];

	if (!x->egress.source.family)
		return 0;
	/* The pool of connections is keyed by this. */
	(void)snprintf(text, sizeof(text), "host!%s",
		       addr_print(&x->egress.source, addr));
	return curl_easy_setopt(x->easy, CURLOPT_INTERFACE, text) == CURLE_OK
		       ? 0 : -ENOMEM;
}

/* "0123abcd.0": a certificate that is found by its subject. */
static bool is_hashed(const char *name)
{
	return strspn(name, "0123456789abcdef") == 8 && name[8] == '.' &&
	       name[9] >= '0' && name[9] <= '9';
}

/*
 * From a directory of hashes one file is read, not all of a bundle: 50 ms in
 * which nothing else would go on. Some systems have but the bundle there.
 */
static bool has_hashed_store(void)
{
	static enum { UNKNOWN, YES, NO } known;
	const struct dirent *e;
	DIR *d;

	if (known != UNKNOWN)
		return known == YES;
	known = NO;
	d = opendir(CA_DIRECTORY);
	while (d && known == NO && (e = readdir(d)))
		if (is_hashed(e->d_name))
			known = YES;
	if (d)
		(void)closedir(d);
	return known == YES;
}

static CURLcode set_tls(CURL *c, const struct http_request *q)
{
	CURLcode r = curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L);
	/* As OpenSSL's own programs and curl have it. */
	const char *file = q->ca_file ? q->ca_file : getenv("SSL_CERT_FILE");
	const char *dir = q->ca_file ? NULL : getenv("SSL_CERT_DIR");

	if (r == CURLE_OK)
		r = curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 2L);
	if (!file && !dir && !has_hashed_store())
		return r; /* as its libcurl was built */
	if (!file && !dir)
		dir = CA_DIRECTORY;
	if (r == CURLE_OK)
		r = curl_easy_setopt(c, CURLOPT_CAINFO, file);
	if (r == CURLE_OK)
		r = curl_easy_setopt(c, CURLOPT_CAPATH, dir);
	return r;
}

static CURLcode set_manners(CURL *c, const struct http_request *q)
{
	CURLcode r = curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);

	if (r == CURLE_OK)
		r = curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
	if (r == CURLE_OK)
		r = curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
	if (r == CURLE_OK)
		r = curl_easy_setopt(c, CURLOPT_PROXY,
				     q->proxy ? q->proxy : "");
	if (r == CURLE_OK)
		r = curl_easy_setopt(c, CURLOPT_NETRC, CURL_NETRC_IGNORED);
	if (r == CURLE_OK)
		r = curl_easy_setopt(c, CURLOPT_TIMEOUT_MS,
				     (long)q->timeout_ms);
	if (r == CURLE_OK)
		r = curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS,
				     (long)q->timeout_ms);
	if (r == CURLE_OK)
		r = curl_easy_setopt(c, CURLOPT_USERAGENT, USER_AGENT);
	if (r == CURLE_OK)
		r = curl_easy_setopt(c, CURLOPT_HTTP_VERSION,
				     (long)CURL_HTTP_VERSION_2TLS);
	/*
	 * Not CURLOPT_PIPEWAIT: a server that takes a connection and says
	 * nothing would hold up all that has to go to the same host.
	 */
	return r;
}

static CURLcode set_callbacks(CURL *c, struct http_exchange *x)
{
	CURLcode r = curl_easy_setopt(c, CURLOPT_WRITEFUNCTION,
				      http_take_body);

	if (r == CURLE_OK)
		r = curl_easy_setopt(c, CURLOPT_RESOLVER_START_FUNCTION,
				     http_no_resolver);
	if (r == CURLE_OK)
		r = curl_easy_setopt(c, CURLOPT_RESOLVER_START_DATA, x);
	if (r == CURLE_OK)
		r = curl_easy_setopt(c, CURLOPT_WRITEDATA, x);
	if (r == CURLE_OK)
		r = curl_easy_setopt(c, CURLOPT_HEADERFUNCTION,
				     http_take_header);
	if (r == CURLE_OK)
		r = curl_easy_setopt(c, CURLOPT_HEADERDATA, x);
	if (r == CURLE_OK)
		r = curl_easy_setopt(c, CURLOPT_SOCKOPTFUNCTION, http_bind);
	if (r == CURLE_OK)
		r = curl_easy_setopt(c, CURLOPT_SOCKOPTDATA, x);
	if (r == CURLE_OK)
		r = curl_easy_setopt(c, CURLOPT_ERRORBUFFER, x->error);
	if (r == CURLE_OK)
		r = curl_easy_setopt(c, CURLOPT_PRIVATE, x);
	if (r == CURLE_OK && x->trace)
		r = curl_easy_setopt(c, CURLOPT_DEBUGFUNCTION, http_trace);
	if (r == CURLE_OK && x->trace)
		r = curl_easy_setopt(c, CURLOPT_DEBUGDATA, x);
	if (r == CURLE_OK && x->trace)
		r = curl_easy_setopt(c, CURLOPT_VERBOSE, 1L);
	return r;
}

static CURLcode set_body(struct http_exchange *x,
			 const struct http_request *q)
{
	CURL *c = x->easy;
	CURLcode r = CURLE_OK;

	if (q->body) {
		x->sent_body = malloc(q->len + 1);
		if (!x->sent_body)
			return CURLE_OUT_OF_MEMORY;
		memcpy(x->sent_body, q->body, q->len);
		x->sent_len = q->len;
		r = curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE,
				     (curl_off_t)q->len);
		if (r == CURLE_OK)
			r = curl_easy_setopt(c, CURLOPT_POSTFIELDS,
					     x->sent_body);
	}
	if (r == CURLE_OK && q->method &&
	    strcmp(q->method, q->body ? "POST" : "GET") != 0)
		r = curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, q->method);
	for (size_t i = 0; q->headers && q->headers[i]; i++) {
		struct curl_slist *l = curl_slist_append(x->lines,
							 q->headers[i]);

		if (!l)
			return CURLE_OUT_OF_MEMORY;
		x->lines = l;
	}
	if (r == CURLE_OK && x->lines)
		r = curl_easy_setopt(c, CURLOPT_HTTPHEADER, x->lines);
	return r;
}

static CURLcode set_request(struct http_exchange *x,
			    const struct http_request *q)
{
	CURL *c = x->easy;
	CURLcode r = curl_easy_setopt(c, CURLOPT_URL, q->url);

	if (r == CURLE_OK && q->fresh)
		r = curl_easy_setopt(c, CURLOPT_FRESH_CONNECT, 1L);
	if (r == CURLE_OK && q->fresh)
		r = curl_easy_setopt(c, CURLOPT_FORBID_REUSE, 1L);
	/* Newer libcurl signs no path that it was told to leave alone. */
	if (r == CURLE_OK && !q->aws)
		r = curl_easy_setopt(c, CURLOPT_PATH_AS_IS, 1L);
	if (r == CURLE_OK)
		r = set_body(x, q);
	if (r == CURLE_OK && q->aws)
		r = curl_easy_setopt(c, CURLOPT_AWS_SIGV4, q->aws);
	else if (r == CURLE_OK && q->username)
		r = curl_easy_setopt(c, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
	if (r == CURLE_OK && q->username)
		r = curl_easy_setopt(c, CURLOPT_USERNAME, q->username);
	if (r == CURLE_OK && q->password)
		r = curl_easy_setopt(c, CURLOPT_PASSWORD, q->password);
	return r;
}

/* The host that libcurl will look up: the proxy's where there is one. */
static int dialled(const struct http_request *q, struct http_url *ret)
{
	char *text = NULL;
	int r = http_url_parse(q->proxy ? q->proxy : q->url, "/", ret, &text);

	free(text);
	return r;
}

int http_exchange_set(struct http_exchange *x, const struct http_request *q)
{
	CURL *c = x->easy;
	struct http_url u;
	int r;

	x->egress = q->egress;
	x->family = q->n_addrs > 0 ? q->addrs[0].family : AF_INET;
	x->body_max = q->body_max ? q->body_max : HTTP_BODY_MAX;
	x->body = (struct buf)BUF_INIT(x->body_max);
	x->trace = q->trace;
	if (dialled(q, &u) < 0)
		return -EINVAL;
	x->scrub = q->scrub;
	x->scrub_user = q->scrub_user;
	if (set_request(x, q) != CURLE_OK || set_manners(c, q) != CURLE_OK ||
	    set_tls(c, q) != CURLE_OK || set_callbacks(c, x) != CURLE_OK)
		return -ENOMEM;
	r = set_addresses(x, q, &u);
	return r == 0 ? set_source(x) : r;
}

static int error_of(CURLcode c)
{
	return c == CURLE_OPERATION_TIMEDOUT ? -ETIMEDOUT : -EIO;
}

static uint64_t sent_ns(const struct http_exchange *x)
{
	curl_off_t us = 0;

	if (curl_easy_getinfo(x->easy, CURLINFO_PRETRANSFER_TIME_T, &us) !=
		    CURLE_OK || us <= 0)
		return 0;
	return x->start_ns + (uint64_t)us * 1000;
}

void http_exchange_end(struct http_exchange *x, CURLcode result)
{
	struct http_answer a = { .retry_after_s = x->retry_after_s,
				 .location = x->location,
				 .sent_ns = sent_ns(x),
				 .exchange = x };
	char text[HTTP_TEXT_SIZE];
	const char *why = x->error[0] ? x->error : curl_easy_strerror(result);
	char large[64];
	long status = 0;

	(void)snprintf(large, sizeof(large), "the answer is larger than %zu "
		       "KiB", x->body_max / 1024);
	if (x->too_large)
		why = large;
	if (result != CURLE_OK) {
		a.error = error_of(result);
		a.text = str_printable(why, strlen(why), 200, text,
				       sizeof(text));
	} else {
		(void)curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE,
					&status);
		a.status = status > 0 ? (unsigned int)status : 0;
		a.body = x->body.data ? x->body.data : "";
		a.len = x->body.len;
		http_exchange_trace(x, "<", a.body, a.len);
	}
	x->done(x->user, &a);
}

char *http_answer_header(const struct http_answer *a, const char *name)
{
	struct curl_header *h;

	if (!a->exchange ||
	    curl_easy_header(a->exchange->easy, name, 0, CURLH_HEADER, -1,
			     &h) != CURLHE_OK)
		return NULL;
	return str_dup(h->value);
}
