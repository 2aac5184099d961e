#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "notify/types/call.h"
#include "notify/types/endpoint.h"
#include "notify/types/sign.h"
#include "notify/types/value.h"

#define BODY_MAX (4 * 1024 * 1024)
#define URL_MAX 65536

int call_add(struct call_pairs *p, const char *name, const char *value)
{
	struct call_pair *items = realloc(p->items,
					  (p->n + 1) * sizeof(*items));
	struct call_pair one = { str_dup(name), str_dup(value) };

	if (items)
		p->items = items;
	if (!items || !one.name || !one.value) {
		free(one.name);
		str_wipe_free(one.value);
		return -ENOMEM;
	}
	items[p->n++] = one;
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct call_pair *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	return order != 0 ? order : strcmp(x->value, y->value);
}

void call_sort(struct call_pairs *p)
{
	if (p->n > 1)
		qsort(p->items, p->n, sizeof(*p->items), compare);
}

void call_join(const struct call_pairs *p, bool strict, struct buf *out)
{
	enum template_place place = strict ? PLACE_STRICT : PLACE_QUERY;

	for (size_t i = 0; i < p->n; i++) {
		const struct call_pair *one = &p->items[i];

		if (i > 0)
			buf_add_str(out, "&");
		(void)template_escape(place, one->name, strlen(one->name),
				      out);
		/* Always with "=": some signatures break without. */
		buf_add_str(out, "=");
		(void)template_escape(place, one->value, strlen(one->value),
				      out);
	}
}

static void pairs_done(struct call_pairs *p)
{
	for (size_t i = 0; i < p->n; i++) {
		free(p->items[i].name);
		str_wipe_free(p->items[i].value);
	}
	free(p->items);
}

void call_done(struct call *r)
{
	free(r->base);
	str_wipe_free(r->path);
	pairs_done(&r->query);
	pairs_done(&r->headers);
	str_wipe_free(r->url);
	if (r->body)
		explicit_bzero(r->body, r->len);
	free(r->body);
	str_wipe_free(r->username);
	str_wipe_free(r->password);
	free(r->aws);
	*r = (struct call){ .method = NULL };
}

/* The name may hold expansions as well ("{ipv6-parameter}=…"). */
static int expand_name(struct context *c, const char *text, char **ret)
{
	const char *why;
	struct template t;
	int r = template_parse(text, &t, &why);

	if (r < 0)
		return r;
	r = context_text(c, &t, ret);
	if (r < 0)
		c->culprit = text;
	template_done(&t);
	return r;
}

static int add_pairs(struct context *c, const struct ptype_pairs *from,
		     struct call_pairs *to)
{
	int r = 0;

	for (size_t i = 0; i < from->n && r == 0; i++) {
		char *name = NULL, *value = NULL;

		r = expand_name(c, from->items[i].name, &name);
		if (r == 0)
			r = context_text(c, &from->items[i].value, &value);
		if (from->items[i].optional &&
		    (r == -ENOENT || (r == 0 && value[0] == '\0')))
			r = 0;
		else if (r == 0)
			r = call_add(to, name, value);
		free(name);
		str_wipe_free(value);
	}
	return r;
}

static bool has_header(const struct call *q, const char *name)
{
	for (size_t i = 0; i < q->headers.n; i++)
		if (str_case_compare(q->headers.items[i].name, name) == 0)
			return true;
	return false;
}

/* A control character would begin another header. */
static int check_headers(struct context *c, const struct call *q)
{
	struct buf b = BUF_INIT(URL_MAX);
	int r = 0;

	for (size_t i = 0; i < q->headers.n && r == 0; i++) {
		const struct call_pair *h = &q->headers.items[i];

		r = template_escape(PLACE_HEADER, h->value, strlen(h->value),
				    &b);
		if (r == 0)
			r = template_escape(PLACE_HEADER, h->name,
					    strlen(h->name), &b);
		if (r < 0)
			c->culprit = "a header";
	}
	buf_wipe(&b);
	return r;
}

