#include "config.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "config/domain.h"
#include "notify/types/ptype_read.h"

#define IN_FLIGHT 4
#define BATCH_MAX 1000
#define RETRY_REFUSED_S 86400

const char *const ptype_auth_names[AUTH_N] = { "none",	  "basic",
					       "bearer",  "aws-sigv4",
					       "tencent", "aliyun", "ovh" };
const char *const ptype_auth_values[AUTH_N][PTYPE_AUTH_VALUES + 1] = {
	[AUTH_BASIC] = { "username", "password" },
	[AUTH_BEARER] = { "token" },
	[AUTH_AWS] = { "key", "secret", "session-token", "region",
		       "service" },
	[AUTH_TENCENT] = { "key", "secret", "service" },
	[AUTH_ALIYUN] = { "key", "secret" },
	[AUTH_OVH] = { "application-key", "application-secret",
		       "consumer-key", "timestamp" },
};

static const char *const batch_words[] = { "zone", "addresses", "account",
					   NULL };
/* Read apart from the rows. */
static const char *const also[] = { "base", "zone", "families", "verified",
				    "addresses", "limit", "ttl", "ttl-values",
				    NULL };

#define AT(m) offsetof(struct ptype, m)

static const struct ptype_row type_rows[] = {
	{ "title", ROW_TEXT, AT(title) },
	{ "documentation", ROW_TEXT, AT(documentation) },
	{ "notes", ROW_TEXTS, AT(notes) },
	{ "endpoint", ROW_TEMPLATE, AT(endpoint),
	  .set_at = AT(has_endpoint) },
	{ "path", ROW_TEXT, AT(path) },
	{ "apex", ROW_TEXT, AT(apex) },
	{ "wildcard", ROW_TEXT, AT(wildcard) },
	{ "leave-ipv4", ROW_TEXT, AT(leave[0]) },
	{ "leave-ipv6", ROW_TEXT, AT(leave[1]) },
	{ "withdraw-ipv4", ROW_TEXT, AT(withdraw[0]) },
	{ "withdraw-ipv6", ROW_TEXT, AT(withdraw[1]) },
	{ "withdraw", ROW_FLAG, AT(can_withdraw) },
	{ "creates", ROW_FLAG, AT(creates) },
	{ "abstract", ROW_FLAG, AT(abstract) },
	{ "batch", ROW_NUMBER, AT(batch), .min = 1, .max = BATCH_MAX },
	{ "batch-by", ROW_CHOICE, AT(batch_by), .words = batch_words },
	{ "in-flight", ROW_NUMBER, AT(in_flight), .min = 1, .max = 100 },
	{ "min-interval", ROW_SECONDS, AT(type.min_interval_s) },
	{ "refresh", ROW_SECONDS, AT(type.refresh_s) },
	{ "lease", ROW_TEXT, AT(lease) },
	{ "retry-refused", ROW_SECONDS, AT(type.retry_refused_s) },
	{ "ttl-default", ROW_NUMBER, AT(ttl_default) },
	{ "headers", ROW_HEADERS, AT(headers) },
	{ NULL },
};

static const struct ptype_row setting_rows[] = {
	{ "required", ROW_FLAG, offsetof(struct ptype_setting, required) },
	{ "secret", ROW_FLAG, offsetof(struct ptype_setting, secret) },
	{ "list", ROW_FLAG, offsetof(struct ptype_setting, list) },
	{ "name", ROW_FLAG, offsetof(struct ptype_setting, is_name) },
	{ "default", ROW_TEXT, offsetof(struct ptype_setting, fallback) },
	{ "values", ROW_TEXTS, offsetof(struct ptype_setting, values) },
	{ "same-as", ROW_TEXT, offsetof(struct ptype_setting, same_as) },
	{ "says", ROW_TEXT, offsetof(struct ptype_setting, says) },
	{ NULL },
};

/* ---- what the rows do not say ---- */

static void take_zone(struct ptype_reading *r, const struct config_setting *s)
{
	struct ptype *p = r->type;
	const char *text = s->values[0].text, *why = "";
	char name[DOMAIN_SIZE];

	if (strcmp(text, "no") == 0) {
		p->zone = ZONE_NO;
	} else if (strcmp(text, "yes") == 0) {
		p->zone = ZONE_YES;
	} else if (domain_normalize(text, name, &why) < 0) {
		ptype_fault(r, s, "neither yes, no nor a domain: %s", why);
	} else {
		p->zone = ZONE_FIXED;
		p->fixed_zone = str_dup(name);
		r->no_memory |= !p->fixed_zone;
	}
}

