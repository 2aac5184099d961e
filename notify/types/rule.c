#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "notify/types/rule.h"
#include "notify/types/value.h"

#define STRANGE_S 300
#define UNKNOWN_S 900
#define WAIT_MOST_S 86400

static const char blanks[] = " \t\r\n\f\v";

size_t rule_count_lines(const char *body)
{
	size_t n = 0;

	for (;;) {
		body += strspn(body, blanks);
		if (!*body)
			return n;
		n++;
		body += strcspn(body, "\n");
	}
}

char *rule_line(const char *body, size_t i)
{
	size_t len;

	for (;; i--) {
		body += strspn(body, blanks);
		if (!*body)
			return NULL;
		len = strcspn(body, "\r\n");
		if (i == 0)
			break;
		body += strcspn(body, "\n");
	}
	while (len > 0 && strchr(blanks, body[len - 1]))
		len--;
	return str_dupf("%.*s", (int)len, body);
}

/* ---- conditions ---- */

static bool status_is(const struct ptype_texts *t, unsigned int status)
{
	char exact[16], kind[16];

	(void)snprintf(exact, sizeof(exact), "%u", status);
	(void)snprintf(kind, sizeof(kind), "%uxx", status / 100);
	for (size_t i = 0; i < t->n; i++)
		if (strcmp(t->items[i], exact) == 0 ||
		    strcmp(t->items[i], kind) == 0)
			return true;
	return t->n == 0;
}

static bool word_is(const struct ptype_texts *t, const char *line)
{
	size_t len;

	line += strspn(line, blanks);
	len = strcspn(line, blanks);
	for (size_t i = 0; i < t->n; i++)
		if (strlen(t->items[i]) == len &&
		    memcmp(t->items[i], line, len) == 0)
			return true;
	return t->n == 0;
}

static bool starts_with(const char *line, const char *text)
{
	line += strspn(line, blanks);
	return strncmp(line, text, strlen(text)) == 0;
}

static bool has_inside(const char *line, const char *text)
{
	return strstr(line, text) != NULL;
}

static bool is_like(struct context *c, const struct ptype_templates *t,
		    const char *line, bool (*is)(const char *, const char *))
{
	bool found = t->n == 0;

	for (size_t i = 0; i < t->n && !found; i++) {
		char *text = NULL;

		found = context_text(c, &t->items[i], &text) == 0 &&
			is(line, text);
		str_wipe_free(text);
	}
	return found;
}

static bool is_one_of(const struct ptype_texts *t, const json_t *v)
{
	char *text = value_text(v);
	bool found = false;

	for (size_t i = 0; i < t->n && text && !found; i++) {
		size_t len = strlen(t->items[i]);

		if (len > 0 && t->items[i][len - 1] == '*')
			found = strncmp(text, t->items[i], len - 1) == 0;
		else
			found = strcmp(text, t->items[i]) == 0;
	}
	free(text);
	return found;
}

static bool json_is_so(struct context *c, const struct ptype_answer *w,
		       const struct rule_answer *a)
{
	json_t *v;

	if (!w->json)
		return true;
	v = a->json ? context_at(c, a->json, w->json) : NULL;
	if (w->is.n > 0 && (!v || !is_one_of(&w->is, v)))
		return false;
	if (w->is_not.n > 0)
		return v && !is_one_of(&w->is_not, v);
	return v != NULL;
}

static bool matches(struct context *c, const struct ptype_answer *w,
		    const struct rule_answer *a, const char *line)
{
	return status_is(&w->status, a->status) && word_is(&w->word, line) &&
	       is_like(c, &w->starts, line, starts_with) &&
	       is_like(c, &w->contains, line, has_inside) &&
	       (!w->regex.given ||
		regexec(&w->regex.re, line, 0, NULL, 0) == 0) &&
	       json_is_so(c, w, a) && context_holds(c, &w->when);
}

/* ---- answers of somebody else ---- */

/* A page for people: of a portal, a proxy, a server that is being repaired. */
static bool is_page(const char *body)
{
	static const char *const starts[] = { "<!doctype html", "<html" };

	if (strncmp(body, "\xef\xbb\xbf", 3) == 0)
		body += 3;
	body += strspn(body, blanks);
	for (size_t i = 0; i < sizeof(starts) / sizeof(*starts); i++)
		if (strncasecmp(body, starts[i], strlen(starts[i])) == 0)
			return true;
	return false;
}

/* Whoever reads nothing out of it has not read that nothing is there. */
static bool needs_json(const struct ptype_step *s)
{
	bool needs = s->records.given && s->records.json;

	for (size_t i = 0; i < s->n_read && !needs; i++)
		needs = s->read[i].json && (s->reads || s->read[i].required);
	return needs;
}

/* It is said to be fine, and is nothing that the step can have asked for. */
static bool is_strange(const struct context *c, const struct rule_answer *a)
{
	const struct ptype_step *s = c->step;
	bool empty = a->body[strspn(a->body, blanks)] == '\0';

	if (a->status / 100 != 2 || a->status == 204 || a->json)
		return false;
	return needs_json(s) || (s->body == BODY_JSON && !empty) ||
	       is_page(a->body);
}

