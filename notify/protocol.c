#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/str.h"
#include "notify/protocol.h"

static const char *const status_names[] = {
	[NOTIFY_DONE] = "done",
	[NOTIFY_UNCHANGED] = "unchanged",
	[NOTIFY_RETRY] = "retry",
	[NOTIFY_SLOW] = "slow",
	[NOTIFY_REFUSED] = "refused",
	[NOTIFY_CANCELLED] = "cancelled",
};

#define N_STATUS (sizeof(status_names) / sizeof(status_names[0]))

const char *protocol_status_name(enum notify_status s)
{
	return (size_t)s < N_STATUS ? status_names[s] : "unknown";
}

int protocol_status_parse(const char *text, enum notify_status *ret)
{
	for (size_t i = 0; i < N_STATUS; i++)
		if (strcmp(status_names[i], text) == 0) {
			*ret = (enum notify_status)i;
			return 0;
		}
	return -EINVAL;
}

/* ---- lines to evddns-notify ---- */

static int put(struct buf *out, json_t *o)
{
	char *text = o ? json_dumps(o, JSON_COMPACT) : NULL;

	json_decref(o);
	if (!text)
		return -ENOMEM;
	buf_add_str(out, text);
	buf_add(out, "\n", 1);
	free(text);
	return out->failed ? -ENOMEM : 0;
}

/* name comes with what belongs around it: ,"name": */
static void add_text(struct buf *out, const char *name, const char *text)
{
	buf_add_str(out, name);
	buf_add_json(out, text);
}

static void add_number(struct buf *out, const char *name, uint32_t n)
{
	buf_add_str(out, name);
	buf_add_u32(out, n);
}

static void add_addr(struct buf *out, const char *before, const struct addr *a)
{
	char text[ADDR_STRLEN];

	buf_add_str(out, before);
	buf_add_str(out, addr_print(a, text));
	buf_add_str(out, "\"");
}

static void add_addrs(struct buf *out, const char *name,
		      const struct addr *addrs, size_t n)
{
	buf_add_str(out, name);
	for (size_t i = 0; i < n; i++)
		add_addr(out, i ? ",\"" : "\"", &addrs[i]);
	buf_add_str(out, "]");
}

static void add_set(struct buf *out, const char *name,
		    const struct notify_set *set)
{
	if (!set->given)
		return;
	add_addrs(out, name, set->addrs, set->n);
}

static void add_look(struct buf *out, const struct notify_job *j)
{
	buf_add_str(out, ",\"look\":true,\"families\":[");
	if (j->ipv4.given)
		buf_add_str(out, "\"ipv4\"");
	if (j->ipv6.given)
		buf_add_str(out, j->ipv4.given ? ",\"ipv6\"" : "\"ipv6\"");
	buf_add_str(out, "]");
}

static void add_was(struct buf *out, const struct notify_job *j)
{
	if (!j->ipv4.n_was && !j->ipv6.n_was)
		return;
	buf_add_str(out, ",\"was\":{");
	if (j->ipv4.n_was)
		add_addrs(out, "\"ipv4\":[", j->ipv4.was, j->ipv4.n_was);
	if (j->ipv6.n_was) {
		buf_add_str(out, j->ipv4.n_was ? "," : "");
		add_addrs(out, "\"ipv6\":[", j->ipv6.was, j->ipv6.n_was);
	}
	buf_add_str(out, "}");
}

static void add_rare(struct buf *out, const struct notify_job *j)
{
	add_was(out, j);
	if (j->owner)
		add_text(out, ",\"owner\":", j->owner);
	if (j->owner && j->owner_expire_s)
		add_number(out, ",\"owner_expire_s\":", j->owner_expire_s);
	if (j->ptr)
		buf_add_str(out, ",\"ptr\":true");
	if (j->ptr && j->n_ptr_was)
		add_addrs(out, ",\"ptr_was\":[", j->ptr_was, j->n_ptr_was);
	if (j->ptr_only)
		buf_add_str(out, ",\"ptr_only\":true");
	if (j->no_create)
		buf_add_str(out, ",\"create\":false");
}

