#include "config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "notify/types/ptype_row.h"
#include "notify/types/value.h"

#define WORDS_MAX 64
#define LINES_MAX 65536

void ptype_fault(struct ptype_reading *r, const struct config_setting *s,
		 const char *format, ...)
{
	char text[400];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	faults_add(r->faults, s->file, s->line, "%s: %s", s->name, text);
}

size_t ptype_word(const char *const *words, const char *text)
{
	size_t i = 0;

	while (words[i] && strcmp(words[i], text) != 0)
		i++;
	return i;
}

/* ---- values ---- */

static char *copy(struct ptype_reading *r, const char *text)
{
	char *c = str_dup(text);

	if (!c)
		r->no_memory = true;
	return c;
}

static void take_lines(struct ptype_reading *r,
		       const struct config_setting *s, char **to)
{
	struct buf b = BUF_INIT(LINES_MAX);

	for (size_t i = 0; i < s->n_values; i++)
		buf_addf(&b, i > 0 ? "\n%s" : "%s", s->values[i].text);
	if (b.failed) {
		ptype_fault(r, s, "too long");
		buf_done(&b);
	}
	*to = b.data;
}

static void take_texts(struct ptype_reading *r,
		       const struct config_setting *s, struct ptype_texts *to)
{
	to->items = calloc(s->n_values + 1, sizeof(*to->items));
	if (!to->items) {
		r->no_memory = true;
		return;
	}
	for (; to->n < s->n_values; to->n++) {
		to->items[to->n] = copy(r, s->values[to->n].text);
		if (!to->items[to->n])
			return;
	}
}

static void take_template(struct ptype_reading *r,
			  const struct config_setting *s, const char *text,
			  struct template *to)
{
	const char *why = "";
	int e = template_parse(text, to, &why);

	if (e == -ENOMEM)
		r->no_memory = true;
	else if (e < 0)
		ptype_fault(r, s, "\"%.60s\": %s", text, why);
}

static void take_templates(struct ptype_reading *r,
			   const struct config_setting *s,
			   struct ptype_templates *to)
{
	to->items = calloc(s->n_values + 1, sizeof(*to->items));
	if (!to->items) {
		r->no_memory = true;
		return;
	}
	for (; to->n < s->n_values; to->n++)
		take_template(r, s, s->values[to->n].text,
			      &to->items[to->n]);
}

static void take_joined(struct ptype_reading *r,
			const struct config_setting *s, struct template *to)
{
	char *text = NULL;

	take_lines(r, s, &text);
	if (text)
		take_template(r, s, text, to);
	free(text);
}

/* text is "name?=value" with the sign '=' or ':'. */
static void take_pair(struct ptype_reading *r, const struct config_setting *s,
		      const char *text, char sign, struct ptype_pair *to)
{
	const char *end = strchr(text, sign), *value;
	size_t len;

	if (!end || end == text) {
		ptype_fault(r, s, "\"%.60s\" is not of the form %s", text,
			    sign == '=' ? "name=value" : "Name: value");
		return;
	}
	len = (size_t)(end - text);
	if (text[len - 1] == '?') {
		to->optional = true;
		len--;
	}
	to->name = str_dupf("%.*s", (int)len, text);
	if (!to->name)
		r->no_memory = true;
	value = end + 1;
	while (sign == ':' && *value == ' ')
		value++;
	take_template(r, s, value, &to->value);
}

static void take_pairs(struct ptype_reading *r,
		       const struct config_setting *s, char sign,
		       struct ptype_pairs *to)
{
	to->items = calloc(s->n_values + 1, sizeof(*to->items));
	if (!to->items) {
		r->no_memory = true;
		return;
	}
	for (size_t i = 0; i < s->n_values; i++) {
		take_pair(r, s, s->values[i].text, sign, &to->items[to->n]);
		if (to->items[to->n].name)
			to->n++;
	}
}

int ptype_condition_parse(const char *text, struct ptype_condition *ret)
{
	struct ptype_condition c = { .negated = text[0] == '!' };
	const char *sign = strchr(text, '='), *why;
	size_t len;
	int r = 0;

	text += c.negated;
	len = sign ? (size_t)(sign - text) : strlen(text);
	if (sign && sign > text && sign[-1] == '!') {
		c.negated = !c.negated;
		len--;
	}
	if (len == 0 || strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-_")
				< len)
		return -EINVAL;
	c.variable = str_dupf("%.*s", (int)len, text);
	c.has_text = sign != NULL;
	if (sign)
		r = template_parse(sign + 1, &c.text, &why);
	if (!c.variable)
		r = -ENOMEM;
	if (r < 0)
		ptype_condition_done(&c);
	else
		*ret = c;
	return r;
}

