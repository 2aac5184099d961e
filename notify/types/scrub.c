#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/str.h"
#include "notify/types/digest.h"
#include "notify/types/scrub.h"
#include "notify/types/template.h"

#define TEXT_MAX (8 * 1024 * 1024)

static const char shown[] = "<redacted>";

/* Takes the text over. The longest stand first: one may be in another. */
static int add(struct scrub *s, char *text)
{
	size_t len = text ? strlen(text) : 0, at = 0;
	char **items;

	if (!text)
		return -ENOMEM;
	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->items[i], text) == 0) {
			str_wipe_free(text);
			return 0;
		}
	items = realloc(s->items, (s->n + 1) * sizeof(*items));
	if (!items) {
		str_wipe_free(text);
		return -ENOMEM;
	}
	s->items = items;
	while (at < s->n && strlen(items[at]) >= len)
		at++;
	memmove(items + at + 1, items + at, (s->n - at) * sizeof(*items));
	items[at] = text;
	s->n++;
	return 0;
}

static char *escaped(enum template_place place, const char *secret)
{
	struct buf b = BUF_INIT(TEXT_MAX);

	if (template_escape(place, secret, strlen(secret), &b) < 0 ||
	    b.failed) {
		buf_wipe(&b);
		return NULL;
	}
	return b.data;
}

static char *as_json(const char *secret)
{
	json_t *v = json_string(secret);
	char *text = v ? json_dumps(v, JSON_ENCODE_ANY) : NULL;
	char *inner = text ? str_dupf("%.*s", (int)strlen(text) - 2, text + 1)
			   : NULL;

	json_decref(v);
	str_wipe_free(text);
	return inner;
}

static char *as_base64(const char *secret)
{
	struct buf b = BUF_INIT(TEXT_MAX);

	digest_encode(DIGEST_BASE64, secret, strlen(secret), &b);
	return b.data;
}

int scrub_add(struct scrub *s, const char *secret)
{
	char *xml, *json;
	int r;

	if (secret[0] == '\0')
		return 0;
	r = add(s, str_dup(secret));
	if (r == 0)
		r = add(s, escaped(PLACE_STRICT, secret));
	if (r == 0)
		r = add(s, escaped(PLACE_QUERY, secret));
	if (r == 0)
		r = add(s, as_base64(secret));
	xml = escaped(PLACE_XML, secret);
	json = as_json(secret);
	if (r == 0 && xml)
		r = add(s, xml);
	if (r == 0 && json)
		r = add(s, json);
	return r;
}

void scrub_done(struct scrub *s)
{
	for (size_t i = 0; i < s->n; i++)
		str_wipe_free(s->items[i]);
	free(s->items);
	*s = (struct scrub){ .n = 0 };
}

char *scrub_text(const struct scrub *s, const char *text, size_t len)
{
	struct buf b = BUF_INIT(TEXT_MAX);
	size_t i = 0;

	buf_add(&b, "", 0);
	while (i < len) {
		size_t k = 0, n = 0;

		for (; k < s->n; k++) {
			n = strlen(s->items[k]);
			if (n <= len - i &&
			    memcmp(text + i, s->items[k], n) == 0)
				break;
		}
		if (k < s->n) {
			buf_add_str(&b, shown);
			i += n;
		} else {
			/* It ends at a NUL for whoever prints it. */
			buf_add(&b, text[i] ? text + i : "?", 1);
			i++;
		}
	}
	if (b.failed) {
		buf_done(&b);
		return NULL;
	}
	return b.data;
}
