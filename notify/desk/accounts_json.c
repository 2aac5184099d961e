#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/str.h"
#include "notify/core/type.h"
#include "notify/desk/accounts_json.h"
#include "notify/types/digest.h"
#include "notify/types/ptype.h"

#define DIGEST_BYTES 8

/* JSON is UTF-8; a password need not be: {"hex": "..."}. */
static json_t *pack_text(const char *text)
{
	json_t *v = json_string(text), *o;
	struct buf b = BUF_INIT(4 * 1024 * 1024);

	if (v)
		return v;
	digest_encode(DIGEST_HEX, text, strlen(text), &b);
	o = b.failed ? NULL : json_pack("{ss}", "hex", b.data ? b.data : "");
	buf_wipe(&b);
	return o;
}

static int hex_value(char c)
{
	return c >= '0' && c <= '9' ? c - '0'
				  : c - 'a' + 10;
}

/* To be freed, wiped; NULL: no text, or no memory. */
static char *unpack_text(json_t *v)
{
	const char *hex = json_string_value(json_object_get(v, "hex"));
	size_t n = hex ? strlen(hex) / 2 : 0;
	char *text;

	if (json_is_string(v))
		return str_dup(json_string_value(v));
	if (hex && strspn(hex, "0123456789abcdef") != 2 * n)
		return NULL;
	text = hex ? calloc(n + 1, 1) : NULL;
	for (size_t i = 0; text && i < n; i++)
		text[i] = (char)(hex_value(hex[2 * i]) << 4 |
				 hex_value(hex[2 * i + 1]));
	return text;
}

static json_t *pack_texts(const struct account_value *v)
{
	json_t *list = json_array();

	for (size_t i = 0; v && i < v->n; i++)
		(void)json_array_append_new(list, pack_text(v->texts[i]));
	return list;
}

/* A type out of a file goes along. */
static void pack_type(const struct accounts *as, const struct account *a,
		      json_t *one)
{
	for (size_t i = 0; i < as->n_types; i++)
		if (a->type == &as->types[i].ptype->type)
			(void)json_object_set(one, "type_file",
					      as->types[i].packed);
}

