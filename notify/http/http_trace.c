#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "notify/http/http_exchange.h"

static bool starts_with(const char *data, size_t size, const char *word)
{
	size_t len = strlen(word);

	return size > len && strncasecmp(data, word, len) == 0;
}

static void trace_line(const char *mark, const char *data, size_t size)
{
	char shown[1100];

	/* The whole value goes: even its length says something. */
	if (starts_with(data, size, "authorization:") ||
	    starts_with(data, size, "proxy-authorization:"))
		(void)snprintf(shown, sizeof(shown), "%s",
			       "Authorization: <redacted>");
	else if (starts_with(data, size, "set-cookie:"))
		(void)snprintf(shown, sizeof(shown), "%s",
			       "Set-Cookie: <redacted>");
	else
		(void)str_printable(data, size, 1000, shown, sizeof(shown));
	if (shown[0])
		(void)fprintf(stderr, "    %s %s\n", mark, shown);
}

void http_exchange_trace(const struct http_exchange *x, const char *mark,
			 const char *text, size_t len)
{
	char *scrubbed = NULL;

	if (!x->trace)
		return;
	if (x->scrub) {
		scrubbed = x->scrub(x->scrub_user, text, len);
		if (!scrubbed)
			return;
		text = scrubbed;
		len = strlen(scrubbed);
	}
	while (len > 0) {
		const char *eol = memchr(text, '\n', len);
		size_t n = eol ? (size_t)(eol - text) + 1 : len;

		trace_line(mark, text, n);
		text += n;
		len -= n;
	}
	free(scrubbed);
}

/* Bodies are traced as a whole: a secret may lie across two pieces. */
int http_trace(CURL *easy, curl_infotype type, char *data, size_t size,
	       void *user)
{
	const struct http_exchange *x = user;

	(void)easy;
	if (type == CURLINFO_HEADER_OUT) {
		http_exchange_trace(x, ">", data, size);
		if (x->sent_body)
			http_exchange_trace(x, ">", x->sent_body,
					    x->sent_len);
	} else if (type == CURLINFO_HEADER_IN) {
		http_exchange_trace(x, "<", data, size);
	}
	return 0;
}
