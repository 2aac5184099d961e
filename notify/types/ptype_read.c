#include "config.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "notify/types/ptype_read.h"
#include "notify/types/value.h"

static const char *const scopes[] = { "session", "zone",   "batch",  "name",
				      "family",	 "address", "update", "create",
				      "delete",	 "merged", "logout", NULL };
static const char *const classes[] = { "ok",	  "unchanged", "refused",
				       "banned",  "slow",      "later",
				       "absent",  "again",     "pending",
				       "skip",	  NULL };
static const char *const vias[] = { "any", "family", NULL };
static const char *const hashes[] = { "none", "md5", "sha1", "sha256", NULL };
static const char *const jwts[] = { "none", "rs256", NULL };
static const char *const encodings[] = { "plain", "hex", "base64",
					 "base64url", NULL };

#define STEP(m) offsetof(struct ptype_step, m)
#define READ(m) offsetof(struct ptype_read, m)
#define RECORDS(m) offsetof(struct ptype_records, m)
#define ANSWER(m) offsetof(struct ptype_answer, m)
#define LET(m) offsetof(struct ptype_let, m)
#define PART(m) offsetof(struct ptype_part, m)

const struct ptype_row ptype_step_rows[] = {
	{ "for", ROW_CHOICE, STEP(scope), .words = scopes },
	{ "when", ROW_CONDITIONS, STEP(when) },
	{ "method", ROW_TEXT, STEP(method) },
	{ "url", ROW_TEMPLATE, STEP(url), .set_at = STEP(has_url) },
	{ "query", ROW_QUERY, STEP(query) },
	{ "form", ROW_QUERY, STEP(form) },
	{ "headers", ROW_HEADERS, STEP(headers) },
	{ "body-json", ROW_LINES, STEP(json_text) },
	{ "body-text", ROW_TEMPLATE, STEP(text), .set_at = STEP(has_text) },
	{ "body-xml", ROW_TEMPLATE, STEP(xml), .set_at = STEP(has_xml) },
	{ "type", ROW_TEXT, STEP(mime) },
	{ "sign", ROW_FLAG, STEP(sign) },
	{ "reads", ROW_FLAG, STEP(reads) },
	{ "via", ROW_CHOICE, STEP(via), .words = vias },
	{ "per-line", ROW_FLAG, STEP(per_line) },
	{ "repeat", ROW_TEXT, STEP(repeat) },
	{ "poll", ROW_MS, STEP(poll_ms) },
	{ "poll-for", ROW_MS, STEP(poll_for_ms) },
	{ "answer-kib", ROW_NUMBER, STEP(answer_kib), .min = 1, .max = 4096 },
	{ NULL },
};

const struct ptype_row ptype_read_rows[] = {
	{ "json", ROW_POINTER, READ(json) },
	{ "where", ROW_QUERY, READ(where) },
	{ "take", ROW_POINTER, READ(take) },
	{ "header", ROW_TEXT, READ(header) },
	{ "regex", ROW_REGEX, READ(regex) },
	{ "text", ROW_FLAG, READ(text) },
	{ "required", ROW_FLAG, READ(required) },
	{ NULL },
};

const struct ptype_row ptype_records_rows[] = {
	{ "json", ROW_POINTER, RECORDS(json) },
	{ "where", ROW_QUERY, RECORDS(where) },
	{ "items", ROW_POINTER, RECORDS(items) },
	{ "value", ROW_POINTER, RECORDS(value) },
	{ "id", ROW_POINTER, RECORDS(id) },
	{ "ttl", ROW_POINTER, RECORDS(ttl) },
	{ "keep", ROW_QUERY, RECORDS(keep) },
	{ "regex", ROW_REGEX, RECORDS(regex) },
	{ "ttl-regex", ROW_REGEX, RECORDS(ttl_regex) },
	{ "contains", ROW_TEMPLATE, RECORDS(contains),
	  .set_at = RECORDS(has_contains) },
	{ "cache", ROW_FLAG, RECORDS(cache) },
	{ NULL },
};

