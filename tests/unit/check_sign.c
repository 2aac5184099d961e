#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/pem.h>

#include "base/str.h"
#include "notify/core/limit.h"
#include "notify/types/digest.h"
#include "notify/types/ptype_find.h"
#include "notify/types/sign.h"
#include "tests/support/suite.h"

/* RFC 1321, 3174, 2202, 4231. */
static const struct row {
	enum digest_kind kind;
	const char *key, *text, *hex;
} rows[] = {
	{ DIGEST_MD5, NULL, "abc", "900150983cd24fb0d6963f7d28e17f72" },
	{ DIGEST_SHA1, NULL, "abc",
	  "a9993e364706816aba3e25717850c26c9cd0d89d" },
	{ DIGEST_SHA256, NULL, "abc", "ba7816bf8f01cfea414140de5dae2223b00361"
				      "a396177a9cb410ff61f20015ad" },
	{ DIGEST_SHA1, "Jefe", "what do ya want for nothing?",
	  "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79" },
	{ DIGEST_SHA256, "Jefe", "what do ya want for nothing?",
	  "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
};

START_TEST(test_digest)
{
	const struct row *r = &rows[_i];
	struct buf b = BUF_INIT(256);
	uint8_t sum[DIGEST_MAX];
	size_t n;

	if (r->key)
		ck_assert_int_eq(digest_hmac(r->kind, r->key, strlen(r->key),
					     r->text, strlen(r->text), sum,
					     &n), 0);
	else
		ck_assert_int_eq(digest_hash(r->kind, r->text,
					     strlen(r->text), sum, &n), 0);
	digest_encode(DIGEST_HEX, sum, n, &b);
	ck_assert_str_eq(b.data, r->hex);
	buf_done(&b);
}
END_TEST

/* RFC 4648, section 10. */
static const char *const encoded[][2] = {
	{ "", "" },		{ "f", "Zg==" },	{ "fo", "Zm8=" },
	{ "foo", "Zm9v" },	{ "foob", "Zm9vYg==" },
	{ "fooba", "Zm9vYmE=" }, { "foobar", "Zm9vYmFy" },
};

START_TEST(test_base64)
{
	struct buf b = BUF_INIT(64);

	buf_add(&b, "", 0);
	digest_encode(DIGEST_BASE64, encoded[_i][0], strlen(encoded[_i][0]),
		      &b);
	ck_assert_str_eq(b.data, encoded[_i][1]);
	buf_done(&b);
}
END_TEST

/* A type whose one request is signed so, and its account. */
static struct ptype *type_of(const char *auth)
{
	struct faults faults = { .n = 0 };
	struct ptype *p = NULL;
	char *text = str_dupf(
		"type \"t\" { title = t endpoint = \"https://x.example\"\n"
		"setting \"key\" { } setting \"secret\" { secret = yes } "
		"auth %s step \"s\" { url = \"/\" } }", auth);

	ck_assert_msg(ptype_parse("t", text, strlen(text), &p, &faults) == 0,
		      "%s", faults.n ? faults.items[0].text : "");
	faults_done(&faults);
	free(text);
	return p;
}

static const char *find(const struct call_pairs *p, const char *name)
{
	for (size_t i = 0; i < p->n; i++)
		if (strcmp(p->items[i].name, name) == 0)
			return p->items[i].value;
	return "";
}

/* The example of Alibaba Cloud's page on signatures. */
START_TEST(test_aliyun)
{
	struct ptype *p = type_of("\"aliyun\" { key = testid "
				  "secret = testsecret }");
	struct account a = { .type = &p->type };
	struct context c = { .type = p, .step = &p->steps[0], .account = &a,
			     .now_s = 1456231584 };
	struct call q = { .method = "GET", .base = str_dup("https://x"),
			  .path = str_dup("/") };

	(void)snprintf(c.nonce, sizeof(c.nonce), "%s",
		       "3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf");
	ck_assert_int_eq(call_add(&q.query, "Action", "DescribeRegions"), 0);
	ck_assert_int_eq(call_add(&q.query, "Version", "2014-05-26"), 0);
	ck_assert_int_eq(call_add(&q.query, "Format", "XML"), 0);
	ck_assert_int_eq(sign_call(&c, &q), 0);
	ck_assert_str_eq(find(&q.query, "Signature"),
			 "OLeaidS1JvxuMvnyHOwuJ+uX5qY=");
	call_done(&q);
	ptype_free(p);
}
END_TEST

/* The example of Tencent Cloud's page on TC3-HMAC-SHA256. */
START_TEST(test_tencent)
{
	static const char body[] =
		"{\"Limit\": 1, \"Filters\": [{\"Values\": [\"\\u672a\\u547d"
		"\\u540d\"], \"Name\": \"instance-name\"}]}";
	struct ptype *p = type_of("\"tencent\" { key = AKID secret = "
				  "\"Gu5t9xGARNpq86cd98joQYCN3*******\" "
				  "service = cvm }");
	struct account a = { .type = &p->type };
	struct context c = { .type = p, .step = &p->steps[0], .account = &a,
			     .now_s = 1551113065 };
	struct call q = { .method = "POST", .path = str_dup("/"),
			  .base = str_dup("https://cvm.tencentcloudapi.com"),
			  .body = str_dup(body), .len = sizeof(body) - 1 };

	ck_assert_int_eq(call_add(&q.headers, "Content-Type",
				  "application/json; charset=utf-8"), 0);
	ck_assert_int_eq(sign_call(&c, &q), 0);
	ck_assert_str_eq(find(&q.headers, "X-TC-Timestamp"), "1551113065");
	ck_assert_str_eq(
		find(&q.headers, "Authorization"),
		"TC3-HMAC-SHA256 Credential=AKID/2019-02-25/cvm/tc3_request, "
		"SignedHeaders=content-type;host, Signature=2230eefd229f582d8b"
		"1b891af7107b91597240707d778ab3738f756258d7652c");
	call_done(&q);
	ptype_free(p);
}
END_TEST

/* What libcurl is given to sign: sorted, escaped, never without "=". */
START_TEST(test_aws_query)
{
	struct ptype *p = type_of("\"aws-sigv4\" { key = k secret = s "
				  "region = r service = v }");
	struct account a = { .type = &p->type };
	struct context c = { .type = p, .step = &p->steps[0], .account = &a };
	struct call q = { .method = "GET", .base = str_dup("https://x"),
			  .path = str_dup("/") };
	struct buf b = BUF_INIT(1024);

	ck_assert_int_eq(call_add(&q.query, "type", "A"), 0);
	ck_assert_int_eq(call_add(&q.query, "name", "*.a b:c,d"), 0);
	ck_assert_int_eq(call_add(&q.query, "Name", ""), 0);
	ck_assert_int_eq(sign_call(&c, &q), 0);
	call_join(&q.query, q.strict, &b);
	ck_assert_str_eq(b.data, "Name=&name=%2A.a%20b%3Ac%2Cd&type=A");
	ck_assert_str_eq(q.aws, "aws:amz:r:v");
	buf_done(&b);
	call_done(&q);
	ptype_free(p);
}
END_TEST

static size_t decode(const char *text, size_t len, unsigned char *out)
{
	char copy[2048];
	size_t n = 0;

	for (; n < len; n++)
		copy[n] = text[n] == '-' ? '+' : text[n] == '_' ? '/' : text[n];
	while (n % 4)
		copy[n++] = '=';
	return (size_t)EVP_DecodeBlock(out, (unsigned char *)copy, (int)n);
}

/* What we sign, libcrypto's other half verifies. */
START_TEST(test_jwt)
{
	static const char claims[] = "{\"iss\":\"a\"}";
	EVP_PKEY *key = EVP_RSA_gen(2048);
	BIO *bio = BIO_new(BIO_s_mem());
	struct buf b = BUF_INIT(4096);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char sig[1024];
	const char *dot;
	char *pem, *copy;
	long len;

	ck_assert_int_eq(PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0,
						  NULL, NULL), 1);
	len = BIO_get_mem_data(bio, &pem);
	copy = str_dupf("%.*s", (int)len, pem);
	ck_assert_int_eq(digest_jwt_rs256(claims, sizeof(claims) - 1, copy,
					  &b), 0);
	ck_assert_int_eq(strncmp(b.data, "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9"
				 ".eyJpc3MiOiJhIn0.", 53), 0);
	dot = strrchr(b.data, '.');
	(void)decode(dot + 1, strlen(dot + 1), sig);
	ck_assert_int_eq(EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL,
					      key), 1);
	ck_assert_int_eq(EVP_DigestVerify(ctx, sig, 256,
					  (unsigned char *)b.data,
					  (size_t)(dot - b.data)), 1);
	ck_assert_int_eq(digest_jwt_rs256("{}", 2, "no key", &b), -EINVAL);
	free(copy);
	buf_done(&b);
	(void)BIO_free(bio);
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
}
END_TEST

