#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "notify/types/sign.h"

#define TEXT_MAX (8 * 1024 * 1024)

/* The values of the type's auth section, in the order of their names. */
static int expand_values(struct context *c, char *values[PTYPE_AUTH_VALUES])
{
	int r = 0;

	for (size_t i = 0; i < PTYPE_AUTH_VALUES && r == 0; i++) {
		if (!c->type->auth_given[i])
			continue;
		r = context_text(c, &c->type->auth_values[i], &values[i]);
		if (r == -ENOENT &&
		    ptype_auth_is_optional(
			    ptype_auth_values[c->type->auth][i]))
			r = 0;
	}
	return r;
}

/* A formatted header, its text wiped. */
static int add_header(struct call *q, const char *name, const char *format,
		      ...) __attribute__((format(printf, 3, 4)));

static int add_header(struct call *q, const char *name, const char *format,
		      ...)
{
	char *text = NULL;
	va_list args;
	int r;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	r = text ? call_add(&q->headers, name, text) : -ENOMEM;
	str_wipe_free(text);
	return r;
}

static int hex_of(enum digest_kind kind, const void *key, size_t key_len,
		  const char *text, char out[2 * DIGEST_MAX + 1])
{
	struct buf b = BUF_INIT(2 * DIGEST_MAX + 1);
	uint8_t sum[DIGEST_MAX];
	size_t n;
	int r = key ? digest_hmac(kind, key, key_len, text, strlen(text), sum,
				  &n)
		    : digest_hash(kind, text, strlen(text), sum, &n);

	if (r < 0)
		return r;
	digest_encode(DIGEST_HEX, sum, n, &b);
	if (b.failed) {
		buf_done(&b);
		return -ENOMEM;
	}
	(void)snprintf(out, 2 * DIGEST_MAX + 1, "%s", b.data);
	buf_done(&b);
	return 0;
}

/* ---- AWS: libcurl signs; what it leaves to us is the order ---- */

static int sign_aws(struct call *q, char *const v[PTYPE_AUTH_VALUES])
{
	q->username = str_dup(v[0]);
	q->password = str_dup(v[1]);
	q->aws = str_dupf("aws:amz:%s:%s", v[3], v[4]);
	q->strict = true;
	call_sort(&q->query);
	if (!q->username || !q->password || !q->aws)
		return -ENOMEM;
	return v[2] ? add_header(q, "X-Amz-Security-Token", "%s", v[2]) : 0;
}

/* ---- OVH ---- */

static int sign_ovh(const struct context *c, struct call *q,
		    char *const v[PTYPE_AUTH_VALUES])
{
	struct buf b = BUF_INIT(TEXT_MAX);
	char sum[2 * DIGEST_MAX + 1];
	int r;

	buf_addf(&b, "%s+%s+%s+%s%s", v[1], v[2], c->step->method, q->base,
		 q->path);
	if (q->query.n > 0) {
		buf_add_str(&b, "?");
		call_join(&q->query, q->strict, &b);
	}
	buf_addf(&b, "+%s+%s", q->body ? q->body : "", v[3]);
	r = b.failed ? -ENOMEM : hex_of(DIGEST_SHA1, NULL, 0, b.data, sum);
	buf_wipe(&b);
	if (r == 0)
		r = add_header(q, "X-Ovh-Application", "%s", v[0]);
	if (r == 0)
		r = add_header(q, "X-Ovh-Consumer", "%s", v[2]);
	if (r == 0)
		r = add_header(q, "X-Ovh-Timestamp", "%s", v[3]);
	return r < 0 ? r : add_header(q, "X-Ovh-Signature", "$1$%s", sum);
}

/* ---- Aliyun ---- */

static int aliyun_parameters(const struct context *c, struct call *q,
			     const char *key)
{
	char when[32];
	int r = call_add(&q->query, "AccessKeyId", key);

	if (r == 0)
		r = call_add(&q->query, "SignatureMethod", "HMAC-SHA1");
	if (r == 0)
		r = call_add(&q->query, "SignatureVersion", "1.0");
	if (r == 0)
		r = call_add(&q->query, "SignatureNonce", c->nonce);
	return r < 0 ? r : call_add(&q->query, "Timestamp",
				    clock_rfc3339(c->now_s, when,
						  sizeof(when)));
}

static int sign_aliyun(const struct context *c, struct call *q,
		       char *const v[PTYPE_AUTH_VALUES])
{
	struct buf canonical = BUF_INIT(TEXT_MAX), b = BUF_INIT(TEXT_MAX);
	struct buf text = BUF_INIT(256);
	char *key = str_dupf("%s&", v[1]);
	uint8_t sum[DIGEST_MAX];
	size_t n = 0;
	int r = key ? aliyun_parameters(c, q, v[0]) : -ENOMEM;

	q->strict = true;
	call_sort(&q->query);
	call_join(&q->query, true, &canonical);
	buf_addf(&b, "%s&%%2F&", c->step->method);
	if (canonical.data)
		(void)template_escape(PLACE_STRICT, canonical.data,
				      canonical.len, &b);
	if (r == 0)
		r = b.failed || canonical.failed
			    ? -ENOMEM
			    : digest_hmac(DIGEST_SHA1, key, strlen(key),
					  b.data, b.len, sum, &n);
	digest_encode(DIGEST_BASE64, sum, n, &text);
	if (r == 0)
		r = text.failed ? -ENOMEM
				: call_add(&q->query, "Signature", text.data);
	call_sort(&q->query);
	str_wipe_free(key);
	buf_done(&canonical);
	buf_done(&b);
	buf_done(&text);
	return r;
}

