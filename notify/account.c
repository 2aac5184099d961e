#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/str.h"
#include "config/faults.h"
#include "notify/account.h"
#include "notify/digest.h"
#include "notify/ptype_find.h"
#include "notify/type.h"

#define DIGEST_BYTES 8

static struct account_value *find(const struct account *a, const char *name)
{
	for (size_t i = 0; i < a->n_values; i++)
		if (strcmp(a->values[i].name, name) == 0)
			return &a->values[i];
	return NULL;
}

const struct account_value *account_values(const struct account *a,
					   const char *name)
{
	return find(a, name);
}

const char *account_get(const struct account *a, const char *name)
{
	const struct account_value *v = find(a, name);

	return v ? v->texts[0] : NULL;
}

static void value_clear(struct account_value *v)
{
	for (size_t i = 0; i < v->n; i++)
		str_wipe_free(v->texts[i]);
	free(v->texts);
	v->texts = NULL;
	v->n = 0;
}

static int value_add(struct account_value *v, const char *text)
{
	char *copy = str_dup(text);
	char **texts = realloc(v->texts, (v->n + 1) * sizeof(*texts));

	if (texts)
		v->texts = texts;
	if (!texts || !copy) {
		str_wipe_free(copy);
		return -ENOMEM;
	}
	v->texts[v->n++] = copy;
	return 0;
}

int account_add(struct account *a, const char *name, const char *text)
{
	struct account_value *v = find(a, name), *grown, fresh = { .n = 0 };

	if (v)
		return value_add(v, text);
	fresh.name = str_dup(name);
	grown = realloc(a->values, (a->n_values + 1) * sizeof(*grown));
	if (grown)
		a->values = grown;
	if (!grown || !fresh.name || value_add(&fresh, text) < 0) {
		free(fresh.name);
		free(fresh.texts);
		return -ENOMEM;
	}
	a->values[a->n_values++] = fresh;
	return 0;
}

int account_set(struct account *a, const char *name, const char *text)
{
	struct account_value *v = find(a, name);
	struct account_value fresh = { .n = 0 };

	if (!v)
		return account_add(a, name, text);
	if (value_add(&fresh, text) < 0) {
		free(fresh.texts);
		return -ENOMEM;
	}
	value_clear(v);
	v->texts = fresh.texts;
	v->n = fresh.n;
	return 0;
}

int account_add_file(struct account *a, const char *path, uint64_t stamp)
{
	struct account_file *files = realloc(a->files, (a->n_files + 1) *
					     sizeof(*files));
	char *copy = str_dup(path);

	if (files)
		a->files = files;
	if (!files || !copy) {
		free(copy);
		return -ENOMEM;
	}
	files[a->n_files++] = (struct account_file){ copy, stamp };
	return 0;
}

struct account *accounts_find(const struct accounts *as, const char *name)
{
	for (size_t i = 0; i < as->n; i++)
		if (strcmp(as->items[i].name, name) == 0)
			return &as->items[i];
	return NULL;
}

struct account *accounts_append(struct accounts *as)
{
	struct account *items = realloc(as->items,
					(as->n + 1) * sizeof(*items));

	if (!items)
		return NULL;
	as->items = items;
	items[as->n] = (struct account){ .name = NULL };
	return &items[as->n++];
}

static const struct type *known_type(const struct accounts *as,
				     const char *name)
{
	const struct type *t = type_find(name);

	for (size_t i = 0; i < as->n_types && !t; i++)
		if (strcmp(as->types[i].ptype->name, name) == 0)
			t = &as->types[i].ptype->type;
	return t;
}

/* Takes packed over. */
static int add_type(struct accounts *as, json_t *packed,
		    const struct type **ret, struct faults *faults)
{
	struct account_type *more = realloc(as->types, (as->n_types + 1) *
					     sizeof(*more));
	struct ptype *p = NULL;
	int r = more ? ptype_unpack(packed, &p, faults) : -ENOMEM;

	if (more)
		as->types = more;
	if (r < 0) {
		json_decref(packed);
		return r;
	}
	more[as->n_types++] = (struct account_type){ packed, p };
	*ret = &p->type;
	return 0;
}

int accounts_type(struct accounts *as, const struct ptype_folders *folders,
		  const char *name, const struct type **ret,
		  struct faults *faults)
{
	const struct type *t = known_type(as, name);
	json_t *packed = NULL;
	int r;

	if (t) {
		*ret = t;
		return 0;
	}
	r = ptype_find(folders, name, &packed, faults);
	return r < 0 ? r : add_type(as, packed, ret, faults);
}

static void account_done(struct account *a)
{
	if (a->open && a->type->close)
		a->type->close(a);
	free(a->name);
	for (size_t i = 0; i < a->n_values; i++) {
		free(a->values[i].name);
		value_clear(&a->values[i]);
	}
	free(a->values);
	for (size_t i = 0; i < a->n_files; i++)
		free(a->files[i].path);
	free(a->files);
}

void accounts_done(struct accounts *as)
{
	for (size_t i = 0; i < as->n; i++)
		account_done(&as->items[i]);
	free(as->items);
	for (size_t i = 0; i < as->n_types; i++) {
		ptype_free(as->types[i].ptype);
		json_decref(as->types[i].packed);
	}
	free(as->types);
	*as = (struct accounts){ .items = NULL };
}

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
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* To be freed, wiped; NULL: no text, or no memory. */
static char *unpack_text(json_t *v)
{
	const char *hex = json_string_value(json_object_get(v, "hex"));
	size_t n = hex ? strlen(hex) / 2 : 0;
	char *text;

	if (json_is_string(v))
		return str_dup(json_string_value(v));
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

static int unpack_type(struct accounts *as, json_t *o, const char *name,
		       const struct type **ret)
{
	json_t *packed = json_object_get(o, "type_file");
	struct faults faults = { .n = 0 };
	int r = -EBADMSG;

	*ret = known_type(as, name);
	if (*ret)
		return 0;
	if (packed)
		r = add_type(as, json_incref(packed), ret, &faults);
	faults_done(&faults);
	return r == -EINVAL ? -EBADMSG : r;
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
	r = unpack_type(as, o, type, &a->type);
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
