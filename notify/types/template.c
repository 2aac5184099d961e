#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "notify/types/digest.h"
#include "notify/types/template.h"
#include "notify/types/value.h"

#define EXPANSION_MAX (1024 * 1024)
#define VARIABLE_MAX 64

static const char *const filters[] = { "lower", "upper", "base64", "md5",
				       "sha1", "octal", "reversed", "number",
				       "minutes", "json", "list", NULL };

static bool is_filter(const char *name)
{
	for (size_t i = 0; filters[i]; i++)
		if (strcmp(filters[i], name) == 0)
			return true;
	return false;
}

static char *copy_of(const char *text, size_t len)
{
	char *copy = malloc(len + 1);

	if (copy) {
		memcpy(copy, text, len);
		copy[len] = '\0';
	}
	return copy;
}

static int add_piece(struct template *t, struct template_piece *p)
{
	struct template_piece *more = realloc(t->pieces, (t->n + 1) *
					      sizeof(*more));

	if (more)
		t->pieces = more;
	if (!more || !p->text) {
		free(p->text);
		free(p->filter);
		return -ENOMEM;
	}
	t->pieces[t->n++] = *p;
	return 0;
}

/* Behind "{". */
static int add_variable(struct template *t, const char **text,
			const char **why)
{
	const char *start = *text;
	size_t len = strcspn(start, "{}"), name = strcspn(start, "{}:");
	struct template_piece p = { .variable = true };

	*why = "an expansion is {variable} or {variable:filter}; a brace is "
	       "written twice";
	if (start[len] != '}' || name == 0 || name > VARIABLE_MAX ||
	    strspn(start, "abcdefghijklmnopqrstuvwxyz0123456789-_") < name)
		return -EINVAL;
	if (name < len) {
		p.filter = copy_of(start + name + 1, len - name - 1);
		if (!p.filter)
			return -ENOMEM;
		if (!is_filter(p.filter)) {
			*why = "unknown filter in an expansion";
			free(p.filter);
			return -EINVAL;
		}
	}
	*text = start + len + 1;
	p.text = copy_of(start, name);
	return add_piece(t, &p);
}

static int add_literal(struct template *t, const char **text,
		       const char **why)
{
	struct buf b = BUF_INIT(EXPANSION_MAX);
	struct template_piece p = { .text = NULL };
	const char *at = *text;

	while (*at) {
		size_t len = strcspn(at, "{}");

		buf_add(&b, at, len);
		at += len;
		if (!*at || (at[0] == '{' && at[1] != '{'))
			break;
		if (at[0] == '}' && at[1] != '}') {
			*why = "} without {; a brace is written twice";
			buf_done(&b);
			return -EINVAL;
		}
		buf_add(&b, at, 1);
		at += 2;
	}
	*text = at;
	if (!b.failed)
		p.text = b.data;
	return add_piece(t, &p);
}

int template_parse(const char *text, struct template *ret, const char **why)
{
	struct template t = { .n = 0 };
	int r = 0;

	while (*text && r == 0)
		if (text[0] == '{' && text[1] != '{') {
			text++;
			r = add_variable(&t, &text, why);
		} else {
			r = add_literal(&t, &text, why);
		}
	if (r < 0)
		template_done(&t);
	else
		*ret = t;
	return r;
}

void template_done(struct template *t)
{
	for (size_t i = 0; i < t->n; i++) {
		free(t->pieces[i].text);
		free(t->pieces[i].filter);
	}
	free(t->pieces);
	*t = (struct template){ .n = 0 };
}

const char *template_only(const struct template *t, const char *filter)
{
	const struct template_piece *p = t->pieces;

	if (t->n != 1 || !p->variable || !p->filter ||
	    strcmp(p->filter, filter) != 0)
		return NULL;
	return p->text;
}

/* ---- escaping ---- */

static bool is_unreserved(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' ||
	       c == '~';
}

static void add_percent(unsigned char c, struct buf *out)
{
	static const char digits[] = "0123456789ABCDEF";
	char code[] = { '%', digits[c >> 4], digits[c & 15] };

	buf_add(out, code, sizeof(code));
}

static void add_xml(unsigned char c, struct buf *out)
{
	static const char signs[] = "&<>\"'";

	if (strchr(signs, c))
		buf_addf(out, "&#%d;", c);
	else
		buf_add(out, &c, 1);
}

/* How much from here on stands for itself in a URL or a form. */
static size_t plain(const char *text, size_t len, const char *also)
{
	size_t n = 0;

	while (n < len && (is_unreserved((unsigned char)text[n]) ||
			   (text[n] != '\0' && strchr(also, text[n]))))
		n++;
	return n;
}

static bool has_room(enum template_place place, unsigned char c)
{
	switch (place) {
	case PLACE_HOST:
		return (is_unreserved(c) && c != '_' && c != '~') ||
		       c == ':' || c == '[' || c == ']';
	case PLACE_HEADER:
		return c >= 0x20 && c != 0x7f;
	case PLACE_XML:
		return c >= 0x20 || c == '\t' || c == '\n';
	case PLACE_TEXT:
	case PLACE_PATH:
	case PLACE_QUERY:
	case PLACE_STRICT:
	default:
		return true;
	}
}