json_t *accounts_pack(const struct accounts *as)
{
	json_t *list = json_array();

	for (size_t i = 0; i < as->n; i++) {
		const struct account *a = &as->items[i];
		json_t *values = json_object(), *one;

		for (size_t v = 0; v < a->n_values; v++)
			(void)json_object_set_new(values, a->values[v].name,
						  pack_texts(&a->values[v]));
		one = json_pack("{ss ss sI sI sI sI so}", "name", a->name,
				"type", a->type->name, "timeout_ms",
				(json_int_t)a->timeout_ms, "min_interval_s",
				(json_int_t)a->min_interval_s, "refresh_s",
				(json_int_t)a->refresh_s, "retry_refused_s",
				(json_int_t)a->retry_refused_s, "values",
				values);
		pack_type(as, a, one);
		if (json_array_append_new(list, one) < 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

static int unpack_values(json_t *values, struct account *a)
{
	const char *name;
	json_t *texts;

	json_object_foreach(values, name, texts) {
		size_t n = json_array_size(texts);

		for (size_t i = 0; i < n; i++) {
			char *t = unpack_text(json_array_get(texts, i));
			int r = t ? account_add(a, name, t) : -EBADMSG;

			str_wipe_free(t);
			if (r < 0)
				return r;
		}
	}
	return 0;
}

static int unpack_one(struct accounts *as, json_t *o, struct account *a)
{
	json_int_t timeout, spacing, refresh, refused;
	const char *name, *type;
	json_t *values;
	int r;

	if (json_unpack(o, "{ss ss sI sI sI sI so}", "name", &name, "type",
			&type, "timeout_ms", &timeout, "min_interval_s",
			&spacing, "refresh_s", &refresh, "retry_refused_s",
			&refused, "values", &values) < 0)
		return -EBADMSG;
	a->name = str_dup(name);
	r = accounts_type_packed(as, type, json_object_get(o, "type_file"),
				 &a->type);
	a->timeout_ms = (uint32_t)timeout;
	a->min_interval_s = (uint32_t)spacing;
	a->refresh_s = (uint32_t)refresh;
	a->retry_refused_s = (uint32_t)refused;
	if (!a->name)
		return -ENOMEM;
	return r < 0 ? r : unpack_values(values, a);
}

int accounts_unpack(json_t *o, struct accounts *ret)
{
	struct accounts as = { .n = 0 };
	size_t n = json_array_size(o);
	int r = json_is_array(o) ? 0 : -EBADMSG;

	for (size_t i = 0; i < n && r == 0; i++) {
		struct account *a = accounts_append(&as);

		r = a ? unpack_one(&as, json_array_get(o, i), a) : -ENOMEM;
	}
	if (r == 0)
		*ret = as;
	else
		accounts_done(&as);
	return r;
}

/*
 * A word that is another one when anything in the section is: its settings
 * and its secrets. Short, so that it tells little about them; it stays
 * between the two processes.
 */
static json_t *describe_digest(json_t *packed)
{
	unsigned char sum[EVP_MAX_MD_SIZE];
	char *text = json_dumps(packed, JSON_COMPACT | JSON_SORT_KEYS);
	char hex[2 * DIGEST_BYTES + 1] = "";
	unsigned int n = 0;

	if (text && EVP_Digest(text, strlen(text), sum, &n, EVP_sha256(),
			       NULL) == 1)
		for (size_t i = 0; i < DIGEST_BYTES; i++)
			(void)snprintf(hex + 2 * i, 3, "%02x", sum[i]);
	str_wipe_free(text);
	return json_string(hex);
}

static json_t *describe_limits(const struct type *t)
{
	json_t *list = json_array();

	for (size_t i = 0; i < t->n_limits; i++)
		(void)json_array_append_new(
			list, json_pack("[II]", (json_int_t)t->limits[i].n,
					(json_int_t)t->limits[i].per_ms));
	return list;
}

/* A path that is no UTF-8 is left out. */
static json_t *describe_files(const struct account *a)
{
	json_t *list = json_array();
	char stamp[20];

	for (size_t i = 0; i < a->n_files; i++) {
		(void)snprintf(stamp, sizeof(stamp), "%016" PRIx64,
			       a->files[i].stamp);
		(void)json_array_append_new(
			list, json_pack("[ss]", a->files[i].path, stamp));
	}
	return list;
}

json_t *accounts_describe(const struct accounts *as)
{
	json_t *list = json_array(), *packed = accounts_pack(as);

	for (size_t i = 0; i < as->n; i++) {
		const struct account *a = &as->items[i];
		const char *zone = account_get(a, "zone");

		(void)json_array_append_new(
			list,
			json_pack("{ss so ss sb sb sb sb sI sI sI sI so so so so}",
				  "name", a->name, "digest",
				  describe_digest(json_array_get(packed, i)),
				  "type", a->type->name, "can_look",
				  (int)a->type->can_look, "ipv4",
				  (int)a->type->ipv4, "ipv6",
				  (int)a->type->ipv6, "zone_batch",
				  (int)a->type->zone_batch, "min_interval_s",
				  (json_int_t)a->min_interval_s, "refresh_s",
				  (json_int_t)a->refresh_s, "retry_refused_s",
				  (json_int_t)a->retry_refused_s, "timeout_s",
				  (json_int_t)((a->timeout_ms + 999) / 1000),
				  "zone", zone ? json_string(zone) : json_null(),
				  "limits", describe_limits(a->type), "hosts",
				  pack_texts(account_values(a, "hosts")),
				  "secret_files", describe_files(a)));
	}
	json_decref(packed);
	return json_pack("{so}", "accounts", list);
}