const struct ptype_row ptype_answer_rows[] = {
	{ "status", ROW_TEXTS, ANSWER(status) },
	{ "word", ROW_TEXTS, ANSWER(word) },
	{ "starts", ROW_TEMPLATES, ANSWER(starts) },
	{ "contains", ROW_TEMPLATES, ANSWER(contains) },
	{ "regex", ROW_REGEX, ANSWER(regex) },
	{ "json", ROW_POINTER, ANSWER(json) },
	{ "is", ROW_TEXTS, ANSWER(is) },
	{ "not", ROW_TEXTS, ANSWER(is_not) },
	{ "when", ROW_CONDITIONS, ANSWER(when) },
	{ "wait", ROW_SECONDS, ANSWER(wait_s) },
	{ "says", ROW_TEXT, ANSWER(says) },
	{ NULL },
};

const struct ptype_row ptype_let_rows[] = {
	{ "from", ROW_LINES, LET(from_text) },
	{ "json", ROW_POINTER, LET(json) },
	{ "regex", ROW_REGEX, LET(regex) },
	{ "hash", ROW_CHOICE, LET(hash), .words = hashes },
	{ "hmac", ROW_CHOICE, LET(hmac), .words = hashes },
	{ "jwt", ROW_CHOICE, LET(jwt), .words = jwts },
	{ "key", ROW_TEMPLATE, LET(key), .set_at = LET(has_key) },
	{ "encode", ROW_CHOICE, LET(encode), .words = encodings },
	{ NULL },
};

const struct ptype_row ptype_part_rows[] = {
	{ "for", ROW_CHOICE, PART(scope), .words = scopes },
	{ "when", ROW_CONDITIONS, PART(when) },
	{ "text", ROW_TEMPLATE, PART(text), .set_at = PART(has_text) },
	{ "xml", ROW_TEMPLATE, PART(xml), .set_at = PART(has_xml) },
	{ NULL },
};

void ptype_section_fault(struct ptype_reading *r,
			 const struct config_section *s, const char *text)
{
	faults_add(r->faults, s->file, s->line, "%s%s%s%s: %s", s->type,
		   s->title ? " \"" : "", s->title ? s->title : "",
		   s->title ? "\"" : "", text);
}

void *ptype_grow(struct ptype_reading *r, void *items, size_t n, size_t size)
{
	char *more = realloc(items, (n + 1) * size);

	if (!more) {
		r->no_memory = true;
		return NULL;
	}
	memset(more + n * size, 0, size);
	return more;
}

/* The title, which names a variable or the like. */
static char *take_title(struct ptype_reading *r,
			const struct config_section *s)
{
	char *title;

	if (!s->title || s->title[0] == '\0')
		ptype_section_fault(r, s, "a title is missing");
	title = str_dup(s->title ? s->title : "");
	if (!title)
		r->no_memory = true;
	return title;
}

static void take_read(struct ptype_reading *r, const struct config_section *s,
		      struct ptype_step *step)
{
	struct ptype_read *items = ptype_grow(r, step->read, step->n_read,
					      sizeof(*items)), *read;

	if (!items)
		return;
	step->read = items;
	read = &items[step->n_read++];
	read->variable = take_title(r, s);
	ptype_row_read(r, s, ptype_read_rows, NULL, read);
	if ((read->json != NULL) + (read->header != NULL || read->regex.given)
		    + read->text != 1)
		ptype_section_fault(r, s, "one of json, header, regex, text "
				    "is wanted");
	if (read->regex.given && read->regex.re.re_nsub < 1)
		ptype_section_fault(r, s, "the regex has no group");
}

static void take_records(struct ptype_reading *r,
			 const struct config_section *s,
			 struct ptype_step *step)
{
	struct ptype_records *to = &step->records;

