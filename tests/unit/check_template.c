#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "notify/types/scrub.h"
#include "notify/types/template.h"
#include "notify/types/value.h"
#include "tests/support/suite.h"

static json_t *get(void *user, const char *variable)
{
	if (strcmp(variable, "x") == 0)
		return json_incref(user);
	if (strcmp(variable, "list") == 0)
		return json_pack("[ss]", "a", "b c");
	if (strcmp(variable, "raw") == 0)
		return json_pack("{ss}", TEMPLATE_RAW, "<b>");
	if (strcmp(variable, "n") == 0)
		return json_integer(42);
	return NULL;
}

static const struct row {
	const char *text, *x;
	enum template_place place;
	int status;
	const char *wanted;
} rows[] = {
	{ "a{x}c", "b", PLACE_TEXT, 0, "abc" },
	{ "{{{x}}}", "b", PLACE_TEXT, 0, "{b}" },
	{ "", "", PLACE_TEXT, 0, "" },
	{ "{x}", "a/b?c#d e&f=g%", PLACE_PATH, 0,
	  "a%2Fb%3Fc%23d%20e%26f%3Dg%25" },
	{ "/{x}/", "..", PLACE_PATH, 0, "/../" },
	{ "{x}", "2001:db8::1,b", PLACE_QUERY, 0, "2001:db8::1,b" },
	{ "{x}", "2001:db8::1,b", PLACE_STRICT, 0, "2001%3Adb8%3A%3A1%2Cb" },
	{ "{x}", "~*-._+", PLACE_STRICT, 0, "~%2A-._%2B" },
	{ "{x}", "<a&'\">", PLACE_XML, 0, "&#60;a&#38;&#39;&#34;&#62;" },
	{ "<c>{raw}</c>", "", PLACE_XML, 0, "<c><b></c>" },
	{ "{raw}", "", PLACE_PATH, 0, "%3Cb%3E" },
	{ "{x}", "a\r\nX: y", PLACE_HEADER, -EINVAL, NULL },
	{ "{x}", "a b", PLACE_HEADER, 0, "a b" },
	{ "{x}", "evil.example/", PLACE_HOST, -EINVAL, NULL },
	{ "{x}", "u@evil", PLACE_HOST, -EINVAL, NULL },
	{ "{x}", "ns.example:8443", PLACE_HOST, 0, "ns.example:8443" },
	{ "{none}", "", PLACE_TEXT, -ENOENT, NULL },
	{ "{list} {n}", "", PLACE_TEXT, 0, "a,b c 42" },
	{ "{x:upper}{x:lower}", "aB", PLACE_TEXT, 0, "ABab" },
	{ "{x:base64}", "foobar", PLACE_TEXT, 0, "Zm9vYmFy" },
	{ "{x:md5}", "abc", PLACE_TEXT, 0,
	  "900150983cd24fb0d6963f7d28e17f72" },
	{ "{x:sha1}", "abc", PLACE_TEXT, 0,
	  "a9993e364706816aba3e25717850c26c9cd0d89d" },
	{ "{x:octal}", "*.a.b", PLACE_TEXT, 0, "\\052.a.b" },
	{ "{x:reversed}", "www.example.org", PLACE_TEXT, 0,
	  "org/example/www" },
};

START_TEST(test_expand)
{
	const struct row *r = &rows[_i];
	struct template_values v = { .get = get };
	struct buf b = BUF_INIT(4096);
	const char *why = NULL;
	struct template t;

	v.user = value_new_text(r->x);
	ck_assert_int_eq(template_parse(r->text, &t, &why), 0);
	ck_assert_msg(template_expand(&t, r->place, &v, &b) == r->status,
		      "%s", r->text);
	if (r->status == 0)
		ck_assert_str_eq(b.data, r->wanted);
	else
		ck_assert_uint_eq(b.len, 0);
	template_done(&t);
	buf_done(&b);
	json_decref(v.user);
}
END_TEST

static const char *const wrong[] = { "{", "}", "a}b", "{}", "{X}", "{x", "{x:",
				     "{x:no-such}", "{a b}", "{{}", "{x:}" };

START_TEST(test_wrong)
{
	const char *why = NULL;
	struct template t;

	ck_assert_int_eq(template_parse(wrong[_i], &t, &why), -EINVAL);
	ck_assert_ptr_nonnull(why);
}
END_TEST