START_TEST(test_limit)
{
	struct limit l;
	uint64_t t = 1000;

	limit_init(&l, 3, 3000, t);
	for (int i = 0; i < 3; i++) {
		ck_assert_uint_eq(limit_wait_ms(&l, t), 0);
		limit_take(&l, t);
	}
	ck_assert_uint_eq(limit_wait_ms(&l, t), 1000);
	ck_assert_uint_eq(limit_wait_ms(&l, t + 999), 1);
	ck_assert_uint_eq(limit_wait_ms(&l, t + 1000), 0);
	limit_take(&l, t + 1000);
	ck_assert_uint_gt(limit_wait_ms(&l, t + 1000), 0);
	/* Never more than it holds, however long it was. */
	t += 1000000000;
	for (int i = 0; i < 3; i++) {
		ck_assert_uint_eq(limit_wait_ms(&l, t), 0);
		limit_take(&l, t);
	}
	ck_assert_uint_eq(limit_wait_ms(&l, t), 1000);
	/* A clock that goes back makes no harm. */
	ck_assert_uint_eq(limit_wait_ms(&l, t - 5000), 1000);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("sign");
	TCase *tc = tcase_create("vectors");

	tcase_add_loop_test(tc, test_digest, 0, SUITE_COUNT(rows));
	tcase_add_loop_test(tc, test_base64, 0, SUITE_COUNT(encoded));
	tcase_add_test(tc, test_aliyun);
	tcase_add_test(tc, test_tencent);
	tcase_add_test(tc, test_aws_query);
	tcase_add_test(tc, test_jwt);
	tcase_add_test(tc, test_limit);
	suite_add_tcase(s, tc);
	return s;
}
