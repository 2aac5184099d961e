#include "config.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/keep.h"
#include "base/str.h"
#include "daemon/state/state_book.h"

#define BUCKETS_FIRST 32
#define DAY_S 86400

void state_refusal_free(struct state_refusal *r)
{
	if (!r)
		return;
	addr_set_clear(&r->wanted);
	free(r->text);
	free(r);
}

struct state_refusal *state_refusal_new(const struct state_refusal *r)
{
	struct state_refusal *copy = malloc(sizeof(*copy));

	if (!copy)
		return NULL;
	*copy = *r;
	copy->wanted = (struct addr_set){ 0 };
	copy->text = str_dup(r->text);
	if ((copy->text || !r->text) &&
	    addr_set_assign(&copy->wanted, r->wanted.items, r->wanted.n) == 0)
		return copy;
	state_refusal_free(copy);
	return NULL;
}

static void note_free(struct state_note *n)
{
	addr_set_clear(&n->accepted);
	state_refusal_free(n->refusal);
	keep_free(n, sizeof(*n) + strlen(n->key) + 1);
}

void state_book_done(struct state_book *b)
{
	for (size_t i = 0; i < b->n_buckets; i++)
		while (b->buckets[i]) {
			struct state_note *n = b->buckets[i];

			b->buckets[i] = n->next;
			note_free(n);
		}
	while (b->rests) {
		struct state_rest *r = b->rests;

		b->rests = r->next;
		free(r);
	}
	while (b->accounts) {
		struct state_account *a = b->accounts;

		b->accounts = a->next;
		free(a);
	}
	free(b->buckets);
	*b = (struct state_book){ 0 };
}

/* FNV-1a, 32 bits. */
static size_t hash(const char *key)
{
	uint32_t sum = 0x811c9dc5U;

	for (; *key; key++)
		sum = (sum ^ (unsigned char)*key) * 0x01000193U;
	return sum;
}

struct state_note *state_book_find(const struct state_book *b,
				   const char *key)
{
	struct state_note *n;

	if (b->n_buckets == 0)
		return NULL;
	n = b->buckets[hash(key) % b->n_buckets];
	while (n && strcmp(n->key, key) != 0)
		n = n->next;
	return n;
}

/* Chains stay short; one that could not grow is only slower. */
static int book_grow(struct state_book *b)
{
	size_t more = b->n_buckets ? 2 * b->n_buckets : BUCKETS_FIRST;
	struct state_note **grown;

	if (b->n_notes < b->n_buckets)
		return 0;
	grown = calloc(more, sizeof(struct state_note *));
	if (!grown)
		return b->n_buckets ? 0 : -1;
	for (size_t i = 0; i < b->n_buckets; i++)
		while (b->buckets[i]) {
			struct state_note *n = b->buckets[i];
			struct state_note **at = &grown[hash(n->key) % more];

			b->buckets[i] = n->next;
			n->next = *at;
			*at = n;
		}
	free(b->buckets);
	b->buckets = grown;
	b->n_buckets = more;
	return 0;
}

struct state_note *state_book_note(struct state_book *b, const char *key)
{
	struct state_note *n = state_book_find(b, key), **at;
	size_t len = strlen(key) + 1;

	if (n)
		return n;
	n = book_grow(b) == 0 ? keep_alloc(sizeof(*n) + len) : NULL;
	if (!n)
		return NULL;
	memcpy(n->key, key, len);
	at = &b->buckets[hash(key) % b->n_buckets];
	n->next = *at;
	*at = n;
	b->n_notes++;
	return n;
}

struct state_rest *state_book_rest(struct state_book *b, const char *key)
{
	size_t len = strlen(key) + 1;
	struct state_rest *r = b->rests;

	while (r && strcmp(r->key, key) != 0)
		r = r->next;
	if (r)
		return r;
	r = calloc(1, sizeof(*r) + len);
	if (!r)
		return NULL;
	memcpy(r->key, key, len);
	r->next = b->rests;
	b->rests = r;
	return r;
}

struct state_account *state_book_account(struct state_book *b,
					 const char *name)
{
	size_t len = strlen(name) + 1;
	struct state_account *a = b->accounts;

	while (a && strcmp(a->name, name) != 0)
		a = a->next;
	if (a)
		return a;
	a = calloc(1, sizeof(*a) + len);
	if (!a)
		return NULL;
	memcpy(a->name, name, len);
	a->next = b->accounts;
	b->accounts = a;
	return a;
}

/* ---- what nobody asks for any more ---- */

/* Gone from today on, or here again? True where that is news. */
static bool note_settle(struct state_note *n, unsigned int today)
{
	unsigned int was = n->gone_day;

	if (n->claimed)
		n->gone_day = 0;
	else if (was == 0 || was > today) /* a clock that went back */
		n->gone_day = today & INT_MAX;
	n->claimed = false;
	return n->gone_day != was;
}

/* Those gone since that day or before. True where there were any. */
static bool book_forget(struct state_book *b, unsigned int day)
{
	size_t before = b->n_notes;

	for (size_t i = 0; i < b->n_buckets; i++)
		for (struct state_note **at = &b->buckets[i]; *at;) {
			struct state_note *n = *at;

			if (n->gone_day == 0 || n->gone_day > day) {
				at = &n->next;
				continue;
			}
			*at = n->next;
			note_free(n);
			b->n_notes--;
		}
	return b->n_notes != before;
}

void state_book_forget_gone(struct state_book *b)
{
	(void)book_forget(b, UINT_MAX);
}

static bool account_is_over(const struct state_account *a, int64_t before_s)
{
	for (size_t i = 0; i < NOTIFY_LIMITS_MAX; i++)
		if (a->limit_ms[i] / 1000 >= before_s)
			return false;
	return a->bucket_ms / 1000 < before_s && a->rest_ms / 1000 < before_s;
}

static bool account_says_nothing(const struct state_account *a)
{
	for (size_t i = 0; i < NOTIFY_LIMITS_MAX; i++)
		if (a->limit_ms[i])
			return false;
	return a->bucket_ms == 0 && a->rest_ms == 0;
}

static bool sweep_accounts(struct state_book *b, int64_t before_s)
{
	struct state_account **at = &b->accounts;
	bool changed = false;

	while (*at) {
		struct state_account *a = *at;

		if (!account_is_over(a, before_s)) {
			at = &a->next;
			continue;
		}
		changed |= !account_says_nothing(a);
		*at = a->next;
		free(a);
	}
	return changed;
}

static bool sweep_rests(struct state_book *b, int64_t before_s)
{
	struct state_rest **at = &b->rests;
	bool changed = false;

	while (*at) {
		struct state_rest *r = *at;

		if (r->failures > 0 && r->until_s >= before_s) {
			at = &r->next;
			continue;
		}
		changed |= r->failures > 0;
		*at = r->next;
		free(r);
	}
	return changed;
}

bool state_book_sweep(struct state_book *b, int64_t now_s, unsigned int days)
{
	unsigned int today = now_s > 0 ? (unsigned int)(now_s / DAY_S) : 0;
	int64_t before_s = now_s - (int64_t)days * DAY_S;
	bool changed = false;

	if (today == 0)
		return false; /* a clock that was never set */
	for (size_t i = 0; i < b->n_buckets; i++)
		for (struct state_note *n = b->buckets[i]; n; n = n->next)
			changed |= note_settle(n, today);
	if (today > days)
		changed |= book_forget(b, today - days);
	changed |= sweep_accounts(b, before_s);
	changed |= sweep_rests(b, before_s);
	return changed;
}
