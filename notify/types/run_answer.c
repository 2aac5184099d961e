#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "notify/types/plan.h"
#include "notify/types/reading.h"
#include "notify/types/run.h"
#include "notify/types/run_inside.h"
#include "notify/types/value.h"

#define PAGES_MAX 100
#define POLL_MS 2000
#define QUOTE_MAX 160
#define QUOTE_SIZE 200
#define POLL_MOST_MS 60000

/* An answer at hand. */
struct answering {
	struct run *r;
	struct rule_answer a;
	char *body; /* with its NUL, and without others */
	const struct http_answer *http;
};

static char *copy_body(const char *body, size_t len)
{
	char *copy = malloc(len + 1);

	if (!copy)
		return NULL;
	for (size_t i = 0; i < len; i++)
		copy[i] = body[i] ? body[i] : '?';
	copy[len] = '\0';
	return copy;
}

static char *find_header(void *user, const char *name)
{
	const struct answering *x = user;

	return http_answer_header(x->http, name);
}

/*
 * Text of the server's, for people: secrets that it repeats are taken out
 * before it is cut, for a half of one would not be known.
 */
static void quote(const struct run *r, const char *text, size_t len,
		  char out[QUOTE_SIZE])
{
	char *clean = provider_scrub(r->provider, text, len);

	(void)str_printable(clean ? clean : "", clean ? strlen(clean) : 0,
			    QUOTE_MAX, out, QUOTE_SIZE);
	str_wipe_free(clean);
}

/* "duckdns: HTTP 403, "what it said": what it means". */
static void tell(const struct answering *x, const struct rule_verdict *v,
		 const char *line, char out[JOB_TEXT_SIZE])
{
	char said[QUOTE_SIZE], where[QUOTE_SIZE] = "", status[24] = "";
	const char *name = x->r->provider->type->name, *mark;
	bool plain = v->class == ANSWER_OK || v->class == ANSWER_UNCHANGED;
	size_t len;
	const char *words = rule_words(&x->a, line, &len);

	quote(x->r, words, len, said);
	mark = said[0] && !plain ? "\"" : "";
	if (!plain || x->a.status != 200 || !said[0])
		(void)snprintf(status, sizeof(status), "HTTP %u%s",
			       x->a.status, said[0] ? ", " : "");
	if (x->a.status / 100 == 3)
		quote(x->r, x->a.location, strlen(x->a.location), where);
	(void)snprintf(out, JOB_TEXT_SIZE, "%s: %s%s%s%s%s%s%s%s", name,
		       status, mark, said, mark, v->says ? ": " : "",
		       v->says ? v->says : "", where[0] ? ", to " : "", where);
}

/* ---- what was read ---- */

static void plan_family(void *user, struct thing *f)
{
	struct run *r = user;
	const struct ptype *p = r->provider->type;
	enum plan_verdict verdict = PLAN_CHANGE;
	char text[JOB_TEXT_SIZE];

	if (!f->records)
		return;
	if (plan_make(p, f, &verdict) < 0) {
		run_settle(r, f, NOTIFY_RETRY, 0, "out of memory");
	} else if (verdict == PLAN_SAME) {
		(void)snprintf(text, sizeof(text), "%s: it is so already",
			       p->name);
		run_settle(r, f, NOTIFY_UNCHANGED, 0, text);
	} else if (verdict == PLAN_FORBIDDEN) {
		(void)snprintf(text, sizeof(text), "%s: there is no such "
			       "record, and it may not be made%s", p->name,
			       f->job->no_create ? " (create = no)"
						 : ": make it there first");
		run_settle(r, f, NOTIFY_REFUSED, 0, text);
	}
}

void run_plan(struct run *r, struct thing *t)
{
	if (!r->look)
		thing_each_family(t, plan_family, r);
}

static void begin_records(void *user, struct thing *f)
{
	(void)user;
	if (!f->records)
		f->records = json_array();
}

/* Another page? Then it is asked for. */
static bool next_page(struct run *r)
{
	const struct ptype_step *s = run_step(r);
	json_t *v;
	bool more;

	if (!s->repeat || r->c.page >= PAGES_MAX)
		return false;
	v = context_get(&r->c, s->repeat);
	more = value_is_set(v);
	json_decref(v);
	if (!more)
		return false;
	r->c.page++;
	run_send(r);
	return true;
}

/* ---- what follows ---- */