static int build_headers(struct context *c, struct call *q)
{
	static const char *const mimes[] = {
		[BODY_FORM] = "application/x-www-form-urlencoded",
		[BODY_JSON] = "application/json",
		[BODY_TEXT] = "text/plain; charset=utf-8",
		[BODY_XML] = "application/xml",
	};
	const char *mime = c->step->mime ? c->step->mime
					 : mimes[c->step->body];
	int r = add_pairs(c, &c->type->headers, &q->headers);

	if (r == 0)
		r = add_pairs(c, &c->step->headers, &q->headers);
	if (r == 0 && q->body && mime && !has_header(q, "Content-Type"))
		r = call_add(&q->headers, "Content-Type", mime);
	if (r == 0 && !has_header(q, "Accept"))
		r = call_add(&q->headers, "Accept", "*/*");
	return r;
}

static int build_form(struct context *c, struct buf *out)
{
	struct call_pairs form = { .n = 0 };
	int r = add_pairs(c, &c->step->form, &form);

	if (r == 0)
		call_join(&form, true, out);
	pairs_done(&form);
	return r;
}

static int build_json(struct context *c, struct buf *out)
{
	json_t *v = NULL;
	char *text;
	int r = context_json(c, c->step->json, &v);

	if (r < 0)
		return r;
	text = json_dumps(v, JSON_COMPACT | JSON_ENCODE_ANY);
	if (text)
		buf_add_str(out, text);
	else
		r = -ENOMEM;
	str_wipe_free(text);
	json_decref(v);
	return r;
}

static int build_body(struct context *c, struct call *q)
{
	struct buf b = BUF_INIT(BODY_MAX);
	int r = 0;

	switch (c->step->body) {
	case BODY_NONE:
		return 0;
	case BODY_FORM:
		r = build_form(c, &b);
		break;
	case BODY_JSON:
		r = build_json(c, &b);
		break;
	case BODY_TEXT:
		r = context_expand(c, &c->step->text, PLACE_TEXT, &b);
		break;
	case BODY_XML:
		r = context_expand(c, &c->step->xml, PLACE_XML, &b);
		break;
	}
	buf_add(&b, "", 0);
	if (r == 0 && b.failed)
		r = -ENOMEM;
	if (r < 0) {
		buf_wipe(&b);
		return r;
	}
	q->body = b.data;
	q->len = b.len;
	return 0;
}

static int join_url(struct call *q)
{
	struct buf b = BUF_INIT(URL_MAX);
	char *rest = NULL;
	int r = 0;

	buf_addf(&b, "%s%s", q->base, q->path);
	if (q->query.n > 0) {
		buf_add_str(&b, "?");
		call_join(&q->query, q->strict, &b);
	}
	if (b.failed) {
		buf_wipe(&b);
		return -ENOMEM;
	}
	q->url = b.data;
	r = http_url_parse(q->url, "/", &q->host, &rest);
	str_wipe_free(rest);
	return r;
}

static void explain(const struct context *c, int r, char *why, size_t size)
{
	const char *what = c->culprit ? c->culprit : "something";

	if (r == -ENOENT)
		(void)snprintf(why, size, "step %s: %.60s is missing",
			       c->step->name, what);
	else
		(void)snprintf(why, size, "step %s: the value of %.60s cannot "
			       "stand there", c->step->name, what);
}

int call_build(struct context *c, struct call *ret, char *why, size_t why_size)
{
	struct call q = { .method = c->step->method };
	int r;

	c->error = 0;
	c->culprit = NULL;
	r = endpoint_build(c, &q.base, &q.path);
	if (r == 0)
		r = add_pairs(c, &c->step->query, &q.query);
	if (r == 0)
		r = build_body(c, &q);
	if (r == 0)
		r = build_headers(c, &q);
	if (r == 0 && c->step->sign)
		r = sign_call(c, &q);
	if (r == 0)
		r = check_headers(c, &q);
	if (r == 0)
		r = join_url(&q);
	if (r < 0 && c->error)
		r = c->error;
	if (r < 0) {
		if (r != -ENOMEM)
			explain(c, r, why, why_size);
		call_done(&q);
		return r;
	}
	*ret = q;
	return 0;
}
