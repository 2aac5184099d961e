#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/str.h"
#include "notify/protocol.h"

#define ACCOUNTS_MAX 100000
#define SECRET_FILES_MAX 64

static int take_limits(json_t *list, struct notify_account *a)
{
	size_t n = json_array_size(list);

	if (n > NOTIFY_LIMITS_MAX)
		return -EBADMSG;
	for (; a->n_limits < n; a->n_limits++) {
		struct notify_limit *l = &a->limits[a->n_limits];
		json_int_t count, per_ms;

		if (json_unpack(json_array_get(list, a->n_limits), "[II]",
				&count, &per_ms) < 0 ||
		    count <= 0 || count > UINT32_MAX || per_ms <= 0 ||
		    per_ms > UINT32_MAX)
			return -EBADMSG;
		*l = (struct notify_limit){ (uint32_t)count,
					    (uint32_t)per_ms };
	}
	return 0;
}

static int take_secret_files(json_t *list, struct notify_account *a)
{
	size_t n = json_array_size(list);
	struct notify_secret_file *files;

	if (n == 0)
		return 0;
	if (n > SECRET_FILES_MAX)
		return -EBADMSG;
	files = calloc(n, sizeof(*files));
	if (!files)
		return -ENOMEM;
	a->secret_files = files;
	for (; a->n_secret_files < n; a->n_secret_files++) {
		const char *path, *stamp;

		if (json_unpack(json_array_get(list, a->n_secret_files),
				"[ss]", &path, &stamp) < 0)
			return -EBADMSG;
		files->path = str_dup(path);
		if (!files->path)
			return -ENOMEM;
		files++->stamp = strtoull(stamp, NULL, 16);
	}
	return 0;
}

static int take_account(json_t *o, struct notify_account *a)
{
	const char *name = NULL, *type = NULL, *zone = NULL, *digest;
	int ipv4 = 0, ipv6 = 0, batch = 0, r;

	if (json_unpack(o, "{ss ss sb sb sb}", "name", &name, "type", &type,
			"ipv4", &ipv4, "ipv6", &ipv6, "zone_batch",
			&batch) < 0)
		return -EBADMSG;
	zone = json_string_value(json_object_get(o, "zone"));
	a->name = str_dup(name);
	a->type = str_dup(type);
	a->zone = str_dup(zone);
	if (!a->name || !a->type || (zone && !a->zone))
		return -ENOMEM;
	digest = json_string_value(json_object_get(o, "digest"));
	a->digest = digest ? strtoull(digest, NULL, 16) : 0;
	a->can_look = json_is_true(json_object_get(o, "can_look"));
	a->ipv4 = ipv4;
	a->ipv6 = ipv6;
	a->zone_batch = batch;
	if (protocol_take_u32(o, "min_interval_s", &a->min_interval_s) < 0 ||
	    protocol_take_u32(o, "refresh_s", &a->refresh_s) < 0 ||
	    protocol_take_u32(o, "retry_refused_s", &a->retry_refused_s) < 0 ||
	    protocol_take_u32(o, "timeout_s", &a->timeout_s) < 0)
		return -EBADMSG;
	r = take_limits(json_object_get(o, "limits"), a);
	if (r == 0)
		r = take_secret_files(json_object_get(o, "secret_files"), a);
	return r;
}

static int take_accounts(json_t *list, struct protocol_accounts *ret)
{
	size_t n = json_array_size(list);
	struct protocol_accounts as = { .n = 0 };
	int r = 0;

	if (!json_is_array(list) || n > ACCOUNTS_MAX)
		return -EBADMSG;
	as.items = calloc(n + 1, sizeof(*as.items));
	if (!as.items)
		return -ENOMEM;
	while (as.n < n && r == 0) {
		r = take_account(json_array_get(list, as.n),
				 &as.items[as.n]);
		as.n++;
	}
	if (r == 0)
		*ret = as;
	else
		protocol_accounts_done(&as);
	return r;
}

static int take_faults(json_t *list, struct faults *faults)
{
	size_t n = json_array_size(list);

	if (n == 0)
		return -EBADMSG;
	for (size_t i = 0; i < n; i++) {
		json_t *f = json_array_get(list, i);
		const char *file = json_string_value(json_object_get(f,
								     "file"));
		const char *text = json_string_value(json_object_get(f,
								     "text"));
		uint32_t line = 0;

		if (!text || protocol_take_u32(f, "line", &line) < 0)
			return -EBADMSG;
		faults_add(faults, file ? file : "", line, "%s", text);
	}
	return -EINVAL;
}

int protocol_parse_load(const char *text, size_t len,
			struct protocol_accounts *ret, struct faults *faults)
{
	json_error_t error;
	json_t *o = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error), *v;
	int r;

	v = json_object_get(o, "accounts");
	if (v)
		r = take_accounts(v, ret);
	else
		r = take_faults(json_object_get(o, "faults"), faults);
	json_decref(o);
	return r;
}

static void account_done(struct notify_account *a)
{
	free((char *)(uintptr_t)a->name);
	free((char *)(uintptr_t)a->type);
	free((char *)(uintptr_t)a->zone);
	for (size_t i = 0; i < a->n_secret_files; i++)
		free(a->secret_files[i].path);
	free(a->secret_files);
}

void protocol_accounts_done(struct protocol_accounts *as)
{
	for (size_t i = 0; i < as->n; i++)
		account_done(&as->items[i]);
	free(as->items);
	*as = (struct protocol_accounts){ .items = NULL };
}
