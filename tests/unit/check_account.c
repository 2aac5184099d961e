#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/tree.h"
#include "notify/core/type.h"
#include "notify/desk/account_read.h"
#include "notify/desk/sealed.h"
#include "tests/support/suite.h"

static int read_text(const char *text, struct accounts *as,
		     struct faults *faults)
{
	const char *top = getenv("top_srcdir");
	struct config_tree *t;
	char name[512];
	int r;

	/* Beside it are the types. */
	(void)snprintf(name, sizeof(name), "%s/notify/test.conf",
		       top ? top : ".");
	ck_assert_int_eq(config_tree_parse(name, text, strlen(text), NULL,
					   &t, faults), 0);
	r = account_read_tree(t, as, faults);
	config_tree_free(t);
	return r;
}

/* Out of the file and through the sealed descriptor nothing is lost. */
START_TEST(test_sealed)
{
	static const char text[] =
		"provider \"ns\" { type = \"rfc2136\" server = {\"192.0.2.1\", "
		"\"ns.example:5353\"} key-name = \"k\" key = \"AAAA\" }\n"
		"provider \"d\" { type = \"dyndns2\" server = \"x.example\" "
		"username = \"u\" password = 'p\"\\' timeout = 3s }\n";
	struct accounts as, back;
	struct faults faults = { .n = 0 };
	const struct account *a;
	int fd, plain;

	ck_assert_int_eq(read_text(text, &as, &faults), 0);
	ck_assert_uint_eq(faults.n, 0);
	fd = sealed_write(&as);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq((int)write(fd, "x", 1), -1);
	for (int i = 0; i < 2; i++) { /* more than one process reads it */
		ck_assert_int_eq(sealed_read(fd, &back), 0);
		ck_assert_uint_eq(back.n, 2);
		a = accounts_find(&back, "ns");
		ck_assert_ptr_eq(a->type, &type_rfc2136);
		ck_assert_uint_eq(account_values(a, "server")->n, 2);
		ck_assert_str_eq(account_get(a, "key"), "AAAA");
		ck_assert_str_eq(account_get(a, "key-algorithm"),
				 "hmac-sha256");
		a = accounts_find(&back, "d");
		ck_assert_str_eq(account_get(a, "password"), "p\"\\");
		ck_assert_str_eq(account_get(a, "server"), "x.example");
		ck_assert_str_eq(a->type->name, "dyndns2");
		ck_assert_str_eq(account_get(a, "hosts"), "x.example");
		ck_assert_uint_eq(a->timeout_ms, 3000);
		accounts_done(&back);
	}
	(void)close(fd);
	plain = open("/dev/null", O_RDONLY | O_CLOEXEC);
	ck_assert_int_eq(sealed_read(plain, &back), -EPERM);
	(void)close(plain);
	ck_assert_int_eq(sealed_read(-1, &back), -EPERM);
	accounts_done(&as);
	faults_done(&faults);
}
END_TEST

/* The rest of what can be wrong is tried with files: tests/net. */
static const struct row {
	const char *settings;
	const char *word; /* NULL: fine */
} rows[] = {
	{ "type = \"rfc2136\"", NULL },
	{ "type = \"rfc2136\" zone = \".\"", NULL },
	{ "type = \"rfc2136\" server = \"[2001:db8::1]:53\"", NULL },
	{ "type = \"rfc2136\" server = {}", "empty" },
	{ "type = \"rfc2136\" server = \"h:0\"", "no host" },
	{ "type = \"rfc2136\" server = \"h:65536\"", "no host" },
	{ "type = \"rfc2136\" key = \"hmac-sha1:k:AAAA\"", NULL },
	{ "type = \"rfc2136\" key = \"hmac-md5:k:AAAA\"", "hmac-sha1," },
	{ "type = \"rfc2136\" key-algorithm = \"hmac-sha256\" "
	  "key = \"hmac-sha1:k:AAAA\"", "itself says" },
	{ "type = \"rfc2136\" key-name = \"a..b\" key = \"AAAA\"", "no name" },
	{ "type = \"rfc2136\" key-algorithm = \"hmac-sha256\"", "missing" },
	{ "type = {\"rfc2136\", \"dyndns2\"}", "one value" },
	{ "type = \"dyndns2\" username = \"u\" password = \"p\"",
	  "endpoint (or server) is missing" },
	{ "type = \"dyndns2\" server = \"a/b\" username = \"u\" "
	  "password = \"p\"", "no host" },
	{ "type = \"dyndns2\" server = \"a\" endpoint = \"https://b\" "
	  "username = \"u\" password = \"p\"", "already" },
	{ "type = \"dyndns2\" endpoint = \"https://u:p@b\" username = \"u\" "
	  "password = \"p\"", "form" },
	{ "type = \"dyndns2\" endpoint = \"https://b/?x\" username = \"u\" "
	  "password = \"p\"", "form" },
	{ "type = \"dyndns2\" server = \"a\" username = \"u:v\" "
	  "password = \"p\"", "colon" },
	{ "type = \"dyndns2\" server = \"a\" username = \"u\" "
	  "password = \"p\" ca-file = \"/none\"", "/none" },
	{ "type = \"dyndns2\" server = \"a\" username = \"u\" "
	  "pasword-file = \"/x\"", "did you mean \"password\"" },
	{ "type = \"dyndns2\" server = \"a\" username = \"u\" "
	  "password = \"\"", "one value" },
};

START_TEST(test_settings)
{
	const struct row *r = &rows[_i];
	struct accounts as = { .n = 0 };
	struct faults faults = { .n = 0 };
	char text[512];
	int e;

	(void)snprintf(text, sizeof(text), "provider \"p\" { %s }",
		       r->settings);
	e = read_text(text, &as, &faults);
	ck_assert_msg(e == (r->word ? -EINVAL : 0), "%s: %d %s", r->settings,
		      e, faults.n ? faults.items[0].text : "");
	if (r->word)
		ck_assert_msg(strstr(faults.items[0].text, r->word) != NULL,
			      "%s: %s", r->settings, faults.items[0].text);
	accounts_done(&as);
	faults_done(&faults);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("account");
	TCase *tc = tcase_create("settings");

	tcase_add_test(tc, test_sealed);
	tcase_add_loop_test(tc, test_settings, 0, SUITE_COUNT(rows));
	suite_add_tcase(s, tc);
	return s;
}
