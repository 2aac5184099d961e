/*
 * A place, a template and, behind a NUL, a value: nothing leaves its place,
 * and what was escaped is the value when it is read there.
 */
#include "config.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "notify/types/template.h"
#include "notify/types/value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What may not stand in a place, if a value brought it there. */
static const char *const signs[] = {
	[PLACE_TEXT] = "",	 [PLACE_HOST] = "/?#@\\ \r\n",
	[PLACE_PATH] = "",	 [PLACE_QUERY] = "?#&=+<>\"/ \r\n",
	[PLACE_STRICT] = "?#&=+<>\"/,: \r\n",
	[PLACE_HEADER] = "\r\n", [PLACE_XML] = "<>\"'",
};

static json_t *get(void *user, const char *variable)
{
	(void)variable;
	return json_incref(user);
}

static int digit(char c)
{
	return c >= 'A' ? c - 'A' + 10 : c - '0';
}

/* As a server reads it. */
static size_t unescape(const char *text, size_t len, char *out)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		if (text[i] == '%') {
			out[n++] = (char)(digit(text[i + 1]) << 4 |
					  digit(text[i + 2]));
			i += 2;
		} else {
			out[n++] = text[i];
		}
	return n;
}

/* The value alone comes back. */
static void look_back(enum template_place place, const char *value, size_t len)
{
	struct buf b = BUF_INIT(1 << 20);
	char *back;

	buf_add(&b, "", 0);
	if (template_escape(place, value, len, &b) == 0) {
		if (strpbrk(b.data, signs[place]))
			__builtin_trap();
		if (place == PLACE_PATH && strpbrk(b.data, "/?#"))
			__builtin_trap();
		back = malloc(b.len + 1);
		if (place >= PLACE_PATH && place <= PLACE_STRICT && back &&
		    (unescape(b.data, b.len, back) != len ||
		     memcmp(back, value, len) != 0))
			__builtin_trap();
		free(back);
	}
	buf_done(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *nul = size ? memchr(data + 1, 0, size - 1) : NULL;
	struct template_values v = { .get = get };
	const char *why = NULL, *value;
	struct buf b = BUF_INIT(1 << 20);
	enum template_place place;
	struct template t;
	size_t len;
	int r;

	if (!nul ||
	    template_parse((const char *)data + 1, &t, &why) < 0)
		return 0;
	value = (const char *)nul + 1;
	len = size - (size_t)(nul + 1 - data);
	place = (enum template_place)(data[0] % (PLACE_XML + 1));
	v.user = value_new(value, len);
	r = template_expand(&t, place, &v, &b);
	if (r == 0 && b.data && place >= PLACE_QUERY &&
	    place <= PLACE_STRICT && strpbrk(b.data, signs[place]))
		__builtin_trap();
	if (r < 0 && b.len > 0)
		__builtin_trap();
	buf_done(&b);
	json_decref(v.user);
	template_done(&t);
	look_back(place, value, len);
	return 0;
}