	if (to->given) {
		ptype_section_fault(r, s, "there are records already");
		return;
	}
	to->given = true;
	to->cache = true;
	ptype_row_read(r, s, ptype_records_rows, NULL, to);
	to->cache = to->cache && to->id;
	if (!to->json && !to->regex.given) {
		to->json = str_dup("");
		r->no_memory |= !to->json;
	} else if (to->json && to->regex.given) {
		ptype_section_fault(r, s, "only one of json and regex");
	}
	if (to->json && !to->value)
		ptype_section_fault(r, s, "value is missing");
	if ((to->regex.given && to->regex.re.re_nsub < 1) ||
	    (to->ttl_regex.given && to->ttl_regex.re.re_nsub < 1))
		ptype_section_fault(r, s, "the regex has no group");
	if (step->scope != SCOPE_BATCH && step->scope != SCOPE_NAME &&
	    step->scope != SCOPE_FAMILY)
		ptype_section_fault(r, s, "only in a step for batch, name or "
				    "family");
}

void ptype_take_answer(struct ptype_reading *r,
		       const struct config_section *s,
		       struct ptype_answers *to)
{
	struct ptype_answer *items = ptype_grow(r, to->items, to->n,
						sizeof(*items)), *a;
	size_t class = s->title ? ptype_word(classes, s->title) : ANSWER_N;

	if (class >= ANSWER_N)
		ptype_section_fault(r, s, "its title is one of ok, unchanged, "
				    "refused, banned, slow, later, absent, "
				    "again, pending, skip");
	if (!items)
		return;
	to->items = items;
	a = &items[to->n++];
	a->class = (enum answer_class)class;
	ptype_row_read(r, s, ptype_answer_rows, NULL, a);
	if (!a->json && (a->is.n > 0 || a->is_not.n > 0))
		ptype_section_fault(r, s, "is and not want json");
}

/* Every string is a template; "$for" and "$when" are what they should be. */
static const char *check_json(json_t *v)
{
	const char *key, *why = NULL;
	struct template t;
	struct ptype_condition c;
	json_t *one;
	size_t i;

	if (json_is_string(v)) {
		if (template_parse(json_string_value(v), &t, &why) < 0)
			return why ? why : "out of memory";
		template_done(&t);
		return NULL;
	}
	json_array_foreach(v, i, one) {
		why = check_json(one);
		if (why)
			return why;
	}
	json_object_foreach(v, key, one) {
		if (key[0] != '$') {
			if (template_parse(key, &t, &why) < 0)
				return why;
			template_done(&t);
		}
		if (strcmp(key, "$for") == 0 &&
		    (!json_is_string(one) ||
		     !scopes[ptype_word(scopes, json_string_value(one))]))
			return "$for names no scope";
		if (strcmp(key, "$when") == 0) {
			for (i = 0; i < json_array_size(one); i++) {
				const char *text = json_string_value(
					json_array_get(one, i));

				if (!text ||
				    ptype_condition_parse(text, &c) < 0)
					return "$when: no condition";
				ptype_condition_done(&c);
			}
			continue;
		}
		why = check_json(one);
		if (why)
			return why;
	}
	return NULL;
}

/* A template, or the claims of a token, which hold some. */
static void take_from(struct ptype_reading *r, const struct config_section *s,
		      struct ptype_let *let)
{
	const char *why = "no JSON";
	json_error_t e;

	if (!let->jwt) {
		if (template_parse(let->from_text, &let->from, &why) < 0)
			ptype_section_fault(r, s, why);
		return;
	}
	let->claims = json_loads(let->from_text, 0, &e);
	if (let->claims)
		why = check_json(let->claims);
	if (why)
		ptype_section_fault(r, s, why);
}

void ptype_take_let(struct ptype_reading *r, const struct config_section *s,
		    struct ptype_let **lets, size_t *n)
{
	struct ptype_let *items = ptype_grow(r, *lets, *n, sizeof(*items));
	struct ptype_let *let;

	if (!items)
		return;
	*lets = items;
	let = &items[(*n)++];
	let->variable = take_title(r, s);
	let->encode = DIGEST_PLAIN;
	ptype_row_read(r, s, ptype_let_rows, NULL, let);
	if ((let->hash || let->hmac) && let->encode == DIGEST_PLAIN)
		let->encode = DIGEST_HEX;
	if (!let->from_text)
		ptype_section_fault(r, s, "from is missing");
	else
		take_from(r, s, let);
	if ((let->hmac || let->jwt) != let->has_key)
		ptype_section_fault(r, s, "key belongs to hmac and jwt");
}

