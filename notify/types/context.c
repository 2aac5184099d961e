#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/str.h"
#include "notify/types/context.h"
#include "notify/types/value.h"

#define DEPTH_MAX 8
#define COMPUTED_MAX (1024 * 1024)

static json_t *get(void *user, const char *variable)
{
	return context_get(user, variable);
}

int context_expand(struct context *c, const struct template *t,
		   enum template_place place, struct buf *out)
{
	struct template_values v = { .get = get, .user = c };
	int r = template_expand(t, place, &v, out);

	if (r < 0 && v.culprit)
		c->culprit = v.culprit;
	return r;
}

int context_text(struct context *c, const struct template *t, char **ret)
{
	struct template_values v = { .get = get, .user = c };
	int r = template_text(t, &v, ret);

	if (r < 0 && v.culprit)
		c->culprit = v.culprit;
	return r;
}

char *context_match(const struct ptype_regex *re, const char *text,
		    size_t group)
{
	regmatch_t m[3];

	if (group > 2 || regexec(&re->re, text, 3, m, 0) != 0 ||
	    m[group].rm_so < 0)
		return NULL;
	return str_dupf("%.*s", (int)(m[group].rm_eo - m[group].rm_so),
			text + m[group].rm_so);
}

json_t *context_at(struct context *c, json_t *v, const char *pointer)
{
	const char *why;
	struct template t;
	char *text = NULL;

	if (!strchr(pointer, '{'))
		return value_at(v, pointer);
	if (template_parse(pointer, &t, &why) < 0)
		return NULL;
	if (context_text(c, &t, &text) < 0)
		v = NULL;
	else
		v = value_at(v, text);
	template_done(&t);
	free(text);
	return v;
}

/* ---- computed values ---- */

static int compute_digest(struct context *c, const struct ptype_let *let,
			  const char *text, size_t len, struct buf *out)
{
	uint8_t sum[DIGEST_MAX];
	size_t n = 0;
	char *key = NULL;
	int r = 0;

	if (let->has_key)
		r = context_text(c, &let->key, &key);
	if (r == 0 && let->jwt)
		r = digest_jwt_rs256(text, len, key, out);
	else if (r == 0 && let->hmac)
		r = digest_hmac(let->hmac, key, strlen(key), text, len, sum,
				&n);
	else if (r == 0 && let->hash)
		r = digest_hash(let->hash, text, len, sum, &n);
	if (r == 0 && (let->hmac || let->hash))
		digest_encode(let->encode, sum, n, out);
	else if (r == 0 && !let->jwt)
		digest_encode(let->encode, text, len, out);
	str_wipe_free(key);
	return r;
}

/* The part of the text that json or regex names, in its place. */
static int pick_part(const struct ptype_let *let, char **text)
{
	char *part = NULL;

	if (let->json) {
		json_t *o = json_loads(*text, JSON_DECODE_ANY, NULL);
		json_t *v = o ? value_at(o, let->json) : NULL;

		part = v ? value_text(v) : NULL;
		json_decref(o);
	} else if (let->regex.given) {
		part = context_match(&let->regex, *text, 1);
	} else {
		return 0;
	}
	str_wipe_free(*text);
	*text = part;
	return part ? 0 : -ENOENT;
}

static json_t *compute(struct context *c, const struct ptype_let *let)
{
	struct buf b = BUF_INIT(COMPUTED_MAX);
	json_t *v = NULL, *claims = NULL;
	char *text = NULL;
	int r;

	if (let->claims) {
		r = context_json(c, let->claims, &claims);
		text = r == 0 ? json_dumps(claims, JSON_COMPACT) : NULL;
		json_decref(claims);
		if (r == 0 && !text)
			r = -EINVAL;
	} else {
		r = context_text(c, &let->from, &text);
	}
	if (r == 0)
		r = pick_part(let, &text);
	buf_add(&b, "", 0);
	if (r == 0)
		r = compute_digest(c, let, text, strlen(text), &b);
	if (r == 0 && !b.failed)
		v = value_new(b.data, b.len);
	if (r < 0 && r != -ENOENT) {
		c->error = r;
		c->culprit = let->variable;
	}
	str_wipe_free(text);
	buf_wipe(&b);
	return v;
}

/* ---- parts: texts that are repeated ---- */

