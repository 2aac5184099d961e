#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <curl/curl.h>

#include "base/str.h"
#include "notify/http/http.h"

static int take_url(CURLU *url, const char *path, struct http_url *ret,
		    char **ret_text)
{
	char *scheme = NULL, *host = NULL, *port = NULL, *p = NULL;
	char *text = NULL;
	struct http_url u = { .tls = false };
	uint32_t n = 0;
	int r = -EINVAL;

	if (curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
	    curl_url_get(url, CURLUPART_HOST, &host, 0) != CURLUE_OK ||
	    curl_url_get(url, CURLUPART_PATH, &p, 0) != CURLUE_OK ||
	    curl_url_get(url, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) !=
		    CURLUE_OK)
		goto out;
	u.tls = strcasecmp(scheme, "https") == 0;
	if (strlen(host) >= sizeof(u.host) ||
	    str_to_u32(port, UINT16_MAX, &n) < 0 || n == 0)
		goto out;
	u.port = (uint16_t)n;
	(void)snprintf(u.host, sizeof(u.host), "%s", host);
	if (host[0] == '[') { /* brackets off */
		size_t len = strcspn(host + 1, "]");

		memmove(u.host, u.host + 1, len);
		u.host[len] = '\0';
	}
	r = -ENOMEM;
	if (strcmp(p, "/") == 0 &&
	    curl_url_set(url, CURLUPART_PATH, path, 0) != CURLUE_OK)
		goto out;
	if (curl_url_get(url, CURLUPART_URL, &text, 0) == CURLUE_OK)
		*ret_text = str_dup(text);
	if (text && *ret_text) {
		*ret = u;
		r = 0;
	}
out:
	curl_free(scheme);
	curl_free(host);
	curl_free(port);
	curl_free(p);
	curl_free(text);
	return r;
}

int http_url_parse(const char *text, const char *path, struct http_url *ret,
		   char **ret_text)
{
	CURLU *url;
	int r = -EINVAL;

	if (strncasecmp(text, "http://", 7) != 0 &&
	    strncasecmp(text, "https://", 8) != 0)
		return -EINVAL;
	url = curl_url();
	if (!url)
		return -ENOMEM;
	if (curl_url_set(url, CURLUPART_URL, text, CURLU_DISALLOW_USER) ==
	    CURLUE_OK)
		r = take_url(url, path, ret, ret_text);
	curl_url_cleanup(url);
	return r;
}