static void take_part(struct ptype_reading *r, const struct config_section *s,
		      struct ptype_step *step)
{
	struct ptype_part *items = ptype_grow(r, step->parts, step->n_parts,
					      sizeof(*items)), *part;

	if (!items)
		return;
	step->parts = items;
	part = &items[step->n_parts++];
	part->variable = take_title(r, s);
	part->scope = SCOPE_FAMILY;
	ptype_row_read(r, s, ptype_part_rows, NULL, part);
	if (part->has_text == part->has_xml)
		ptype_section_fault(r, s, "one of text and xml is wanted");
}

static void check_body(struct ptype_reading *r,
		       const struct config_section *s, struct ptype_step *step)
{
	int n = (step->form.n > 0) + (step->json_text != NULL) +
		step->has_text + step->has_xml;
	json_error_t e;

	if (n > 1)
		ptype_section_fault(r, s, "only one of form, body-json, "
				    "body-text, body-xml");
	step->body = step->form.n > 0	? BODY_FORM
		     : step->json_text	? BODY_JSON
		     : step->has_text	? BODY_TEXT
		     : step->has_xml	? BODY_XML : BODY_NONE;
	if (!step->json_text)
		return;
	step->json = json_loads(step->json_text, JSON_REJECT_DUPLICATES |
				JSON_DECODE_ANY, &e);
	if (!step->json) {
		faults_add(r->faults, s->file, s->line, "step \"%s\": "
			   "body-json is no JSON: line %d, column %d: %.120s",
			   step->name, e.line, e.column, e.text);
		return;
	}
	if (check_json(step->json))
		ptype_section_fault(r, s, check_json(step->json));
}

/* What the settings imply. */
static void finish_step(struct ptype_reading *r,
			const struct config_section *s, struct ptype_step *step,
			bool reads_given)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

	check_body(r, s, step);
	if (!step->method)
		step->method = str_dup(step->body == BODY_NONE ? "GET"
							       : "POST");
	if (step->method && (step->method[0] == '\0' ||
			     step->method[strspn(step->method, letters)] ||
			     strlen(step->method) > 12))
		ptype_section_fault(r, s, "method: capital letters");
	if (!reads_given)
		step->reads = step->scope == SCOPE_SESSION ||
			      (step->method &&
			       strcmp(step->method, "GET") == 0 &&
			       (step->n_read > 0 || step->records.given));
	if (step->per_line && step->scope != SCOPE_BATCH)
		ptype_section_fault(r, s, "per-line belongs to a step for "
				    "batch");
}

static bool was_given(const struct config_section *s, const char *name)
{
	return config_section_find(s, name) != NULL;
}

void ptype_take_step(struct ptype_reading *r, const struct config_section *s)
{
	struct ptype *p = r->type;
	struct ptype_step *items = ptype_grow(r, p->steps, p->n_steps,
					      sizeof(*items)), *step;

	if (!items)
		return;
	p->steps = items;
	step = &items[p->n_steps++];
	step->name = take_title(r, s);
	step->scope = SCOPE_FAMILY;
	step->sign = true;
	ptype_row_read(r, s, ptype_step_rows, NULL, step);
	for (size_t i = 0; i < s->n_sections; i++) {
		const struct config_section *in = &s->sections[i];

		if (strcmp(in->type, "read") == 0)
			take_read(r, in, step);
		else if (strcmp(in->type, "records") == 0)
			take_records(r, in, step);
		else if (strcmp(in->type, "answer") == 0)
			ptype_take_answer(r, in, &step->answers);
		else if (strcmp(in->type, "let") == 0)
			ptype_take_let(r, in, &step->let, &step->n_let);
		else if (strcmp(in->type, "part") == 0)
			take_part(r, in, step);
		else
			ptype_section_fault(r, in, "a step holds read, "
					    "records, answer, let and part");
	}
	finish_step(r, s, step, was_given(s, "reads"));
	p->has_records |= step->records.given;
	p->has_session |= step->scope == SCOPE_SESSION;
	p->has_logout |= step->scope == SCOPE_LOGOUT;
	p->has_delete |= step->scope == SCOPE_DELETE;
}
