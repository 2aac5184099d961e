#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/crc32.h"
#include "daemon/state/state.h"
#include "daemon/state/state_file.h"

#define DAY_S 86400
#define HEAD "evddns-state 1 "
#define HEAD_LEN (sizeof(HEAD) - 1)
#define LINE_LEN (HEAD_LEN + 8 + 1)

/* The end of the year 9999: no clock of ours has said more. */
#define LATEST_S INT64_C(253402300799)

/* ---- reading ---- */

/* 0 where it is no time, or none that we can have written. */
static int64_t take_time(const json_t *v, int64_t most)
{
	json_int_t n = json_integer_value(v);

	return n > 0 && n <= most ? n : 0;
}

static int64_t take_s(const json_t *o, const char *name)
{
	return take_time(json_object_get(o, name), LATEST_S);
}

/* It may be before 1970, where no clock was set yet. */
static void take_boot(const json_t *boot, struct state_refusal *ret)
{
	json_int_t n = json_integer_value(boot);

	ret->clock = json_is_integer(boot) && n > -LATEST_S && n < LATEST_S;
	ret->boot_s = ret->clock ? n : 0;
}

static int64_t take_ms(const json_t *o, const char *name)
{
	return take_time(json_object_get(o, name), LATEST_S * 1000);
}

static int take_set(const json_t *list, struct addr_set *ret)
{
	struct addr addrs[ADDR_SET_MAX];
	const json_t *text;
	size_t i, n = 0;

	if (!json_is_array(list))
		return -EBADMSG;
	json_array_foreach(list, i, text) {
		if (n == ADDR_SET_MAX || !json_is_string(text) ||
		    addr_parse(json_string_value(text), &addrs[n]) < 0)
			return -EBADMSG;
		n++;
	}
	return addr_set_assign(ret, addrs, n);
}

/* What is not as we write it is left out; only -ENOMEM is a failure. */
static int take_refusal(const json_t *o, struct state_refusal **ret)
{
	const char *settings = json_string_value(json_object_get(o,
								 "settings"));
	const char *text = json_string_value(json_object_get(o, "text"));
	json_int_t tries = json_integer_value(json_object_get(o, "tries"));
	struct state_refusal was = {
		.at_s = take_s(o, "at"),
		.text = (char *)(uintptr_t)text,
		.tries = tries > 0 && tries < INT_MAX ? (unsigned int)tries
						      : 0,
		.until_s = take_s(o, "until"),
	};
	int r = settings ? take_set(json_object_get(o, "for"), &was.wanted)
			 : -EBADMSG;

	take_boot(json_object_get(o, "boot"), &was);
	if (r == 0) {
		was.settings = strtoull(settings, NULL, 16);
		*ret = state_refusal_new(&was);
		r = *ret ? 0 : -ENOMEM;
	}
	addr_set_clear(&was.wanted);
	return r == -ENOMEM ? r : 0;
}

static int take_note(const char *key, const json_t *o, struct state_book *b)
{
	struct state_note *n = state_book_note(b, key);
	int r;

	if (!n)
		return -ENOMEM;
	r = take_set(json_object_get(o, "accepted"), &n->accepted);
	if (r == -ENOMEM)
		return r;
	if (r == 0)
		n->at_s = take_s(o, "at");
	n->gone_day = (unsigned int)(take_s(o, "gone") / DAY_S) & INT_MAX;
	if (json_is_true(json_object_get(o, "resent")))
		n->marks |= STATE_RESENT;
	if (json_is_true(json_object_get(o, "shown-differently")))
		n->marks |= STATE_DIFFERS;
	return take_refusal(json_object_get(o, "refused"), &n->refusal);
}

static int take_account(const char *name, const json_t *o,
			struct state_book *b)
{
	struct state_account *a = state_book_account(b, name);

	if (!a)
		return -ENOMEM;
	a->bucket_ms = take_ms(o, "bucket");
	a->rest_ms = take_ms(o, "rest");
	for (size_t i = 0; i < NOTIFY_LIMITS_MAX; i++)
		a->limit_ms[i] = take_time(
			json_array_get(json_object_get(o, "limits"), i),
			LATEST_S * 1000);
	return 0;
}

static int take_rest(const char *key, const json_t *o, struct state_book *b)
{
	json_int_t failures = json_integer_value(
		json_object_get(o, "failures"));
	struct state_rest *r;

	if (failures <= 0 || failures >= INT_MAX)
		return 0;
	r = state_book_rest(b, key);
	if (!r)
		return -ENOMEM;
	r->failures = (unsigned int)failures;
	r->until_s = take_s(o, "until");
	return 0;
}

typedef int take_fn(const char *key, const json_t *o, struct state_book *b);

static int take_all(json_t *from, take_fn *take, struct state_book *b)
{
	const char *key;
	json_t *o;
	int r = 0;

	json_object_foreach(from, key, o)
		if (r == 0)
			r = take(key, o, b);
	return r;
}