void ptype_condition_done(struct ptype_condition *c)
{
	free(c->variable);
	template_done(&c->text);
}

static void take_conditions(struct ptype_reading *r,
			    const struct config_setting *s,
			    struct ptype_conditions *to)
{
	to->items = calloc(s->n_values + 1, sizeof(*to->items));
	if (!to->items) {
		r->no_memory = true;
		return;
	}
	for (size_t i = 0; i < s->n_values; i++) {
		int e = ptype_condition_parse(s->values[i].text,
					      &to->items[to->n]);

		if (e == 0)
			to->n++;
		else if (e == -ENOMEM)
			r->no_memory = true;
		else
			ptype_fault(r, s, "\"%.60s\" is no condition such as "
				    "x, !x, x=text, x!=text",
				    s->values[i].text);
	}
}

static void take_regex(struct ptype_reading *r,
		       const struct config_setting *s, struct ptype_regex *to)
{
	int e = regcomp(&to->re, s->values[0].text,
			REG_EXTENDED | REG_NEWLINE);

	if (e == 0)
		to->given = true;
	else
		ptype_fault(r, s, "\"%.60s\" is no regular expression",
			    s->values[0].text);
}

static void take_number(struct ptype_reading *r,
			const struct config_setting *s,
			const struct ptype_row *row, uint32_t *to)
{
	uint32_t n;

	if (str_to_u32(s->values[0].text, row->max ? row->max : UINT32_MAX,
		       &n) < 0 || n < row->min)
		ptype_fault(r, s, "\"%.40s\" is no number, or out of range",
			    s->values[0].text);
	else
		*to = n;
}

static void take_duration(struct ptype_reading *r,
			  const struct config_setting *s, uint32_t unit_ms,
			  uint32_t *to)
{
	uint64_t ms;

	if (str_to_duration_ms(s->values[0].text, &ms) < 0 ||
	    ms / unit_ms > UINT32_MAX)
		ptype_fault(r, s, "\"%.40s\" is no duration, such as 30s or "
			    "5m", s->values[0].text);
	else
		*to = (uint32_t)((ms + unit_ms - 1) / unit_ms);
}

static void take_choice(struct ptype_reading *r,
			const struct config_setting *s,
			const struct ptype_row *row, void *to)
{
	static const char *const flags[] = { "no", "yes", NULL };
	const char *const *words = row->words ? row->words : flags;
	size_t i = ptype_word(words, s->values[0].text);

	if (!words[i]) {
		const char *near = str_nearest(s->values[0].text, words);

		ptype_fault(r, s, near ? "unknown word \"%.40s\"; did you mean "
					 "\"%s\"?" : "unknown word \"%.40s\"%s",
			    s->values[0].text, near ? near : "");
	} else if (row->kind == ROW_FLAG) {
		*(bool *)to = i == 1;
	} else {
		*(int *)to = (int)i;
	}
}

static bool is_single(const struct ptype_row *row)
{
	switch (row->kind) {
	case ROW_LINES:
	case ROW_TEXTS:
	case ROW_TEMPLATES:
	case ROW_TEMPLATE:
	case ROW_QUERY:
	case ROW_HEADERS:
	case ROW_CONDITIONS:
		return false;
	case ROW_TEXT:
	case ROW_POINTER:
	case ROW_REGEX:
	case ROW_FLAG:
	case ROW_NUMBER:
	case ROW_SECONDS:
	case ROW_MS:
	case ROW_CHOICE:
	default:
		return true;
	}
}