static void add_sources(struct buf *out, const struct addr *ipv4,
			const struct addr *ipv6)
{
	if (!ipv4->family && !ipv6->family)
		return;
	buf_add_str(out, ",\"source\":{");
	if (ipv4->family)
		add_addr(out, "\"ipv4\":\"", ipv4);
	if (ipv6->family)
		add_addr(out, ipv4->family ? ",\"ipv6\":\"" : "\"ipv6\":\"",
			 ipv6);
	buf_add_str(out, "}");
}

/*
 * By hand: this is on the way of every update, and a tree of objects for a
 * line of a hundred bytes costs more than all else that the daemon does.
 */
int protocol_put_job(struct buf *out, int id, const struct notify_job *j)
{
	add_number(out, "{\"id\":", (uint32_t)id);
	add_text(out, ",\"account\":", j->account);
	add_text(out, ",\"name\":", j->name);
	if (j->zone) /* the root has no name of its own */
		add_text(out, ",\"zone\":", *j->zone ? j->zone : ".");
	if (j->look) {
		add_look(out, j);
	} else {
		add_set(out, ",\"ipv4\":[", &j->ipv4);
		add_set(out, ",\"ipv6\":[", &j->ipv6);
	}
	if (j->ttl_s)
		add_number(out, ",\"ttl\":", j->ttl_s);
	add_sources(out, &j->ipv4.source, &j->ipv6.source);
	if (j->interface)
		add_text(out, ",\"interface\":", j->interface);
	if (j->mark)
		add_number(out, ",\"mark\":", j->mark);
	add_rare(out, j);
	if (j->more)
		buf_add_str(out, ",\"more\":true");
	buf_add_str(out, "}\n");
	return out->failed ? -ENOMEM : 0;
}

int protocol_put_fetch(struct buf *out, int id, const struct notify_fetch *f)
{
	static const struct addr none;
	bool four = f->family == AF_INET;

	add_number(out, "{\"id\":", (uint32_t)id);
	add_text(out, ",\"fetch\":", f->url);
	buf_add_str(out, four ? ",\"family\":\"ipv4\"" :
				",\"family\":\"ipv6\"");
	add_number(out, ",\"timeout_ms\":", f->timeout_ms);
	if (f->pointer)
		add_text(out, ",\"pointer\":", f->pointer);
	if (f->ca_file)
		add_text(out, ",\"ca_file\":", f->ca_file);
	add_sources(out, four ? &f->source : &none,
		    four ? &none : &f->source);
	if (f->interface)
		add_text(out, ",\"interface\":", f->interface);
	if (f->mark)
		add_number(out, ",\"mark\":", f->mark);
	buf_add_str(out, "}\n");
	return out->failed ? -ENOMEM : 0;
}

int protocol_put_prepare(struct buf *out, const char *const *accounts,
			 size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		(void)json_array_append_new(list, json_string(accounts[i]));
	return put(out, json_pack("{so}", "prepare", list));
}

void protocol_put_cancel(struct buf *out, int id)
{
	buf_addf(out, "{\"cancel\":%d}\n", id);
}

void protocol_put_limits(struct buf *out, const struct notify_account *as,
			 size_t n)
{
	bool first = true;

	for (size_t i = 0; i < n; i++) {
		if (as[i].n_limits == 0)
			continue;
		buf_add_str(out, first ? "{\"limits\":{" : ",");
		first = false;
		buf_add_json(out, as[i].name);
		for (size_t k = 0; k < as[i].n_limits; k++)
			buf_addf(out, "%s%" PRId64, k ? "," : ":[",
				 as[i].full_ms[k]);
		buf_add_str(out, "]");
	}
	if (!first)
		buf_add_str(out, "}}\n");
}

/* ---- lines from it ---- */

int protocol_take_u32(json_t *o, const char *name, uint32_t *ret)
{
	json_t *v = json_object_get(o, name);
	json_int_t n = json_integer_value(v);

	if (!v)
		return 0; /* left out: stays as it is */
	if (!json_is_integer(v) || n < 0 || n > UINT32_MAX)
		return -EBADMSG;
	*ret = (uint32_t)n;
	return 0;
}

