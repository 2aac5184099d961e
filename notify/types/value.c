#include "config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "notify/types/value.h"

#define TEXT_MAX (4 * 1024 * 1024)
#define POINTER_TOKEN_SIZE 256

json_t *value_new(const char *text, size_t len)
{
	return json_stringn_nocheck(text, len);
}

json_t *value_new_text(const char *text)
{
	return value_new(text, strlen(text));
}

static void append_dumped(const json_t *v, struct buf *out)
{
	char *text = json_dumps(v, JSON_COMPACT | JSON_ENCODE_ANY);

	if (text)
		buf_add_str(out, text);
	free(text);
}

void value_append(const json_t *v, struct buf *out)
{
	switch (v ? json_typeof(v) : JSON_NULL) {
	case JSON_STRING:
		buf_add(out, json_string_value(v), json_string_length(v));
		return;
	case JSON_ARRAY:
		for (size_t i = 0; i < json_array_size(v); i++) {
			if (i > 0)
				buf_add_str(out, ",");
			value_append(json_array_get(v, i), out);
		}
		return;
	case JSON_NULL:
		return;
	case JSON_INTEGER:
	case JSON_REAL:
	case JSON_TRUE:
	case JSON_FALSE:
	case JSON_OBJECT:
	default:
		append_dumped(v, out);
	}
}

char *value_text(const json_t *v)
{
	struct buf b = BUF_INIT(TEXT_MAX);

	buf_add(&b, "", 0);
	value_append(v, &b);
	if (b.failed) {
		buf_wipe(&b);
		return NULL;
	}
	return b.data;
}

bool value_is_set(const json_t *v)
{
	switch (v ? json_typeof(v) : JSON_NULL) {
	case JSON_STRING:
		return json_string_length(v) > 0 &&
		       strcmp(json_string_value(v), "0") != 0 &&
		       strcmp(json_string_value(v), "false") != 0;
	case JSON_ARRAY:
		return json_array_size(v) > 0;
	case JSON_OBJECT:
		return json_object_size(v) > 0;
	case JSON_INTEGER:
		return json_integer_value(v) != 0;
	case JSON_REAL:
	case JSON_TRUE:
		return true;
	case JSON_FALSE:
	case JSON_NULL:
	default:
		return false;
	}
}

bool value_is(const json_t *v, const char *text)
{
	char *own = v ? value_text(v) : NULL;
	bool same = own && str_case_compare(own, text) == 0;

	str_wipe_free(own);
	return same;
}

bool value_pointer_is_valid(const char *pointer)
{
	if (*pointer != '\0' && *pointer != '/')
		return false;
	for (; *pointer; pointer++)
		if (*pointer == '~' && pointer[1] != '0' && pointer[1] != '1')
			return false;
	return true;
}

/* "~1" is "/", "~0" is "~". false: too long. */
static bool take_token(const char *text, size_t len,
		       char out[POINTER_TOKEN_SIZE])
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++, n++) {
		if (n + 1 >= POINTER_TOKEN_SIZE)
			return false;
		out[n] = text[i];
		if (text[i] == '~' && i + 1 < len)
			out[n] = text[++i] == '1' ? '/' : '~';
	}
	out[n] = '\0';
	return true;
}

json_t *value_at(json_t *v, const char *pointer)
{
	char token[POINTER_TOKEN_SIZE];
	uint32_t i;

	while (v && *pointer == '/') {
		size_t len = strcspn(pointer + 1, "/");

		if (!take_token(pointer + 1, len, token))
			return NULL;
		if (json_is_object(v))
			v = json_object_get(v, token);
		else if (json_is_array(v) &&
			 str_to_u32(token, UINT32_MAX, &i) == 0)
			v = json_array_get(v, i);
		else
			v = NULL;
		pointer += 1 + len;
	}
	return *pointer == '\0' ? v : NULL;
}
