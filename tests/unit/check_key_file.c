#include "config.h"

#include <errno.h>
#include <string.h>

#include "notify/rfc2136/key_file.h"
#include "tests/support/suite.h"

static const struct row {
	const char *text, *choose;
	const char *name, *algorithm, *secret; /* secret NULL: no key */
} rows[] = {
	{ "AAAA", NULL, "", "", "AAAA" },
	{ " AAAA\r\n\n", NULL, "", "", "AAAA" },
	{ "//8=", NULL, "", "", "//8=" },
	{ "gw:AAAA", NULL, "gw", "", "AAAA" },
	{ "HMAC-SHA256:gw:AAAA\n", NULL, "gw", "hmac-sha256", "AAAA" },
	{ "key \"gw\" { algorithm hmac-sha512; secret \"AAAA\"; };", NULL,
	  "gw", "hmac-sha512", "AAAA" },
	{ "key gw{secret AAAA;algorithm HMAC-SHA1.;};", NULL, "gw",
	  "hmac-sha1", "AAAA" },
	{ "/* a */ // b\n# c\nkey\n\"gw\"\n{\n\talgorithm hmac-sha256;\n"
	  "\tsecret \"AAAA\"; }\n", NULL, "gw", "hmac-sha256", "AAAA" },
	{ "key a { secret \"AAAA\"; }; key b { secret \"BBBB\"; };", "B.",
	  "b", "", "BBBB" },
	{ "key a { secret \"AAAA\"; }; key b { secret \"BBBB\"; };", NULL,
	  NULL, NULL, NULL },
	{ "key a { secret \"AAAA\"; };", "b", NULL, NULL, NULL },
	{ "# hmac-sha256:gw:AAAA\nkey:\n  - id: gw\n"
	  "    algorithm: hmac-sha256\n    secret: //8=\n", NULL, "gw",
	  "hmac-sha256", "//8=" },
	{ "key:\n- id: \"a\"\n  secret: AAAA\n- id: b\n  secret: BBBB\n", "a",
	  "a", "", "AAAA" },
	{ "KEY \"gw\" { ALGORITHM HMAC-SHA256; SECRET \"AAAA\"; };", NULL,
	  "gw", "hmac-sha256", "AAAA" },
	{ "\xef\xbb\xbfkey gw { secret AAAA; };", NULL, "gw", "", "AAAA" },
	{ "options { directory \"/var\"; allow-query { any; }; };\r\n"
	  "key \"gw\" { secret \"AAAA\"; };\r\nzone \"key\" { type primary; "
	  "update-policy { grant gw zonesub ANY; }; };\r\n", NULL, "gw", "",
	  "AAAA" },
	{ "view x { key gw { secret AAAA; }; };", NULL, NULL, NULL, NULL },
	{ "key gw { secret AAAA; }; }", NULL, NULL, NULL, NULL },
	{ "key gw { secret AAAA; }; zone x { type primary;", NULL, NULL, NULL,
	  NULL },
	{ "# a\n---\nserver:\n    listen: [ \"::1@53\" ] # key:\n"
	  "key: # keys\n  - id: gw # a\n    comment: \"of secret: BBBB\"\n"
	  "    # b\n    secret: \"AAAA\"\n    algorithm: hmac-sha256\nacl:\n"
	  "  - id: upd\n    key: gw\n...\n", NULL, "gw", "hmac-sha256",
	  "AAAA" },
	{ "key:\n  - id: a\n    secret: AAAA\nkey:\n  - id: b\n"
	  "    secret: BBBB\n", "b", "b", "", "BBBB" },
	{ "key:\n  - id: a\n    secret: AAAA\n  - id: b\n"
	  "    secret: BBBB\n", NULL, NULL, NULL, NULL },
	{ "key:\n  - id: gw\n    surprise: x\n    secret: AAAA\n", NULL,
	  NULL, NULL, NULL },
	{ "zone:\n  - domain: key\nkey:\n", NULL, NULL, NULL, NULL },
	{ "key:AAAA\n", NULL, "key", "", "AAAA" },
	{ "# kdig -y\n\n  hmac-sha1:a:AAAA \r\nhmac-sha256:b:BBBB\n", "b", "b",
	  "hmac-sha256", "BBBB" },
	{ "hmac-sha1:a:AAAA\nhmac-sha256:b:BBBB\n", NULL, NULL, NULL, NULL },
	{ "# only a comment: AAAA\n", NULL, NULL, NULL, NULL },
	{ "AAAA\nBBBB\n", NULL, NULL, NULL, NULL },
	{ "hmac-sha1:a:AAAA\n", "b", NULL, NULL, NULL },
	{ "", NULL, NULL, NULL, NULL },
	{ "not base64!", NULL, NULL, NULL, NULL },
	{ "AAA", NULL, NULL, NULL, NULL },
	{ "====", NULL, NULL, NULL, NULL },
	{ "AA=A", NULL, NULL, NULL, NULL },
	{ "a:b:c:AAAA", NULL, NULL, NULL, NULL },
	{ "key \"gw\" { algorithm hmac-sha512; secret \"AAAA\";", NULL, NULL,
	  NULL, NULL },
	{ "key \"gw\" { algorithm hmac-sha512; };", NULL, NULL, NULL, NULL },
	{ "key \"gw { secret AAAA; };", NULL, NULL, NULL, NULL },
	{ "key gw { surprise x; secret AAAA; };", NULL, NULL, NULL, NULL },
	{ "key", NULL, NULL, NULL, NULL },
	{ "key:", NULL, NULL, NULL, NULL },
	{ "/*", NULL, NULL, NULL, NULL },
};

START_TEST(test_row)
{
	const struct row *r = &rows[_i];
	struct key_file k = { .name = "untouched" };
	const char *why = NULL;
	int e = key_file_parse(r->text, strlen(r->text), r->choose, &k, &why);

	ck_assert_msg(e == (r->secret ? 0 : -EINVAL), "%s: %d, %s", r->text, e,
		      why ? why : "");
	if (r->secret) {
		ck_assert_str_eq(k.name, r->name);
		ck_assert_str_eq(k.algorithm, r->algorithm);
		ck_assert_str_eq(k.secret, r->secret);
	} else {
		ck_assert_str_eq(k.name, "untouched");
		ck_assert_ptr_nonnull(why);
		/* A reason never quotes the file. */
		ck_assert_ptr_null(strstr(why, "AAAA"));
	}
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("key_file");
	TCase *tc = tcase_create("forms");

	tcase_add_loop_test(tc, test_row, 0, SUITE_COUNT(rows));
	suite_add_tcase(s, tc);
	return s;
}