int state_file_parse(const char *text, size_t len, struct state_book *ret,
		     const char **ret_why)
{
	json_t *root, *records;
	char want[9];
	int r;

	if (len < LINE_LEN || memcmp(text, HEAD, HEAD_LEN) != 0 ||
	    text[LINE_LEN - 1] != '\n') {
		*ret_why = "it is not a state file of this version";
		return -EBADMSG;
	}
	(void)snprintf(want, sizeof(want), "%08x",
		       crc32_of(text + LINE_LEN, len - LINE_LEN));
	if (memcmp(text + HEAD_LEN, want, 8) != 0) {
		*ret_why = "its checksum is wrong";
		return -EBADMSG;
	}
	errno = 0;
	root = json_loadb(text + LINE_LEN, len - LINE_LEN, 0, NULL);
	if (!root && errno == ENOMEM)
		return -ENOMEM;
	records = json_object_get(root, "records");
	if (!json_is_object(records)) {
		json_decref(root);
		*ret_why = "it is not JSON as we write it";
		return -EBADMSG;
	}
	r = take_all(records, take_note, ret);
	if (r == 0)
		r = take_all(json_object_get(root, "accounts"), take_account,
			     ret);
	if (r == 0)
		r = take_all(json_object_get(root, "reflectors"), take_rest,
			     ret);
	json_decref(root);
	return r;
}

/* ---- writing: by hand, for a tree of it would be many times as large ---- */

static void put_set(struct buf *out, const struct addr_set *set)
{
	char text[ADDR_STRLEN];

	buf_add_str(out, "[");
	for (size_t i = 0; i < set->n; i++)
		buf_addf(out, "%s\"%s\"", i ? "," : "",
			 addr_print(&set->items[i], text));
	buf_add_str(out, "]");
}

static void put_note(struct buf *out, const struct state_note *n)
{
	const struct state_refusal *r = n->refusal;

	buf_add_json(out, n->key);
	buf_add_str(out, ":{");
	if (n->at_s) {
		buf_add_str(out, "\"accepted\":");
		put_set(out, &n->accepted);
		buf_addf(out, ",\"at\":%" PRId64 "%s%s", n->at_s,
			 n->marks & STATE_RESENT ? ",\"resent\":true" : "",
			 n->marks & STATE_DIFFERS
				 ? ",\"shown-differently\":true"
				 : "");
	}
	if (n->gone_day)
		buf_addf(out, "%s\"gone\":%" PRId64, n->at_s ? "," : "",
			 (int64_t)n->gone_day * DAY_S);
	if (r) {
		buf_addf(out, "%s\"refused\":{\"for\":",
			 n->at_s || n->gone_day ? "," : "");
		put_set(out, &r->wanted);
		buf_addf(out, ",\"at\":%" PRId64 ",\"settings\":\"%" PRIx64
			 "\"", r->at_s, r->settings);
		if (r->tries)
			buf_addf(out, ",\"tries\":%u,\"until\":%" PRId64,
				 r->tries, r->until_s);
		if (r->clock)
			buf_addf(out, ",\"boot\":%" PRId64, r->boot_s);
		if (r->text) {
			buf_add_str(out, ",\"text\":");
			buf_add_json(out, r->text);
		}
		buf_add_str(out, "}");
	}
	buf_add_str(out, "}");
}

static void put_notes(struct buf *out, const struct state_book *b)
{
	bool first = true;

	for (size_t i = 0; i < b->n_buckets; i++)
		for (const struct state_note *n = b->buckets[i]; n;
		     n = n->next) {
			if (!n->at_s && !n->refusal)
				continue; /* nothing to be remembered */
			if (!first)
				buf_add_str(out, ",");
			first = false;
			put_note(out, n);
		}
}

static void put_account(struct buf *out, const struct state_account *a)
{
	size_t n = NOTIFY_LIMITS_MAX;

	buf_add_json(out, a->name);
	buf_addf(out, ":{\"bucket\":%" PRId64 ",\"rest\":%" PRId64,
		 a->bucket_ms, a->rest_ms);
	while (n > 0 && a->limit_ms[n - 1] == 0)
		n--;
	for (size_t i = 0; i < n; i++)
		buf_addf(out, "%s%" PRId64, i ? "," : ",\"limits\":[",
			 a->limit_ms[i]);
	buf_add_str(out, n ? "]}" : "}");
}

static void put_rests(struct buf *out, const struct state_book *b)
{
	bool first = true;

	for (const struct state_rest *r = b->rests; r; r = r->next) {
		if (r->failures == 0)
			continue;
		buf_add_str(out, first ? ",\"reflectors\":{" : ",");
		first = false;
		buf_add_json(out, r->key);
		buf_addf(out, ":{\"failures\":%u,\"until\":%" PRId64 "}",
			 r->failures, r->until_s);
	}
	if (!first)
		buf_add_str(out, "}");
}

void state_file_print(const struct state_book *b, struct buf *out)
{
	size_t at = out->len;
	char sum[9];

	buf_add_str(out, HEAD "00000000\n{\"records\":{");
	put_notes(out, b);
	buf_add_str(out, "},\"accounts\":{");
	for (const struct state_account *a = b->accounts; a; a = a->next) {
		put_account(out, a);
		buf_add_str(out, a->next ? "," : "");
	}
	buf_add_str(out, "}");
	put_rests(out, b);
	buf_add_str(out, "}");
	if (out->failed)
		return;
	(void)snprintf(sum, sizeof(sum), "%08x",
		       crc32_of(out->data + at + LINE_LEN,
					out->len - at - LINE_LEN));
	memcpy(out->data + at + HEAD_LEN, sum, 8);
}