static int take_status(json_t *o, const char *name, enum notify_status *ret)
{
	const char *text = json_string_value(json_object_get(o, name));

	if (!text)
		return json_object_get(o, name) ? -EBADMSG : 0;
	return protocol_status_parse(text, ret) < 0 ? -EBADMSG : 0;
}

/* Up to PROTOCOL_VALUES_MAX of them. */
static int take_values(json_t *list, int family,
		       struct addr out[PROTOCOL_VALUES_MAX], size_t *ret_n)
{
	json_t *one;
	size_t i;

	json_array_foreach(list, i, one) {
		const char *text = json_string_value(one);

		if (!text || addr_parse(text, &out[*ret_n]) < 0 ||
		    out[*ret_n].family != family)
			return -EBADMSG;
		if (++*ret_n == PROTOCOL_VALUES_MAX)
			break;
	}
	return 0;
}

static int take_reply(json_t *o, struct protocol_reply *r)
{
	json_t *id = json_object_get(o, "id"), *v;
	const char *text = json_string_value(json_object_get(o, "text"));
	struct notify_reply *reply = &r->reply;

	if (!json_is_object(o) || !json_object_get(o, "status") ||
	    take_status(o, "status", &reply->status) < 0)
		return -EBADMSG;
	if (!json_is_null(id) &&
	    (!json_is_integer(id) || json_integer_value(id) <= 0 ||
	     json_integer_value(id) > INT_MAX))
		return -EBADMSG;
	r->id = (int)json_integer_value(id);
	reply->ipv4 = reply->ipv6 = reply->status;
	v = json_object_get(o, "families");
	if (take_status(v, "ipv4", &reply->ipv4) < 0 ||
	    take_status(v, "ipv6", &reply->ipv6) < 0 ||
	    protocol_take_u32(o, "retry_after_s", &reply->retry_after_s) < 0)
		return -EBADMSG;
	v = json_object_get(o, "sent_monotonic_ns");
	if (v && json_integer_value(v) >= 0)
		reply->sent_ns = (uint64_t)json_integer_value(v);
	reply->ban = json_is_true(json_object_get(o, "ban"));
	reply->clock = json_is_true(json_object_get(o, "clock"));
	reply->unclassified =
		json_is_true(json_object_get(o, "unclassified"));
	v = json_object_get(o, "values");
	if (take_values(json_object_get(v, "ipv4"), AF_INET, r->values[0],
			&reply->n_ipv4_values) < 0 ||
	    take_values(json_object_get(v, "ipv6"), AF_INET6, r->values[1],
			&reply->n_ipv6_values) < 0)
		return -EBADMSG;
	if (!text)
		text = "";
	(void)str_printable(text, strlen(text), sizeof(r->text), r->text,
			    sizeof(r->text));
	return 0;
}

int protocol_parse_reply(const char *line, size_t len,
			 struct protocol_reply *ret)
{
	struct protocol_reply r = { .id = 0 };
	json_error_t error;
	json_t *o;
	int e;

	errno = 0;
	o = json_loadb(line, len, JSON_REJECT_DUPLICATES, &error);
	if (o)
		e = take_reply(o, &r);
	else
		e = errno == ENOMEM ? -ENOMEM : -EBADMSG;
	json_decref(o);
	if (e < 0)
		return e;
	*ret = r;
	ret->reply.text = ret->text;
	ret->reply.ipv4_values = ret->values[0];
	ret->reply.ipv6_values = ret->values[1];
	return 0;
}

int protocol_parse_spent(const char *line, size_t len, char *ret_account,
			 size_t size)
{
	static const char start[] = "{\"spent\":";
	const char *account;
	json_t *o;
	int r = -EBADMSG;

	if (len < sizeof(start) ||
	    memcmp(line, start, sizeof(start) - 1) != 0)
		return -ENOENT;
	o = json_loadb(line, len, JSON_REJECT_DUPLICATES, NULL);
	account = json_string_value(json_object_get(o, "account"));
	if (account && strlen(account) < size) {
		(void)snprintf(ret_account, size, "%s", account);
		r = 0;
	}
	json_decref(o);
	return r;
}
