/*
 * ptype_step - the steps of a provider type and what is in them, checked.
 */
#ifndef NOTIFY_PTYPE_STEP_H
#define NOTIFY_PTYPE_STEP_H

#include <regex.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "notify/types/digest.h"
#include "notify/types/template.h"

enum scope {
	SCOPE_SESSION,
	SCOPE_ZONE,
	SCOPE_BATCH,
	SCOPE_NAME,
	SCOPE_FAMILY,
	SCOPE_ADDRESS,
	SCOPE_UPDATE,
	SCOPE_CREATE,
	SCOPE_DELETE,
	SCOPE_MERGED,
	SCOPE_LOGOUT,
	SCOPE_N,
};

/* "name=template", "Name: template", "/pointer=template". */
struct ptype_pair {
	char *name;
	struct template value;
	bool optional; /* left out where a variable is missing */
};

struct ptype_pairs {
	struct ptype_pair *items;
	size_t n;
};

struct ptype_texts {
	char **items;
	size_t n;
};

struct ptype_templates {
	struct template *items;
	size_t n;
};

/* One of "when": VAR, !VAR, VAR=TEXT, VAR!=TEXT. */
struct ptype_condition {
	char *variable;
	bool negated;
	bool has_text; /* else: is it there */
	struct template text;
};

struct ptype_conditions {
	struct ptype_condition *items;
	size_t n;
};

struct ptype_regex {
	bool given;
	regex_t re;
};

enum answer_class {
	ANSWER_OK,
	ANSWER_UNCHANGED,
	ANSWER_REFUSED,
	ANSWER_BANNED,
	ANSWER_SLOW,
	ANSWER_LATER,
	ANSWER_ABSENT,
	ANSWER_AGAIN,
	ANSWER_PENDING,
	ANSWER_SKIP,
	ANSWER_N,
};

struct ptype_answer {
	enum answer_class class;
	struct ptype_texts status, word, is, is_not;
	struct ptype_templates starts, contains;
	struct ptype_regex regex;
	char *json; /* NULL: none */
	struct ptype_conditions when;
	uint32_t wait_s;
	char *says; /* NULL: nothing */
};

struct ptype_answers {
	struct ptype_answer *items;
	size_t n;
};

struct ptype_read {
	char *variable;
	char *json, *take; /* NULL: none */
	struct ptype_pairs where;
	char *header;
	struct ptype_regex regex;
	bool text, required;
};

struct ptype_records {
	bool given;
	char *json, *items; /* items NULL: the elements themselves */
	struct ptype_pairs where;
	char *value, *id, *ttl;
	struct ptype_pairs keep; /* variable=pointer */
	struct ptype_regex regex, ttl_regex;
	bool has_contains;
	struct template contains;
	bool cache;
};

enum jwt_kind { JWT_NONE, JWT_RS256 };

struct ptype_let {
	char *variable;
	char *from_text;
	struct template from;
	json_t *claims; /* of a jwt, instead of from */
	bool has_key;
	char *json;
	struct ptype_regex regex;
	enum digest_kind hash, hmac;
	enum jwt_kind jwt;
	struct template key;
	enum digest_encoding encode;
};

struct ptype_part {
	char *variable;
	enum scope scope;
	struct ptype_conditions when;
	struct template text, xml;
	bool has_text, has_xml;
};

enum via { VIA_ANY, VIA_FAMILY };
enum body_kind { BODY_NONE, BODY_FORM, BODY_JSON, BODY_TEXT, BODY_XML };

struct ptype_step {
	char *name;
	enum scope scope;
	struct ptype_conditions when;
	char *method;
	struct template url;
	struct ptype_pairs query, form, headers;
	enum body_kind body;
	char *json_text;
	json_t *json;              /* BODY_JSON */
	struct template text, xml; /* BODY_TEXT, BODY_XML */
	bool has_text, has_xml, has_url;
	char *mime;                /* NULL: as the body is */
	bool sign, reads, per_line;
	enum via via;
	char *repeat;              /* a variable; NULL: once */
	uint32_t poll_ms, poll_for_ms; /* 0: the defaults */
	uint32_t answer_kib; /* the most of an answer; 0: the default */
	struct ptype_answers answers;
	struct ptype_read *read;
	size_t n_read;
	struct ptype_records records;
	struct ptype_let *let;
	size_t n_let;
	struct ptype_part *parts;
	size_t n_parts;
};

#endif
