#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "base/clock.h"
#include "base/str.h"
#include "daemon/record/account.h"
#include "daemon/report/brief.h"
#include "daemon/report/status.h"
#include "daemon/setup/setup.h"
#include "monitor/monitor.h"

/* Where one object is written to. */
struct status {
	struct buf *out;
	int64_t now_s;
	uint64_t now_ms;
	/* Many records have the same times: the last one's text. */
	int64_t wall_s; /* 0: none */
	char wall[32];
	bool left_alone; /* the next entry is */
};

static struct status status_begin(struct buf *out)
{
	return (struct status){ .out = out, .now_s = clock_wall_s(),
				.now_ms = clock_mono_ms() };
}

/* ---- values ---- */

/* The text of error and note is a provider's: it may be anything. */
static bool is_utf8(const char *text)
{
	json_t *j;
	bool is;

	while (*text != '\0' && (unsigned char)*text < 0x80)
		text++;
	if (*text == '\0')
		return true;
	j = json_string(text);
	is = j != NULL;
	json_decref(j);
	return is;
}

/* name stands as it is: ,"name": */
static void put_text(struct buf *out, const char *name, const char *text)
{
	buf_add_str(out, name);
	if (text && is_utf8(text))
		buf_add_json(out, text);
	else
		buf_add_str(out, "null");
}

static void put_addr(struct buf *out, const struct addr *a)
{
	char text[ADDR_STRLEN];

	if (!a || a->family == 0) {
		buf_add_str(out, "null");
		return;
	}
	buf_add(out, "\"", 1);
	buf_add_str(out, addr_print(a, text));
	buf_add(out, "\"", 1);
}

static void put_set(struct buf *out, const char *name,
		    const struct addr_set *set)
{
	buf_add_str(out, name);
	buf_add(out, "[", 1);
	for (size_t i = 0; i < set->n; i++) {
		if (i > 0)
			buf_add(out, ",", 1);
		put_addr(out, &set->items[i]);
	}
	buf_add(out, "]", 1);
}

static void put_time(struct status *s, const char *name, int64_t wall_s)
{
	buf_add_str(s->out, name);
	if (wall_s == 0) {
		buf_add_str(s->out, "null");
		return;
	}
	if (wall_s != s->wall_s)
		(void)clock_rfc3339(wall_s, s->wall, sizeof(s->wall));
	s->wall_s = wall_s;
	buf_add(s->out, "\"", 1);
	buf_add_str(s->out, s->wall);
	buf_add(s->out, "\"", 1);
}

/* When the entry's timer will run out, by the wall clock. */
static void put_next(struct status *s, const char *name, const struct entry *e)
{
	uint64_t due_ms = e->timer_due_ms ? e->timer_due_ms
			  : e->hold_due_ms ? e->hold_due_ms
			  : e->state == RECORD_CONFIRMING
				  ? source_next_ms(e->source)
				  : 0;
	int64_t left_s = due_ms > s->now_ms
				 ? (int64_t)((due_ms - s->now_ms + 999) / 1000)
				 : 0;

	put_time(s, name, due_ms ? s->now_s + left_s : 0);
}

/* A list of lines, as what explains things calls it. */
struct lines {
	struct buf *out;
	bool any;
};

static void put_line(void *user, const char *line)
{
	struct lines *l = user;

	put_text(l->out, l->any ? "," : "", line);
	l->any = true;
}

static struct lines lines_begin(struct buf *out, const char *name)
{
	buf_add_str(out, name);
	buf_add(out, "[", 1);
	return (struct lines){ .out = out };
}

/* ---- status ---- */