static void take_families(struct ptype_reading *r,
			  const struct config_setting *s)
{
	r->type->type.ipv4 = r->type->type.ipv6 = false;
	for (size_t i = 0; i < s->n_values; i++)
		if (strcmp(s->values[i].text, "ipv4") == 0)
			r->type->type.ipv4 = true;
		else if (strcmp(s->values[i].text, "ipv6") == 0)
			r->type->type.ipv6 = true;
		else
			ptype_fault(r, s, "ipv4 and ipv6 are the families");
}

static void take_verified(struct ptype_reading *r,
			  const struct config_setting *s)
{
	static const char *const words[] = { "no", "specification",
					     "recording", "text", "server",
					     NULL };
	struct ptype_texts *to = &r->type->verified;

	to->items = calloc(s->n_values + 1, sizeof(*to->items));
	r->no_memory |= !to->items;
	for (size_t i = 0; to->items && i < s->n_values; i++) {
		const char *text = s->values[i].text;

		if (!words[ptype_word(words, text)]) {
			ptype_fault(r, s, "no, or some of specification, "
				    "recording, text, server");
			return;
		}
		if (strcmp(text, "no") == 0)
			continue;
		r->type->is_verified = true;
		to->items[to->n] = str_dup(text);
		r->no_memory |= !to->items[to->n];
		to->n++;
	}
}

static void take_addresses(struct ptype_reading *r,
			   const struct config_setting *s)
{
	r->type->many = strcmp(s->values[0].text, "many") == 0;
	if (!r->type->many && strcmp(s->values[0].text, "one") != 0)
		ptype_fault(r, s, "one or many");
}

/* "1200/5m" */
static void take_limit(struct ptype_reading *r,
		       const struct config_setting *s)
{
	struct ptype *p = r->type;

	if (s->n_values > NOTIFY_LIMITS_MAX) {
		ptype_fault(r, s, "at most %d of them", NOTIFY_LIMITS_MAX);
		return;
	}
	for (size_t i = 0; i < s->n_values; i++) {
		const char *text = s->values[i].text;
		size_t len = strcspn(text, "/");
		char *number = str_dupf("%.*s", (int)len, text);
		struct notify_limit *l = ptype_grow(r, p->limits, p->n_limits,
						   sizeof(*l));
		uint64_t ms = 0;
		uint32_t n = 0;

		if (l)
			p->limits = l;
		if (!number || str_to_u32(number, UINT32_MAX, &n) < 0 ||
		    n == 0 || text[len] != '/' ||
		    str_to_duration_ms(text + len + 1, &ms) < 0 || ms == 0 ||
		    ms > UINT32_MAX)
			ptype_fault(r, s, "\"%.40s\" is not of the form "
				    "N/DURATION, such as 1200/5m", text);
		else if (l)
			l[p->n_limits++] = (struct notify_limit){
				.n = n, .per_ms = (uint32_t)ms };
		free(number);
	}
}

static void take_ttl(struct ptype_reading *r, const struct config_setting *s)
{
	struct ptype *p = r->type;

	if (s->n_values != 2 ||
	    str_to_u32(s->values[0].text, INT32_MAX, &p->ttl_min) < 0 ||
	    str_to_u32(s->values[1].text, INT32_MAX, &p->ttl_max) < 0 ||
	    p->ttl_min > p->ttl_max)
		ptype_fault(r, s, "{least, most} in seconds");
}

static void take_ttl_values(struct ptype_reading *r,
			    const struct config_setting *s)
{
	struct ptype *p = r->type;

	p->ttl_values = calloc(s->n_values + 1, sizeof(*p->ttl_values));
	r->no_memory |= !p->ttl_values;
	for (size_t i = 0; p->ttl_values && i < s->n_values; i++) {
		if (str_to_u32(s->values[i].text, INT32_MAX,
			       &p->ttl_values[i]) < 0 ||
		    (i > 0 && p->ttl_values[i] <= p->ttl_values[i - 1]))
			ptype_fault(r, s, "seconds, in growing order");
		p->n_ttl_values++;
	}
}