int template_escape(enum template_place place, const char *text, size_t len,
		    struct buf *out)
{
	const char *also = place == PLACE_STRICT ? "" : ",:";

	for (size_t i = 0; i < len; i++)
		if (!has_room(place, (unsigned char)text[i]))
			return -EINVAL;
	if (place == PLACE_TEXT || place == PLACE_HOST ||
	    place == PLACE_HEADER) {
		buf_add(out, text, len);
		return 0;
	}
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];
		size_t n = place == PLACE_XML ? 0
					      : plain(text + i, len - i, also);

		if (n > 0) {
			buf_add(out, text + i, n);
			i += n - 1;
		} else if (place == PLACE_XML) {
			add_xml(c, out);
		} else {
			add_percent(c, out);
		}
	}
	return 0;
}

/* ---- filters ---- */

static int hash(enum digest_kind kind, struct buf *b)
{
	uint8_t sum[DIGEST_MAX];
	size_t n;
	int r = digest_hash(kind, b->data ? b->data : "", b->len, sum, &n);

	if (r < 0)
		return r;
	buf_clear(b);
	digest_encode(DIGEST_HEX, sum, n, b);
	return 0;
}

/* "org/example/www" of "www.example.org". */
static void reverse(const char *text, size_t len, struct buf *out)
{
	size_t end = len;

	while (end > 0) {
		size_t start = end;

		while (start > 0 && text[start - 1] != '.')
			start--;
		buf_add(out, text + start, end - start);
		if (start == 0)
			return;
		buf_add_str(out, "/");
		end = start - 1;
	}
}

/* Another text in the place of the one in b. */
static int rewrite(const char *filter, struct buf *b)
{
	struct buf old = *b;

	*b = (struct buf)BUF_INIT(EXPANSION_MAX);
	buf_add(b, "", 0);
	if (strcmp(filter, "reversed") == 0) {
		reverse(old.data ? old.data : "", old.len, b);
	} else if (strcmp(filter, "base64") == 0) {
		digest_encode(DIGEST_BASE64, old.data ? old.data : "", old.len,
			      b);
	} else { /* octal */
		for (size_t i = 0; i < old.len; i++)
			if (old.data[i] == '*')
				buf_add_str(b, "\\052");
			else
				buf_add(b, old.data + i, 1);
	}
	buf_wipe(&old);
	return 0;
}

static int filter_apply(const char *filter, struct buf *b)
{
	if (!filter)
		return 0;
	if (strcmp(filter, "lower") == 0 || strcmp(filter, "upper") == 0) {
		for (size_t i = 0; i < b->len; i++) {
			unsigned char c = (unsigned char)b->data[i];

			b->data[i] = (char)(filter[0] == 'l' ? tolower(c)
							     : toupper(c));
		}
		return 0;
	}
	if (strcmp(filter, "md5") == 0)
		return hash(DIGEST_MD5, b);
	if (strcmp(filter, "sha1") == 0)
		return hash(DIGEST_SHA1, b);
	if (strcmp(filter, "base64") == 0 || strcmp(filter, "octal") == 0 ||
	    strcmp(filter, "reversed") == 0)
		return rewrite(filter, b);
	return 0; /* of JSON: text everywhere else */
}

static int expand_variable(const struct template_piece *p,
			   enum template_place place,
			   struct template_values *v, struct buf *out)
{
	struct buf b = BUF_INIT(EXPANSION_MAX);
	json_t *value = v->get(v->user, p->text), *raw;
	int r;

	v->culprit = p->text;
	if (!value || json_is_null(value)) {
		json_decref(value);
		return -ENOENT;
	}
	raw = json_object_get(value, TEMPLATE_RAW);
	buf_add(&b, "", 0);
	value_append(raw ? raw : value, &b);
	r = filter_apply(p->filter, &b);
	if (r == 0)
		r = b.failed ? -ENOMEM
			     : template_escape(raw && place == PLACE_XML
						       ? PLACE_TEXT : place,
					       b.data, b.len, out);
	json_decref(value);
	buf_wipe(&b);
	return r;
}

int template_expand(const struct template *t, enum template_place place,
		    struct template_values *v, struct buf *out)
{
	size_t before = out->len;
	int r = 0;

	buf_add(out, "", 0);
	for (size_t i = 0; i < t->n && r == 0; i++) {
		const struct template_piece *p = &t->pieces[i];

		if (p->variable)
			r = expand_variable(p, place, v, out);
		else if (place == PLACE_QUERY || place == PLACE_STRICT)
			r = template_escape(place, p->text, strlen(p->text),
					    out);
		else
			buf_add_str(out, p->text);
	}
	if (r == 0 && out->failed)
		r = -ENOMEM;
	if (r < 0 && out->data && out->len > before) {
		str_wipe(out->data + before);
		out->len = before;
		out->data[before] = '\0';
	}
	return r;
}

int template_text(const struct template *t, struct template_values *v,
		  char **ret)
{
	struct buf b = BUF_INIT(EXPANSION_MAX);
	int r = template_expand(t, PLACE_TEXT, v, &b);

	if (r < 0)
		buf_wipe(&b);
	else
		*ret = b.data;
	return r;
}