static void take(struct ptype_reading *r, const struct config_setting *s,
		 const struct ptype_row *row, void *target)
{
	void *to = (char *)target + row->at;

	if (s->n_values == 0 || (is_single(row) && s->n_values != 1)) {
		ptype_fault(r, s, "one value is wanted");
		return;
	}
	if (row->set_at)
		*(bool *)(void *)((char *)target + row->set_at) = true;
	switch (row->kind) {
	case ROW_POINTER:
		if (!value_pointer_is_valid(s->values[0].text) &&
		    s->values[0].text[0] != '{')
			ptype_fault(r, s, "\"%.60s\" is no JSON pointer",
				    s->values[0].text);
		*(char **)to = copy(r, s->values[0].text);
		break;
	case ROW_TEXT:
		*(char **)to = copy(r, s->values[0].text);
		break;
	case ROW_LINES:
		take_lines(r, s, to);
		break;
	case ROW_TEXTS:
		take_texts(r, s, to);
		break;
	case ROW_TEMPLATES:
		take_templates(r, s, to);
		break;
	case ROW_TEMPLATE:
		take_joined(r, s, to);
		break;
	case ROW_QUERY:
		take_pairs(r, s, '=', to);
		break;
	case ROW_HEADERS:
		take_pairs(r, s, ':', to);
		break;
	case ROW_CONDITIONS:
		take_conditions(r, s, to);
		break;
	case ROW_REGEX:
		take_regex(r, s, to);
		break;
	case ROW_NUMBER:
		take_number(r, s, row, to);
		break;
	case ROW_SECONDS:
		take_duration(r, s, 1000, to);
		break;
	case ROW_MS:
		take_duration(r, s, 1, to);
		break;
	case ROW_FLAG:
	case ROW_CHOICE:
		take_choice(r, s, row, to);
		break;
	}
}

static void unknown(struct ptype_reading *r, const struct config_setting *s,
		    const struct ptype_row *rows)
{
	const char *words[WORDS_MAX + 1], *near;
	size_t n = 0;

	for (; rows->name && n < WORDS_MAX; rows++)
		words[n++] = rows->name;
	words[n] = NULL;
	near = str_nearest(s->name, words);
	faults_add(r->faults, s->file, s->line,
		   near ? "unknown setting \"%s\"; did you mean \"%s\"?"
			: "unknown setting \"%s\"%s",
		   s->name, near ? near : "");
}

void ptype_row_read(struct ptype_reading *r, const struct config_section *s,
		    const struct ptype_row *rows, const char *const *also,
		    void *target)
{
	for (size_t i = 0; i < s->n_settings; i++) {
		const struct config_setting *one = &s->settings[i];
		const struct ptype_row *row = rows;

		while (row->name && strcmp(row->name, one->name) != 0)
			row++;
		if (row->name && !one->skipped)
			take(r, one, row, target);
		else if (!row->name &&
			 (!also || !also[ptype_word(also, one->name)]))
			unknown(r, one, rows);
	}
}

/* ---- the end ---- */

static void texts_done(struct ptype_texts *t)
{
	for (size_t i = 0; i < t->n; i++)
		free(t->items[i]);
	free(t->items);
}

static void templates_done(struct ptype_templates *t)
{
	for (size_t i = 0; i < t->n; i++)
		template_done(&t->items[i]);
	free(t->items);
}

static void pairs_done(struct ptype_pairs *p)
{
	for (size_t i = 0; i < p->n; i++) {
		free(p->items[i].name);
		template_done(&p->items[i].value);
	}
	free(p->items);
}

static void conditions_done(struct ptype_conditions *c)
{
	for (size_t i = 0; i < c->n; i++)
		ptype_condition_done(&c->items[i]);
	free(c->items);
}

void ptype_row_done(const struct ptype_row *rows, void *target)
{
	for (; rows->name; rows++) {
		void *at = (char *)target + rows->at;

		switch (rows->kind) {
		case ROW_TEXT:
		case ROW_LINES:
		case ROW_POINTER:
			free(*(char **)at);
			break;
		case ROW_TEXTS:
			texts_done(at);
			break;
		case ROW_TEMPLATES:
			templates_done(at);
			break;
		case ROW_TEMPLATE:
			template_done(at);
			break;
		case ROW_QUERY:
		case ROW_HEADERS:
			pairs_done(at);
			break;
		case ROW_CONDITIONS:
			conditions_done(at);
			break;
		case ROW_REGEX:
			if (((struct ptype_regex *)at)->given)
				regfree(&((struct ptype_regex *)at)->re);
			break;
		case ROW_FLAG:
		case ROW_NUMBER:
		case ROW_SECONDS:
		case ROW_MS:
		case ROW_CHOICE:
			break;
		}
	}
}
