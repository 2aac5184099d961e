#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "notify/http/http.h"
#include "notify/types/endpoint.h"

#define URL_MAX 65536

/* Length of "https://host:port" of a URL text; 0: it has no scheme. */
static size_t base_length(const char *url)
{
	const char *host = strstr(url, "://");

	if (!host || strcspn(url, "/?#") < (size_t)(host - url))
		return 0;
	host += 3;
	return (size_t)(host - url) + strcspn(host, "/?#");
}

/*
 * Expands with the rules of a host up to the first "/" behind "://", with
 * those of a path from there on.
 */
static int expand_url(struct context *c, const struct template *t,
		      struct buf *out)
{
	bool in_path = t->n == 0 || t->pieces[0].variable ||
		       base_length(t->pieces[0].text) == 0;
	int r = 0;

	buf_add(out, "", 0);
	for (size_t i = 0; i < t->n && r == 0; i++) {
		struct template one = { .pieces = &t->pieces[i], .n = 1 };

		r = context_expand(c, &one, in_path ? PLACE_PATH : PLACE_HOST,
				   out);
		if (r == 0 && !in_path)
			in_path = base_length(out->data) < out->len;
	}
	return r;
}

/* A URL that is one variable: what the operator wrote, or a login said. */
static int expand_whole(struct context *c, const struct template *t,
			struct buf *out)
{
	struct http_url u;
	char *text = NULL, *full = NULL;
	int r = context_text(c, t, &text);

	if (r == 0)
		r = http_url_parse(text, "/", &u, &full);
	if (r == 0)
		buf_add_str(out, full);
	str_wipe_free(text);
	free(full);
	return r;
}

bool endpoint_is_whole(const struct template *t)
{
	return t->n == 1 && t->pieces[0].variable;
}

/* The type's endpoint, with its default path. */
static int type_endpoint(struct context *c, struct buf *out)
{
	const struct ptype *p = c->type;
	int r;

	if (!p->has_endpoint)
		return -ENOENT;
	r = endpoint_is_whole(&p->endpoint) ? expand_whole(c, &p->endpoint, out)
				   : expand_url(c, &p->endpoint, out);
	return r;
}

/* Cut at the path; trim: more is to follow it. */
static int split(const char *url, bool trim, char **ret_base, char **ret_path)
{
	size_t len = base_length(url), end = strlen(url);
	char *base, *path;

	while (trim && end > len && url[end - 1] == '/')
		end--;
	base = str_dupf("%.*s", (int)len, url);
	path = str_dupf("%.*s", (int)(end - len), url + len);
	if (len == 0 || !base || !path) {
		free(base);
		free(path);
		return len == 0 ? -EINVAL : -ENOMEM;
	}
	*ret_base = base;
	*ret_path = path;
	return 0;
}

/* The base that the account replaces, and its path if it says one. */
static int account_endpoint(const struct context *c, char **base,
			    char **path)
{
	const char *text = account_get(c->account, "endpoint");
	char *own_base = NULL, *own_path = NULL;
	int r;

	if (!text)
		return 0;
	r = split(text, true, &own_base, &own_path);
	if (r < 0)
		return r;
	free(*base);
	*base = own_base;
	if (own_path[0] != '\0' || text[base_length(text)] == '/' || !*path) {
		free(*path);
		*path = own_path;
	} else {
		free(own_path);
	}
	return 0;
}

/* Where relative URLs start. */
static int start(struct context *c, char **base, char **path)
{
	struct buf b = BUF_INIT(URL_MAX);
	int r = type_endpoint(c, &b);

	if (r == 0)
		r = split(b.data, true, base, path);
	if (r == -ENOENT && account_get(c->account, "endpoint"))
		r = 0;
	buf_done(&b);
	if (r == 0)
		r = account_endpoint(c, base, path);
	if (r == 0 && *path && (*path)[0] == '\0' && c->type->path) {
		free(*path);
		*path = str_dup(c->type->path);
		r = *path ? 0 : -ENOMEM;
	}
	if (r == -ENOENT)
		c->culprit = "endpoint";
	return r;
}

/* A URL with a scheme of its own: the account still says to whom. */
static int absolute(const struct context *c, const char *url, bool from_variable,
		    char **base, char **path)
{
	const char *text = account_get(c->account, "endpoint");
	int r = split(url, false, base, path);

	if (r == 0 && text && !from_variable) {
		free(*base);
		*base = str_dupf("%.*s", (int)base_length(text), text);
		r = *base ? 0 : -ENOMEM;
	}
	return r;
}

int endpoint_build(struct context *c, char **ret_base, char **ret_path)
{
	const struct template *t = &c->step->url;
	struct buf b = BUF_INIT(URL_MAX);
	char *base = NULL, *path = NULL, *whole;
	bool variable = endpoint_is_whole(t);
	int r = variable ? expand_whole(c, t, &b) : expand_url(c, t, &b);

	if (r == 0 && base_length(b.data) > 0) {
		r = absolute(c, b.data, variable, &base, &path);
	} else if (r == 0) {
		r = start(c, &base, &path);
		whole = r == 0 ? str_dupf("%s%s", path, b.data) : NULL;
		if (r == 0 && !whole)
			r = -ENOMEM;
		str_wipe_free(path);
		path = whole;
	}
	buf_wipe(&b);
	if (r == 0 && path[0] != '/') {
		whole = str_dupf("/%s", path);
		str_wipe_free(path);
		path = whole;
		r = path ? 0 : -ENOMEM;
	}
	if (r < 0) {
		free(base);
		str_wipe_free(path);
		return r;
	}
	*ret_base = base;
	*ret_path = path;
	return 0;
}
