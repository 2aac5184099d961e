#include "config.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "daemon/account.h"
#include "daemon/setup.h"
#include "daemon/status.h"
#include "monitor/monitor.h"

static json_t *json_addr(const struct addr *a)
{
	char text[ADDR_STRLEN];

	return a->family ? json_string(addr_print(a, text)) : json_null();
}

static json_t *json_set(const struct addr_set *set)
{
	json_t *list = json_array();

	for (size_t i = 0; set && i < set->n; i++)
		(void)json_array_append_new(list, json_addr(&set->items[i]));
	return list;
}

static json_t *json_text(const char *text)
{
	json_t *j = text ? json_string(text) : NULL; /* NULL: not UTF-8 */

	return j ? j : json_null();
}

static json_t *json_time(int64_t wall_s)
{
	char text[32];

	return wall_s ? json_string(clock_rfc3339(wall_s, text, sizeof(text)))
		      : json_null();
}

static void append_line(void *user, const char *line)
{
	(void)json_array_append_new(user, json_text(line));
}

/* When the entry's timer will run out, by the wall clock. */
static json_t *json_next(const struct entry *e)
{
	uint64_t now_ms = clock_mono_ms();

	if (e->timer_due_ms == 0)
		return json_null();
	return json_time(clock_wall_s() +
			 (e->timer_due_ms > now_ms
				  ? (int64_t)((e->timer_due_ms - now_ms + 999) /
					      1000)
				  : 0));
}

/* ---- status ---- */

static json_t *source_object(const struct source *s, const struct monitor *m)
{
	size_t n;
	const struct source_candidate *c = source_candidates(s, &n);
	const struct addr_set *public = source_public(s);
	const struct monitor_link *link =
		n > 0 ? monitor_link(m, c[0].ifindex) : NULL;
	json_t *by = json_array();

	source_confirmed_by(s, append_line, by);
	return json_pack(
		"{s:s, s:s, s:o, s:o, s:o, s:o, s:b}", "name",
		source_config(s)->name, "family",
		source_family(s) == AF_INET ? "ipv4" : "ipv6", "interface",
		json_text(link ? link->name : NULL), "kernel_address",
		n > 0 ? json_addr(&c[0].addr) : json_null(), "public_address",
		public && public->n > 0 ? json_addr(&public->items[0])
					: json_null(),
		"confirmed_by", by, "behind_nat", source_behind_nat(s));
}

static json_t *entry_object(const struct entry *e)
{
	return json_pack(
		"{s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, "
		"s:o}",
		"name", e->config->name, "family", entry_family_name(e),
		"provider", account_info(e->account)->name, "source",
		source_config(e->source)->name, "state",
		record_state_name(e->state), "wanted", json_set(&e->wanted),
		"published", json_set(&e->published), "last_change",
		json_time(e->last_change_s), "last_update",
		json_time(e->last_update_s), "latency_ms",
		e->latency_ms >= 0 ? json_integer(e->latency_ms)
				   : json_null(),
		"next", json_next(e), "error", json_text(e->error), "note",
		json_text(e->note));
}

/* A family that the source does not have is left alone, and not shown. */
static bool is_shown(const struct entry *e)
{
	return e->state != RECORD_WAITING || e->sole || e->published.n > 0;
}

json_t *status_of(const struct setup *s, const struct monitor *m,
		  uint64_t started_ms, const char *record)
{
	json_t *sources = json_array(), *records = json_array();
	struct entry *const *entries;
	size_t n;

	for (size_t i = 0; setup_source(s, i); i++)
		(void)json_array_append_new(
			sources, source_object(setup_source(s, i), m));
	entries = setup_entries(s, &n);
	for (size_t i = 0; i < n; i++)
		if (record ? strcmp(record, entries[i]->config->name) == 0
			   : is_shown(entries[i]))
			(void)json_array_append_new(records,
						    entry_object(entries[i]));
	return json_pack("{s:s, s:I, s:o, s:o}", "version", PACKAGE_VERSION,
			 "uptime_s",
			 (json_int_t)((clock_mono_ms() - started_ms) / 1000),
			 "sources", sources, "records", records);
}

/* ---- why ---- */

static void append_servers(json_t *list, const struct resolver_answer *a)
{
	char line[400];

	for (size_t i = 0; a && i < a->n_servers; i++)
		append_line(list, resolver_server_print(&a->servers[i], line,
							sizeof(line)));
}

static json_t *server_lines(const struct entry *e)
{
	json_t *list = json_array();
	char line[400];

	append_servers(list, e->answer);
	append_servers(list, e->second);
	if (e->answer && e->answer->status != 0) {
		(void)snprintf(line, sizeof(line),
			       "the zone's servers could not be found: %s",
			       strerror(-e->answer->status));
		append_line(list, line);
	}
	return list;
}

static const char *next_act(const struct entry *e)
{
	switch (e->state) {
	case RECORD_WAITING:
		return "waits for an address";
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

static json_t *why_object(const struct entry *e)
{
	json_t *o = entry_object(e), *addresses = json_array();
	json_t *reflectors = json_array();

	source_explain(e->source, append_line, addresses);
	(void)json_object_set_new(o, "addresses", addresses);
	source_explain_reflectors(e->source, append_line, reflectors);
	(void)json_object_set_new(o, "reflectors", reflectors);
	(void)json_object_set_new(o, "zone",
				  json_text(e->answer ? e->answer->zone
						      : NULL));
	(void)json_object_set_new(o, "name_servers", server_lines(e));
	(void)json_object_set_new(o, "then", json_string(next_act(e)));
	return o;
}

json_t *status_why(const struct setup *s, const char *record)
{
	json_t *list = json_array();
	struct entry *const *entries;
	size_t n;

	entries = setup_entries(s, &n);
	for (size_t i = 0; i < n; i++)
		if (strcmp(record, entries[i]->config->name) == 0)
			(void)json_array_append_new(list,
						    why_object(entries[i]));
	return json_pack("{s:s, s:o}", "record", record, "entries", list);
}