/* ---- Tencent: TC3-HMAC-SHA256 ---- */

static int tencent_canonical(const struct call *q, const char *host,
			     const char *mime, struct buf *out)
{
	char sum[2 * DIGEST_MAX + 1];
	int r = hex_of(DIGEST_SHA256, NULL, 0, q->body ? q->body : "", sum);

	if (r < 0)
		return r;
	buf_addf(out, "%s\n%s\n", q->method, q->path);
	call_join(&q->query, true, out);
	buf_addf(out, "\ncontent-type:%s\nhost:%s\n\ncontent-type;host\n%s",
		 mime, host, sum);
	return out->failed ? -ENOMEM : 0;
}

/* The key of the day, the service and the request, one out of the other. */
static int tencent_key(const char *secret, const char *day,
		       const char *service, uint8_t key[DIGEST_MAX],
		       size_t *key_len)
{
	char *first = str_dupf("TC3%s", secret);
	size_t n = 0;
	int r = first ? digest_hmac(DIGEST_SHA256, first, strlen(first), day,
				    strlen(day), key, &n)
		      : -ENOMEM;

	str_wipe_free(first);
	if (r == 0)
		r = digest_hmac(DIGEST_SHA256, key, n, service,
				strlen(service), key, &n);
	if (r == 0)
		r = digest_hmac(DIGEST_SHA256, key, n, "tc3_request", 11, key,
				&n);
	*key_len = n;
	return r;
}

static int sign_tencent(const struct context *c, struct call *q,
			char *const v[PTYPE_AUTH_VALUES])
{
	struct buf b = BUF_INIT(TEXT_MAX), text = BUF_INIT(4096);
	const char *host = strstr(q->base, "://") + 3;
	char sum[2 * DIGEST_MAX + 1], day[32];
	uint8_t key[DIGEST_MAX];
	size_t key_len = 0;
	const char *mime = "application/json";
	int r;

	for (size_t i = 0; i < q->headers.n; i++)
		if (str_case_compare(q->headers.items[i].name,
				     "Content-Type") == 0)
			mime = q->headers.items[i].value;
	(void)clock_rfc3339(c->now_s, day, sizeof(day));
	day[10] = '\0';
	q->strict = true;
	r = tencent_canonical(q, host, mime, &b);
	if (r == 0)
		r = hex_of(DIGEST_SHA256, NULL, 0, b.data, sum);
	buf_addf(&text, "TC3-HMAC-SHA256\n%lld\n%s/%s/tc3_request\n%s",
		 (long long)c->now_s, day, v[2], sum);
	if (r == 0)
		r = tencent_key(v[1], day, v[2], key, &key_len);
	if (r == 0)
		r = text.failed ? -ENOMEM : hex_of(DIGEST_SHA256, key, key_len,
						   text.data, sum);
	if (r == 0)
		r = add_header(q, "X-TC-Timestamp", "%lld",
			       (long long)c->now_s);
	if (r == 0)
		r = add_header(q, "Authorization",
			       "TC3-HMAC-SHA256 Credential=%s/%s/%s/"
			       "tc3_request, SignedHeaders=content-type;host, "
			       "Signature=%s", v[0], day, v[2], sum);
	explicit_bzero(key, sizeof(key));
	buf_done(&b);
	buf_done(&text);
	return r;
}

int sign_call(struct context *c, struct call *q)
{
	char *v[PTYPE_AUTH_VALUES] = { NULL };
	int r = expand_values(c, v);

	if (r == 0)
		switch (c->type->auth) {
		case AUTH_BASIC:
			q->username = v[0];
			q->password = v[1];
			v[0] = v[1] = NULL;
			break;
		case AUTH_BEARER:
			r = add_header(q, "Authorization", "Bearer %s", v[0]);
			break;
		case AUTH_AWS:
			r = sign_aws(q, v);
			break;
		case AUTH_TENCENT:
			r = sign_tencent(c, q, v);
			break;
		case AUTH_ALIYUN:
			r = sign_aliyun(c, q, v);
			break;
		case AUTH_OVH:
			r = sign_ovh(c, q, v);
			break;
		case AUTH_NONE:
		case AUTH_N:
		default:
			break;
		}
	for (size_t i = 0; i < PTYPE_AUTH_VALUES; i++)
		str_wipe_free(v[i]);
	return r;
}