static void put_source(struct buf *out, const struct source *s,
		       const struct monitor *m)
{
	size_t n;
	const struct source_candidate *c = source_candidates(s, &n);
	const struct addr_set *public = source_public(s);
	const struct monitor_link *link =
		n > 0 ? monitor_link(m, c[0].ifindex) : NULL;
	struct lines by;

	put_text(out, "{\"name\":", source_config(s)->name);
	put_text(out, ",\"family\":",
		 source_family(s) == AF_INET ? "ipv4" : "ipv6");
	put_text(out, ",\"interface\":", link ? link->name : NULL);
	buf_add_str(out, ",\"kernel_address\":");
	put_addr(out, n > 0 ? &c[0].addr : NULL);
	buf_add_str(out, ",\"public_address\":");
	put_addr(out, public && public->n > 0 ? &public->items[0] : NULL);
	by = lines_begin(out, ",\"confirmed_by\":");
	source_confirmed_by(s, put_line, &by);
	buf_add_str(out, "],\"behind_nat\":");
	buf_add_str(out, source_behind_nat(s) ? "true}" : "false}");
}

static void put_in(struct status *s, const char *name, uint64_t at_ms)
{
	int64_t left_s = (int64_t)((at_ms - s->now_ms + 999) / 1000);

	put_time(s, name, at_ms > s->now_ms ? s->now_s + left_s : 0);
}

/* Until when nothing more is sent to the account, and why. */
static void put_rest(struct status *s, const struct account *a)
{
	uint64_t until_ms = account_not_before_ms(a);
	const char *why = NULL;

	if (until_ms > s->now_ms)
		why = account_rest_ms(a) == until_ms
			      ? "its server has asked for it"
			      : "min-interval";
	put_in(s, ",\"account_rests_until\":", until_ms);
	put_text(s->out, ",\"account_rests_for\":", why);
}

/* Its final brace is the caller's. */
static void put_entry(struct status *s, const struct entry *e)
{
	struct buf *out = s->out;
	char brief[BRIEF_STRLEN];

	put_text(out, "{\"name\":", e->config->name);
	put_text(out, ",\"family\":", entry_family_name(e));
	put_text(out, ",\"provider\":", account_info(e->account)->name);
	put_text(out, ",\"source\":", source_config(e->source)->name);
	put_text(out, ",\"state\":",
		 record_state_name(entry_shown_state(e)));
	put_set(out, ",\"wanted\":", &e->wanted);
	put_set(out, ",\"published\":", &e->published);
	put_time(s, ",\"last_change\":", e->last_change_s);
	put_time(s, ",\"last_update\":", e->last_update_s);
	buf_add_str(out, ",\"latency_ms\":");
	if (e->latency_ms < 0)
		buf_add_str(out, "null");
	else if (e->latency_ms <= UINT32_MAX)
		buf_add_u32(out, (uint32_t)e->latency_ms);
	else
		buf_addf(out, "%" PRId64, e->latency_ms);
	put_next(s, ",\"next\":", e);
	put_text(out, ",\"error\":", e->error);
	put_text(out, ",\"note\":", e->note);
	put_text(out, ",\"summary\":",
		 s->left_alone ? "left alone: the source has no address of "
				 "this family"
			       : brief_print(e, s->now_ms, brief));
	put_text(out, ",\"answer\":", e->answered);
	put_time(s, ",\"answered\":", e->answered_at_s);
	put_rest(s, e->account);
}

void status_print(const struct setup *s, const struct monitor *m,
		  uint64_t started_ms, const char *record, struct buf *out)
{
	struct status st = status_begin(out);
	struct entry *const *entries;
	bool any = false;
	size_t n;

	buf_addf(out, "{\"version\":\"%s\",\"uptime_s\":%" PRIu64
		      ",\"sources\":[", PACKAGE_VERSION,
		 (st.now_ms - started_ms) / 1000);
	for (size_t i = 0; setup_source(s, i); i++) {
		if (i > 0)
			buf_add(out, ",", 1);
		put_source(out, setup_source(s, i), m);
	}
	buf_add_str(out, "],\"records\":[");
	entries = setup_entries(s, &n);
	for (size_t i = 0; i < n; i++) {
		if (setup_left_alone(s, i) ||
		    (record && strcmp(record, entries[i]->config->name) != 0))
			continue;
		if (any)
			buf_add(out, ",", 1);
		put_entry(&st, entries[i]);
		buf_add(out, "}", 1);
		any = true;
	}
	buf_add_str(out, "]}");
}