static void take_others(struct ptype_reading *r,
			const struct config_section *s)
{
	static void (*const takes[])(struct ptype_reading *,
				     const struct config_setting *) = {
		NULL, take_zone, take_families, take_verified,
		take_addresses, take_limit, take_ttl, take_ttl_values,
	};

	for (size_t i = 1; also[i]; i++) {
		const struct config_setting *one = config_section_find(
			s, also[i]);

		if (one && one->n_values > 0)
			takes[i](r, one);
	}
}

/* ---- sections ---- */

static void take_setting(struct ptype_reading *r,
			 const struct config_section *s)
{
	struct ptype *p = r->type;
	struct ptype_setting *items = ptype_grow(r, p->more, p->n_settings,
						 sizeof(*items)), *one;

	if (!items)
		return;
	p->more = items;
	one = &items[p->n_settings++];
	one->name = str_dup(s->title ? s->title : "");
	r->no_memory |= !one->name;
	if (!s->title || s->title[0] == '\0' ||
	    s->title[strspn(s->title, "abcdefghijklmnopqrstuvwxyz0123456789-")])
		ptype_section_fault(r, s, "its title is the setting's name, "
				    "in small letters");
	ptype_row_read(r, s, setting_rows, NULL, one);
	if (one->secret && one->list)
		ptype_section_fault(r, s, "a secret is no list");
}

static void take_auth(struct ptype_reading *r, const struct config_section *s)
{
	struct ptype *p = r->type;
	size_t kind = 0;

	while (kind < AUTH_N &&
	       (!s->title || strcmp(ptype_auth_names[kind], s->title) != 0))
		kind++;
	if (kind == AUTH_N || p->auth != AUTH_NONE) {
		ptype_section_fault(r, s, kind == AUTH_N
			? "its title is one of none, basic, bearer, aws-sigv4, "
			  "tencent, aliyun, ovh"
			: "there is one already");
		return;
	}
	p->auth = (enum auth_kind)kind;
	for (size_t i = 0; i < s->n_settings; i++) {
		const char *const *names = ptype_auth_values[kind];
		size_t at = ptype_word(names, s->settings[i].name);
		struct ptype_row row[2] = {
			{ names[at], ROW_TEMPLATE, AT(auth_values) +
			  at * sizeof(struct template),
			  .set_at = AT(auth_given) + at * sizeof(bool) },
			{ NULL },
		};
		struct config_section one = *s;

		one.settings += i;
		one.n_settings = 1;
		ptype_row_read(r, &one, row, NULL, p);
	}
	for (size_t i = 0; ptype_auth_values[kind][i]; i++)
		if (!p->auth_given[i] &&
		    !ptype_auth_is_optional(ptype_auth_values[kind][i]))
			ptype_section_fault(r, s, "a value is missing");
}

bool ptype_auth_is_optional(const char *value)
{
	return strcmp(value, "session-token") == 0;
}

static void take_sections(struct ptype_reading *r,
			  const struct config_section *s)
{
	for (size_t i = 0; i < s->n_sections; i++) {
		const struct config_section *in = &s->sections[i];

		if (strcmp(in->type, "setting") == 0)
			take_setting(r, in);
		else if (strcmp(in->type, "auth") == 0)
			take_auth(r, in);
		else if (strcmp(in->type, "answer") == 0)
			ptype_take_answer(r, in, &r->type->answers);
		else if (strcmp(in->type, "let") == 0)
			ptype_take_let(r, in, &r->type->let,
				       &r->type->n_let);
		else if (strcmp(in->type, "step") == 0)
			ptype_take_step(r, in);
		else
			ptype_section_fault(r, in, "a type holds setting, "
					    "auth, answer, let and step");
	}
}

/* The table that accounts are read by. */
static void make_settings(struct ptype_reading *r)
{
	struct ptype *p = r->type;
	size_t n = 0;

	p->settings = calloc(2 * p->n_settings + 2, sizeof(*p->settings));
	r->no_memory |= !p->settings;
	if (!p->settings)
		return;
	for (size_t i = 0; i < p->n_settings; i++) {
		const struct ptype_setting *m = &p->more[i];
		struct type_setting one = {
			.name = m->name,
			.kind = m->secret    ? SETTING_SECRET
				: m->is_name ? SETTING_NAME
				: m->list    ? SETTING_LIST : SETTING_TEXT,
			.required = m->required,
		};

		p->settings[n++] = one;
		if (!m->same_as)
			continue;
		one.same_as = m->name;
		one.name = m->same_as;
		one.required = false;
		p->settings[n++] = one;
	}
	if (p->zone == ZONE_YES && !ptype_setting(p, "zone"))
		p->settings[n].name = "zone", p->settings[n].kind =
			SETTING_NAME;
}