/* Nothing is there: as good as an empty answer to whoever only reads. */
static void take_absent(struct answering *x, const char *text)
{
	struct run *r = x->r;
	const struct ptype_step *s = run_step(r);

	if (s->records.given) {
		thing_each_family(r->c.thing, begin_records, NULL);
		run_list_taken(r);
		run_plan(r, r->c.thing);
		run_next_thing(r);
		return;
	}
	for (size_t i = 0; i < s->n_read; i++)
		if (s->reads && !s->read[i].required &&
		    r->phase == RUN_NAMES) {
			run_next_thing(r);
			return;
		}
	if (!r->restarted && r->provider->type->has_records &&
	    r->phase == RUN_NAMES) {
		provider_zone_forget(r->zone);
		run_restart(r);
		return;
	}
	run_settle(r, run_scope(r), NOTIFY_REFUSED, 0, text);
	run_next_thing(r);
}

static void take_again(struct answering *x, const struct rule_verdict *v,
		       const char *text)
{
	struct run *r = x->r;

	if (!r->restarted && r->phase != RUN_LOGOUT) {
		/* Another run may have begun a fresh one meanwhile. */
		if (r->generation == r->provider->generation)
			provider_session_forget(r->provider);
		if (r->zone)
			provider_zone_forget(r->zone);
		run_restart(r);
		return;
	}
	run_settle(r, run_scope(r), NOTIFY_RETRY, v->wait_s, text);
	run_next_thing(r);
}

static void find_unanswered(void *user, struct thing *family)
{
	*(bool *)user |= !family->answered;
}

static void take_pending(struct answering *x, const char *text)
{
	struct run *r = x->r;
	const struct ptype_step *s = run_step(r);
	uint64_t now_ms = clock_mono_ms();
	bool unanswered = false;

	if (r->poll_until_ms == 0)
		r->poll_until_ms = now_ms + (s->poll_for_ms ? s->poll_for_ms
							    : POLL_MOST_MS);
	if (now_ms < r->poll_until_ms) {
		run_send_later(r, s->poll_ms ? s->poll_ms : POLL_MS);
		return;
	}
	/* What was accepted before is on its way; DNS will tell. */
	thing_each_family(r->c.thing, find_unanswered, &unanswered);
	if (unanswered)
		run_settle(r, run_scope(r), NOTIFY_RETRY, 0, text);
	run_next_thing(r);
}

struct success {
	enum notify_status status;
	const char *text;
};

/* One "done" among several requests makes the whole done. */
static void succeed_family(void *user, struct thing *f)
{
	const struct success *s = user;

	if (!f->answered || s->status == NOTIFY_DONE)
		f->result = s->status;
	f->answered = true;
	(void)snprintf(f->text, sizeof(f->text), "%s", s->text);
}

static void take_success(struct answering *x, const struct rule_verdict *v,
			 const char *text)
{
	struct run *r = x->r;
	const struct ptype_step *s = run_step(r);
	struct success ok = { .text = text,
			      .status = v->class == ANSWER_UNCHANGED
						? NOTIFY_UNCHANGED
						: NOTIFY_DONE };
	struct thing *into = r->c.thing;
	struct rule_verdict absent = { .class = ANSWER_ABSENT,
				       .says = "it is not in the answer" };
	char line[JOB_TEXT_SIZE];
	int e = reading_values(&r->c, &x->a, find_header, x, into);

	if (e == 0 && s->records.given)
		e = reading_records(&r->c, &x->a);
	if (e == 0 && s->records.given)
		e = run_list_take(r, &x->a);
	if (e == -ENOENT) {
		tell(x, &absent, x->body, line);
		take_absent(x, line);
		return;
	}
	if (e < 0) {
		run_settle(r, run_scope(r), NOTIFY_RETRY, 0, "out of memory");
		run_next_thing(r);
		return;
	}
	if (next_page(r))
		return;
	run_list_taken(r);
	run_size_taken(r);
	if (s->records.given)
		run_plan(r, r->c.thing);
	else if (!s->reads && r->phase == RUN_NAMES)
		thing_each_family(r->c.thing, succeed_family, &ok);
	run_next_thing(r);
}

/* A bad name among good ones spoils an answer for all of them. */
static bool may_split(const struct run *r, const struct rule_answer *a)
{
	return r->n > 1 && r->phase == RUN_NAMES &&
	       r->c.thing->scope == SCOPE_BATCH && !run_step(r)->reads &&
	       a->status != 401 && a->status != 403 && a->status != 404;
}

/* What may be about one of the names, though no rule knows it. */
static bool is_of_names(const struct rule_verdict *v,
			const struct rule_answer *a)
{
	return v->unknown && (a->status == 400 || a->status == 413 ||
			      a->status == 422);
}