/* Back to what was meant, as a server does. */
static size_t unescape(const char *text, unsigned char *out)
{
	size_t n = 0;

	for (; *text; text++, n++)
		if (*text == '%') {
			char hex[3] = { text[1], text[2], '\0' };

			out[n] = (unsigned char)strtoul(hex, NULL, 16);
			text += 2;
		} else {
			out[n] = (unsigned char)*text;
		}
	return n;
}

/* Any bytes arrive as they were, and none can end its place. */
START_TEST(test_any_bytes)
{
	static const enum template_place places[] = { PLACE_PATH, PLACE_QUERY,
						      PLACE_STRICT };
	unsigned int seed = 1;
	char text[64];

	for (int round = 0; round < 30000; round++) {
		unsigned char back[256];
		struct buf b = BUF_INIT(1024);
		size_t len = 1;

		seed = seed * 1103515245U + 12345U;
		len = seed >> 16 & 31;
		for (size_t i = 0; i < len; i++) {
			seed = seed * 1103515245U + 12345U;
			text[i] = (char)(1 + (seed >> 16) % 255);
		}
		buf_add(&b, "", 0);
		ck_assert_int_eq(template_escape(places[round % 3], text, len,
						 &b), 0);
		ck_assert_ptr_null(strpbrk(b.data, "/?#&= \r\n\"'+;"));
		ck_assert_uint_eq(unescape(b.data, back), len);
		ck_assert_int_eq(memcmp(back, text, len), 0);
		buf_done(&b);
	}
}
END_TEST

static const struct scrub_row {
	const char *secret, *text, *wanted;
} scrub_rows[] = {
	{ "s3cret", "a s3cret b", "a <redacted> b" },
	{ "a&b", "x?t=a%26b&u", "x?t=<redacted>&u" },
	{ "a\"b", "{\"t\":\"a\\\"b\"}", "{\"t\":\"<redacted>\"}" },
	{ "foobar", "Basic Zm9vYmFy", "Basic <redacted>" },
	{ "", "nothing", "nothing" },
	{ "<x>", "<v>&#60;x&#62;</v>", "<v><redacted></v>" },
};

START_TEST(test_scrub)
{
	const struct scrub_row *r = &scrub_rows[_i];
	struct scrub s = { .n = 0 };
	char *shown;

	ck_assert_int_eq(scrub_add(&s, r->secret), 0);
	shown = scrub_text(&s, r->text, strlen(r->text));
	ck_assert_str_eq(shown, r->wanted);
	free(shown);
	scrub_done(&s);
}
END_TEST

static const struct pointer_row {
	const char *json, *pointer, *wanted;
} pointer_rows[] = {
	{ "{\"a\":[1,{\"b\":\"x\"}]}", "/a/1/b", "x" },
	{ "{\"a/b\":{\"~\":true}}", "/a~1b/~0", "true" },
	{ "[5]", "/0", "5" },
	{ "[5]", "/1", NULL },
	{ "[5]", "/-1", NULL },
	{ "{\"\":1.5}", "/", "1.5" },
	{ "\"x\"", "", "x" },
	{ "\"x\"", "/a", NULL },
	{ "{\"a\":[\"1\",\"2\"]}", "/a", "1,2" },
};

START_TEST(test_pointer)
{
	const struct pointer_row *r = &pointer_rows[_i];
	json_t *o = json_loads(r->json, JSON_DECODE_ANY, NULL);
	json_t *v = value_at(o, r->pointer);
	char *text = v ? value_text(v) : NULL;

	ck_assert(value_pointer_is_valid(r->pointer));
	if (r->wanted)
		ck_assert_str_eq(text, r->wanted);
	else
		ck_assert_ptr_null(v);
	free(text);
	json_decref(o);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("template");
	TCase *tc = tcase_create("expand");

	tcase_add_loop_test(tc, test_expand, 0, SUITE_COUNT(rows));
	tcase_add_loop_test(tc, test_wrong, 0, SUITE_COUNT(wrong));
	tcase_add_test(tc, test_any_bytes);
	tcase_add_loop_test(tc, test_scrub, 0, SUITE_COUNT(scrub_rows));
	tcase_add_loop_test(tc, test_pointer, 0, SUITE_COUNT(pointer_rows));
	suite_add_tcase(s, tc);
	return s;
}