/* By more than the status? Of a strange one that is not believed. */
static bool is_believed(const struct ptype_answer *w)
{
	return w->word.n > 0 || w->starts.n > 0 || w->contains.n > 0 ||
	       w->regex.given || w->json || w->class == ANSWER_LATER ||
	       w->class == ANSWER_SLOW;
}

/* "w30", "w5m": how long by the groups of the expression; 0: not said. */
static uint32_t wait_of(const struct ptype_answer *w, const char *line)
{
	char *number, *unit;
	uint32_t n = 0;

	if (!w->regex.given || w->regex.re.re_nsub < 1)
		return 0;
	number = context_match(&w->regex, line, 1);
	unit = context_match(&w->regex, line, 2);
	if (!number || str_to_u32(number, WAIT_MOST_S, &n) < 0)
		n = 0;
	if (unit && unit[0] == 'm')
		n *= 60;
	if (unit && unit[0] == 'h')
		n *= 3600;
	free(number);
	free(unit);
	return n < WAIT_MOST_S ? n : WAIT_MOST_S;
}

static bool try_all(struct context *c, const struct ptype_answers *answers,
		    const struct rule_answer *a, const char *line,
		    struct rule_verdict *v)
{
	bool strange = is_strange(c, a);

	for (size_t i = 0; i < answers->n; i++) {
		const struct ptype_answer *w = &answers->items[i];
		uint32_t wait;

		if (!matches(c, w, a, line) || (strange && !is_believed(w)))
			continue;
		wait = wait_of(w, line);
		*v = (struct rule_verdict){
			.class = w->class,
			.wait_s = a->retry_after_s ? a->retry_after_s
				  : wait	   ? wait : w->wait_s,
			.says = w->says,
			.by_words = w->status.n == 0 && !w->json,
		};
		return true;
	}
	return false;
}

/* Does the step itself say which answers are good? */
static bool says_good(const struct ptype_answers *answers)
{
	for (size_t i = 0; i < answers->n; i++)
		if (answers->items[i].class == ANSWER_OK ||
		    answers->items[i].class == ANSWER_UNCHANGED)
			return true;
	return false;
}

static void judge_status(const struct rule_answer *a, bool strict,
			 struct rule_verdict *v)
{
	unsigned int s = a->status;

	*v = (struct rule_verdict){ .class = ANSWER_LATER,
				    .wait_s = a->retry_after_s };
	if (s / 100 == 2 && !strict) {
		v->class = ANSWER_OK;
	} else if (s / 100 == 2) {
		v->says = "no answer that this type knows";
		if (v->wait_s == 0)
			v->wait_s = STRANGE_S;
	} else if (s == 429) {
		v->class = ANSWER_SLOW;
		v->says = "too many requests";
	} else if (s / 100 == 5 || s == 408 || s == 425) {
		v->says = "the server has trouble";
	} else {
		if (s / 100 == 3)
			v->says = "redirects are not followed";
		v->unknown = v->wait_s == 0;
		if (v->wait_s == 0)
			v->wait_s = UNKNOWN_S;
	}
}

void rule_judge(struct context *c, const struct rule_answer *a,
		const char *line, struct rule_verdict *ret)
{
	if (try_all(c, &c->step->answers, a, line, ret) ||
	    try_all(c, &c->type->answers, a, line, ret)) {
		/* Words cannot make a success of an error. */
		if (ret->by_words && a->status / 100 != 2 &&
		    (ret->class == ANSWER_OK ||
		     ret->class == ANSWER_UNCHANGED))
			judge_status(a, true, ret);
		return;
	}
	judge_status(a, says_good(&c->step->answers) || is_strange(c, a),
		     ret);
}

/* ---- words ---- */

static json_t *find_message(json_t *o)
{
	static const char *const places[] = {
		"/errors/0/message",  "/error/message",	 "/errors/0/reason",
		"/message",	      "/Message",	 "/detail",
		"/errorMessage",      "/error_description",
		"/longmessage",	      "/status/message", "/error",
		"/statusDescription", "/reply/detail",	 "/0/message",
		"/msg",		      "/Response/Error/Message", NULL,
	};

	for (size_t i = 0; places[i]; i++) {
		json_t *v = value_at(o, places[i]);

		if (json_is_string(v) && json_string_length(v) > 0)
			return v;
	}
	return NULL;
}

const char *rule_words(const struct rule_answer *a, const char *line,
		       size_t *ret_len)
{
	json_t *message = a->json ? find_message(a->json) : NULL;
	const char *text = message ? json_string_value(message)
			   : a->json && a->status / 100 == 2 &&
					     !json_is_string(a->json)
				   ? "" : line;

	if (!message)
		text += strspn(text, blanks);
	/* Of HTML the first line says little. */
	*ret_len = message || text[0] == '<' ? strlen(text)
					     : strcspn(text, "\r\n");
	return text;
}