static json_t *repeat_part(struct context *c, const struct ptype_part *part)
{
	struct thing *at = c->thing, **things = NULL;
	struct buf b = BUF_INIT(COMPUTED_MAX);
	size_t n = 0;
	json_t *v = NULL;
	int r = thing_collect(at, part->scope, &things, &n);

	buf_add(&b, "", 0);
	for (size_t i = 0; i < n && r == 0; i++) {
		c->thing = things[i];
		if (!context_holds(c, &part->when))
			continue;
		r = part->has_xml ? context_expand(c, &part->xml, PLACE_XML,
						   &b)
				  : context_expand(c, &part->text, PLACE_TEXT,
						   &b);
	}
	c->thing = at;
	free(things);
	if (r == 0 && !b.failed)
		v = json_pack("{so}", TEMPLATE_RAW, value_new(b.data, b.len));
	else
		c->error = r < 0 ? r : -ENOMEM;
	buf_wipe(&b);
	return v;
}

/* ---- what is always there ---- */

static json_t *http_date(int64_t now_s)
{
	static const char *const days[] = { "Sun", "Mon", "Tue", "Wed",
					    "Thu", "Fri", "Sat" };
	static const char *const months[] = { "Jan", "Feb", "Mar", "Apr",
					      "May", "Jun", "Jul", "Aug",
					      "Sep", "Oct", "Nov", "Dec" };
	time_t t = (time_t)now_s;
	char text[64];
	struct tm tm;

	if (!gmtime_r(&t, &tm))
		return NULL;
	(void)snprintf(text, sizeof(text),
		       "%s, %02d %s %d %02d:%02d:%02d GMT", days[tm.tm_wday],
		       tm.tm_mday, months[tm.tm_mon], tm.tm_year + 1900,
		       tm.tm_hour, tm.tm_min, tm.tm_sec);
	return value_new_text(text);
}

static json_t *builtin(const struct context *c, const char *variable)
{
	char text[32];

	if (strcmp(variable, "time") == 0)
		return json_integer(c->now_s);
	if (strcmp(variable, "hour-later") == 0)
		return json_integer(c->now_s + 3600);
	if (strcmp(variable, "time-iso") == 0)
		return value_new_text(clock_rfc3339(c->now_s, text,
						    sizeof(text)));
	if (strcmp(variable, "time-http") == 0)
		return http_date(c->now_s);
	if (strcmp(variable, "version") == 0)
		return value_new_text(PACKAGE_VERSION);
	if (strcmp(variable, "nonce") == 0)
		return value_new_text(c->nonce);
	if (strcmp(variable, "page") == 0)
		return json_integer(c->page ? c->page : 1);
	return NULL;
}

static json_t *setting(const struct context *c, const char *variable)
{
	const struct account_value *v = account_values(c->account, variable);
	const struct ptype_setting *s = ptype_setting(c->type, variable);
	json_t *list;

	if (!v)
		return s && s->fallback ? value_new_text(s->fallback) : NULL;
	if (v->n == 1)
		return value_new_text(v->texts[0]);
	list = json_array();
	for (size_t i = 0; i < v->n; i++)
		(void)json_array_append_new(list,
					    value_new_text(v->texts[i]));
	return list;
}

static const struct ptype_let *find_let(const struct ptype_let *lets,
					size_t n, const char *variable)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(lets[i].variable, variable) == 0)
			return &lets[i];
	return NULL;
}

static json_t *made(struct context *c, const char *variable)
{
	const struct ptype_step *s = c->step;
	const struct ptype_let *let = NULL;
	json_t *v = NULL;

	if (c->depth >= DEPTH_MAX) {
		c->error = -EINVAL;
		return NULL;
	}
	c->depth++;
	for (size_t i = 0; s && i < s->n_parts && !v; i++)
		if (strcmp(s->parts[i].variable, variable) == 0)
			v = repeat_part(c, &s->parts[i]);
	if (s && !v)
		let = find_let(s->let, s->n_let, variable);
	if (!let && !v)
		let = find_let(c->type->let, c->type->n_let, variable);
	if (let)
		v = compute(c, let);
	c->depth--;
	return v;
}

json_t *context_get(struct context *c, const char *variable)
{
	json_t *v = c->thing ? thing_get(c->thing, variable) : NULL;

	if (v)
		return json_incref(v);
	v = builtin(c, variable);
	if (!v && c->account)
		v = setting(c, variable);
	return v ? v : made(c, variable);
}

bool context_holds(struct context *c, const struct ptype_conditions *when)
{
	bool holds = true;

	for (size_t i = 0; i < when->n && holds; i++) {
		const struct ptype_condition *w = &when->items[i];
		json_t *v = context_get(c, w->variable);
		char *text = NULL;
		bool is = w->has_text ? context_text(c, &w->text, &text) ==
						0 && value_is(v, text)
				      : value_is_set(v);

		str_wipe_free(text);
		holds = is != w->negated;
		json_decref(v);
	}
	return holds;
}