static void take(struct answering *x, const struct rule_verdict *v,
		 const char *line)
{
	struct run *r = x->r;
	char text[JOB_TEXT_SIZE];

	tell(x, v, line, text);
	switch (v->class) {
	case ANSWER_OK:
	case ANSWER_UNCHANGED:
		take_success(x, v, text);
		return;
	case ANSWER_ABSENT:
		take_absent(x, text);
		return;
	case ANSWER_AGAIN:
		take_again(x, v, text);
		return;
	case ANSWER_PENDING:
		take_pending(x, text);
		return;
	case ANSWER_REFUSED:
		if (may_split(r, &x->a)) {
			run_split(r);
			return;
		}
		run_settle(r, run_scope(r), NOTIFY_REFUSED, 0, text);
		break;
	case ANSWER_BANNED:
		run_settle_stop(r, run_scope(r), text);
		break;
	case ANSWER_SLOW:
		run_settle(r, run_scope(r), NOTIFY_SLOW, v->wait_s, text);
		break;
	case ANSWER_LATER:
		if (is_of_names(v, &x->a) && may_split(r, &x->a)) {
			run_split(r);
			return;
		}
		run_settle_later(r, run_scope(r), v, text);
		break;
	case ANSWER_SKIP:
	case ANSWER_N:
	default:
		break;
	}
	run_next_thing(r);
}

/* One family's, or name's, part of an answer with a line for each. */
static void take_line(struct answering *x, struct thing *name,
		      const char *line)
{
	struct run *r = x->r;
	struct rule_verdict v;
	char text[JOB_TEXT_SIZE];
	struct success ok = { .status = NOTIFY_DONE, .text = text };
	struct thing *at = r->c.thing;

	r->c.thing = name;
	rule_judge(&r->c, &x->a, line, &v);
	r->c.thing = at;
	tell(x, &v, line, text);
	switch (v.class) {
	case ANSWER_UNCHANGED:
		ok.status = NOTIFY_UNCHANGED;
		thing_each_family(name, succeed_family, &ok);
		break;
	case ANSWER_OK:
	case ANSWER_SKIP:
		thing_each_family(name, succeed_family, &ok);
		break;
	case ANSWER_REFUSED:
	case ANSWER_ABSENT:
		run_settle(r, name, NOTIFY_REFUSED, 0, text);
		break;
	case ANSWER_BANNED:
		run_settle_stop(r, name, text);
		break;
	case ANSWER_SLOW:
		run_settle(r, name, NOTIFY_SLOW, v.wait_s, text);
		break;
	case ANSWER_LATER:
	case ANSWER_AGAIN:
	case ANSWER_PENDING:
	case ANSWER_N:
	default:
		run_settle_later(r, name, &v, text);
		break;
	}
}

/*
 * One line for all, or one for each name in the order of the request; names
 * for which there is none come again.
 */
static void take_lines(struct answering *x)
{
	struct run *r = x->r;
	size_t n = rule_count_lines(x->body);

	for (size_t i = 0; i < r->batch->n_below; i++) {
		char *line = rule_line(x->body, n == 1 ? 0 : i);

		if (!thing_is_settled(r->batch->below[i]))
			take_line(x, r->batch->below[i], line ? line : "");
		free(line);
	}
	run_next_thing(r);
}

static void take_trouble(struct run *r, const struct http_answer *a)
{
	char line[JOB_TEXT_SIZE], *clean;

	(void)snprintf(line, sizeof(line), "%s: %s: %s",
		       r->provider->type->name, r->call.host.host, a->text);
	clean = provider_scrub(r->provider, line, strlen(line));
	r->unreached = true;
	run_settle(r, run_scope(r), NOTIFY_RETRY, 0, clean ? clean : "");
	free(clean);
	run_next_thing(r);
}

void run_answered(struct run *r, const struct http_answer *http)
{
	struct answering x = {
		.r = r, .http = http,
		.a = { .status = http->status, .location = http->location,
		       .retry_after_s = http->retry_after_s },
	};
	struct rule_verdict v;

	if (r->logout) {
		run_next_thing(r);
		return;
	}
	if (http->error < 0) {
		take_trouble(r, http);
		return;
	}
	x.body = copy_body(http->body, http->len);
	if (!x.body) {
		run_settle(r, run_scope(r), NOTIFY_RETRY, 0, "out of memory");
		run_next_thing(r);
		return;
	}
	x.a.body = x.body;
	x.a.len = http->len;
	x.a.json = json_loadb(http->body, http->len, JSON_DECODE_ANY, NULL);
	if (run_step(r)->per_line) {
		take_lines(&x);
	} else {
		rule_judge(&r->c, &x.a, x.body, &v);
		take(&x, &v, x.body);
	}
	json_decref(x.a.json);
	free(x.body);
}