/* ---- why ---- */

static void put_servers(struct lines *list, const char *who,
			const struct resolver_answer *a)
{
	char line[400], whole[440];

	for (size_t i = 0; a && i < a->n_servers; i++) {
		(void)resolver_server_print(&a->servers[i], line,
					    sizeof(line));
		(void)snprintf(whole, sizeof(whole), "%s%s", who, line);
		put_line(list, whole);
	}
}

/* What the last answers came to; NULL: that is still open. */
static const char *verdict_word(const struct entry *e)
{
	if (e->checked_at_s == 0 || e->state == RECORD_WAITING ||
	    e->state == RECORD_CONFIRMING || e->state == RECORD_CHECKING)
		return NULL;
	return resolver_verdict_name(e->verdict);
}

static void put_name_servers(struct buf *out, const struct entry *e)
{
	struct lines list = lines_begin(out, ",\"name_servers\":");
	char line[400];

	put_servers(&list, "", e->answer);
	if (e->answer && e->answer->status != 0) {
		(void)snprintf(line, sizeof(line),
			       "the zone's servers could not be found: %s",
			       resolver_status_text(e->answer->status));
		put_line(&list, line);
	}
	if (e->second)
		put_servers(&list, e->resolved ? "in their place, the "
					       : "in their place, provider ",
			    e->second);
	buf_add(out, "]", 1);
}

static const char *next_act(const struct entry *e)
{
	if (e->state == RECORD_PUBLISHED && e->unsent)
		return "looks at the name servers again; a dry run sends "
		       "nothing";
	switch (e->state) {
	case RECORD_WAITING:
		return e->hold_due_ms ? "takes away what is published, if no "
					"address comes back"
				      : "waits for an address";
	case RECORD_CONFIRMING:
		return "waits for the address to be confirmed";
	case RECORD_CHECKING:
		return "waits for the name servers' answers";
	case RECORD_UPDATING:
	case RECORD_UPDATING_STALE:
		return "waits for the provider's answer";
	case RECORD_VERIFYING:
		return "looks at the name servers again until they agree";
	case RECORD_PUBLISHED:
		return "looks at the name servers again, or at the next change";
	case RECORD_BACKOFF:
		return "tries again, asking the name servers first";
	case RECORD_REFUSED:
		return "waits for another address, `evddnsctl retry`, or a "
		       "reload";
	case RECORD_STAY:
	case RECORD_N_STATES:
		break;
	}
	return "?";
}

static void put_why(struct status *s, const struct entry *e)
{
	struct lines list;

	put_entry(s, e);
	list = lines_begin(s->out, ",\"addresses\":");
	source_explain(e->source, put_line, &list);
	list = lines_begin(s->out, "],\"reflectors\":");
	source_explain_reflectors(e->source, put_line, &list);
	put_text(s->out, "],\"zone\":", e->answer ? e->answer->zone : NULL);
	put_name_servers(s->out, e);
	put_time(s, ",\"checked\":", e->checked_at_s);
	put_text(s->out, ",\"verdict\":", verdict_word(e));
	put_text(s->out, ",\"then\":", next_act(e));
	buf_add(s->out, "}", 1);
}

void status_why(const struct setup *s, const char *record, struct buf *out)
{
	struct status st = status_begin(out);
	struct entry *const *entries;
	bool any = false;
	size_t n;

	put_text(out, "{\"record\":", record);
	buf_add_str(out, ",\"entries\":[");
	entries = setup_entries(s, &n);
	for (size_t i = 0; i < n; i++) {
		if (strcmp(record, entries[i]->config->name) != 0)
			continue;
		if (any)
			buf_add(out, ",", 1);
		st.left_alone = setup_left_alone(s, i);
		put_why(&st, entries[i]);
		any = true;
	}
	buf_add_str(out, "]}");
}