static void finish(struct ptype_reading *r, const struct config_section *s)
{
	struct ptype *p = r->type;

	make_settings(r);
	if (!p->title)
		ptype_section_fault(r, s, "title is missing");
	if (p->n_steps == 0 && !p->abstract)
		ptype_section_fault(r, s, "no step");
	if (!config_section_find(s, "withdraw"))
		p->can_withdraw = p->withdraw[0] || p->withdraw[1] ||
				  p->has_records || p->has_delete;
	p->type.name = p->name;
	p->type.title = p->title;
	p->type.settings = p->settings;
	p->type.http = true;
	p->type.abstract = p->abstract;
	p->type.can_look = p->has_records;
	p->type.zone_batch = p->batch > 1;
	p->type.lease = p->lease;
	p->type.limits = p->limits;
	p->type.n_limits = p->n_limits;
}

int ptype_read(const struct config_section *s, struct ptype **ret,
	       struct faults *faults)
{
	struct ptype *p = calloc(1, sizeof(*p));
	struct ptype_reading r = { .type = p, .faults = faults };
	size_t before = faults->n;

	if (!p)
		return -ENOMEM;
	p->type.ipv4 = p->type.ipv6 = p->creates = true;
	p->type.retry_refused_s = RETRY_REFUSED_S;
	p->batch = 1;
	p->in_flight = IN_FLIGHT;
	p->name = str_dup(s->title ? s->title : "");
	r.no_memory = !p->name;
	ptype_row_read(&r, s, type_rows, also, p);
	take_others(&r, s);
	take_sections(&r, s);
	finish(&r, s);
	if (r.no_memory || faults->n > before) {
		ptype_free(p);
		return r.no_memory ? -ENOMEM : -EINVAL;
	}
	*ret = p;
	return 0;
}

const struct ptype_setting *ptype_setting(const struct ptype *p,
					  const char *name)
{
	for (size_t i = 0; i < p->n_settings; i++)
		if (strcmp(p->more[i].name, name) == 0)
			return &p->more[i];
	return NULL;
}

/* ---- the end ---- */

static void texts_done(struct ptype_texts *t)
{
	for (size_t i = 0; i < t->n; i++)
		free(t->items[i]);
	free(t->items);
}

static void answers_done(struct ptype_answers *a)
{
	for (size_t i = 0; i < a->n; i++)
		ptype_row_done(ptype_answer_rows, &a->items[i]);
	free(a->items);
}

static void lets_done(struct ptype_let *lets, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(lets[i].variable);
		json_decref(lets[i].claims);
		template_done(&lets[i].from);
		ptype_row_done(ptype_let_rows, &lets[i]);
	}
	free(lets);
}

static void step_done(struct ptype_step *s)
{
	free(s->name);
	json_decref(s->json);
	ptype_row_done(ptype_step_rows, s);
	answers_done(&s->answers);
	for (size_t i = 0; i < s->n_read; i++) {
		free(s->read[i].variable);
		ptype_row_done(ptype_read_rows, &s->read[i]);
	}
	free(s->read);
	ptype_row_done(ptype_records_rows, &s->records);
	lets_done(s->let, s->n_let);
	for (size_t i = 0; i < s->n_parts; i++) {
		free(s->parts[i].variable);
		ptype_row_done(ptype_part_rows, &s->parts[i]);
	}
	free(s->parts);
}

void ptype_free(struct ptype *p)
{
	if (!p)
		return;
	ptype_row_done(type_rows, p);
	free(p->name);
	free(p->fixed_zone);
	texts_done(&p->verified);
	free(p->limits);
	free(p->ttl_values);
	for (size_t i = 0; i < p->n_settings; i++) {
		free(p->more[i].name);
		ptype_row_done(setting_rows, &p->more[i]);
	}
	free(p->more);
	free(p->settings);
	for (size_t i = 0; i < PTYPE_AUTH_VALUES; i++)
		template_done(&p->auth_values[i]);
	answers_done(&p->answers);
	lets_done(p->let, p->n_let);
	for (size_t i = 0; i < p->n_steps; i++)
		step_done(&p->steps[i]);
	free(p->steps);
	free(p);
}
