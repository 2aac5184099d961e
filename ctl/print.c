#include "config.h"

#include <stdbool.h>
#include <string.h>

#include "ctl/print.h"

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text && *text ? text : "-";
}

/* The members of a list of texts, joined. */
static const char *list_of(const json_t *object, const char *key, char *out,
			   size_t size)
{
	const json_t *list = json_object_get(object, key), *item;
	size_t i, len = 0;

	(void)snprintf(out, size, "-");
	json_array_foreach(list, i, item) {
		const char *text = json_string_value(item);
		int n = snprintf(out + len, size - len, "%s%s", i ? "," : "",
				 text ? text : "?");

		if (n < 0 || (size_t)n >= size - len)
			break;
		len += (size_t)n;
	}
	return out;
}

static void print_sources(const json_t *sources, FILE *out)
{
	const json_t *s;
	size_t i;

	json_array_foreach(sources, i, s)
		(void)fprintf(out, "source %s/%s: %s on %s, the world sees %s%s\n",
			      text_of(s, "name"), text_of(s, "family"),
			      text_of(s, "kernel_address"),
			      text_of(s, "interface"),
			      text_of(s, "public_address"),
			      json_is_true(json_object_get(s, "behind_nat"))
				      ? " (behind NAT)"
				      : "");
}

void print_status(const json_t *answer, FILE *out)
{
	const json_t *records = json_object_get(answer, "records"), *r;
	char wanted[256];
	size_t i, width = 4;

	print_sources(json_object_get(answer, "sources"), out);
	json_array_foreach(records, i, r)
		if (strlen(text_of(r, "name")) > width)
			width = strlen(text_of(r, "name"));
	if (json_array_size(records) > 0)
		(void)fprintf(out, "%-*s  %-6s  %-10s  %-10s  %s\n",
			      (int)width, "NAME", "FAMILY", "PROVIDER",
			      "STATE", "WANTED");
	json_array_foreach(records, i, r) {
		(void)fprintf(out, "%-*s  %-6s  %-10s  %-10s  %s", (int)width,
			      text_of(r, "name"), text_of(r, "family"),
			      text_of(r, "provider"), text_of(r, "state"),
			      list_of(r, "wanted", wanted, sizeof(wanted)));
		if (json_is_string(json_object_get(r, "note")))
			(void)fprintf(out, "  (%s)", text_of(r, "note"));
		(void)fprintf(out, "\n");
		if (json_is_string(json_object_get(r, "error")))
			(void)fprintf(out, "%-*s  %s\n", (int)width, "",
				      text_of(r, "error"));
	}
}

static void print_lines(const json_t *entry, const char *key,
			const char *title, FILE *out)
{
	const json_t *list = json_object_get(entry, key), *line;
	size_t i;

	(void)fprintf(out, "  %s\n", title);
	if (json_array_size(list) == 0)
		(void)fprintf(out, "    none\n");
	json_array_foreach(list, i, line)
		(void)fprintf(out, "    %s\n",
			      json_is_string(line) ? json_string_value(line)
						   : "-");
}

static void print_text(const json_t *entry, const char *key,
		       const char *title, FILE *out)
{
	if (json_is_string(json_object_get(entry, key)))
		(void)fprintf(out, "  %-12s %s\n", title,
			      text_of(entry, key));
}

/* Nothing was looked at: there is no more to say than what lacks. */
static bool is_bare(const json_t *entry)
{
	static const char *const lists[] = { "wanted", "published", "addresses",
					     "reflectors", "name_servers" };

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		if (json_array_size(json_object_get(entry, lists[i])) > 0)
			return false;
	return !json_is_string(json_object_get(entry, "error"));
}

/* What was said to it, and when it may be asked again. */
static void print_account(const json_t *e, FILE *out)
{
	if (json_is_string(json_object_get(e, "answer")))
		(void)fprintf(out, "  it answered  %s (%s)\n",
			      text_of(e, "answer"), text_of(e, "answered"));
	if (json_is_string(json_object_get(e, "account_rests_until")))
		(void)fprintf(out, "  it rests     until %s: %s\n",
			      text_of(e, "account_rests_until"),
			      text_of(e, "account_rests_for"));
}

void print_why(const json_t *answer, FILE *out)
{
	const json_t *entries = json_object_get(answer, "entries"), *e;
	char wanted[256], published[256], servers[128];
	size_t i;

	json_array_foreach(entries, i, e) {
		(void)fprintf(out, "%s%s/%s at %s: %s\n  %s\n",
			      i > 0 ? "\n" : "", text_of(e, "name"),
			      text_of(e, "family"), text_of(e, "provider"),
			      text_of(e, "state"), text_of(e, "summary"));
		if (is_bare(e))
			continue;
		print_text(e, "error", "trouble", out);
		print_text(e, "note", "note", out);
		print_account(e, out);
		(void)fprintf(out,
			      "  wanted       %s\n"
			      "  published    %s\n"
			      "  last update  %s\n"
			      "  next         %s, %s\n",
			      list_of(e, "wanted", wanted, sizeof(wanted)),
			      list_of(e, "published", published,
				      sizeof(published)),
			      text_of(e, "last_update"), text_of(e, "next"),
			      text_of(e, "then"));
		print_lines(e, "addresses", "addresses considered", out);
		print_lines(e, "reflectors", "reflectors", out);
		(void)fprintf(out, "  zone         %s\n", text_of(e, "zone"));
		(void)snprintf(servers, sizeof(servers),
			       "name servers, asked %s: %s",
			       text_of(e, "checked"), text_of(e, "verdict"));
		print_lines(e, "name_servers",
			    json_is_string(json_object_get(e, "checked"))
				    ? servers : "name servers", out);
	}
}

void print_metrics(const json_t *answer, FILE *out)
{
	const char *text = json_string_value(json_object_get(answer,
							     "metrics"));

	(void)fputs(text ? text : "", out);
}

static void print_member(const json_t *event, const char *key,
			 const char *before, FILE *out)
{
	const json_t *value = json_object_get(event, key);

	if (json_is_integer(value))
		(void)fprintf(out, "%s%lld", before,
			      (long long)json_integer_value(value));
	else if (json_is_string(value))
		(void)fprintf(out, "%s%s", before, json_string_value(value));
}

void print_event(const json_t *event, FILE *out)
{
	(void)fputs(text_of(event, "time"), out);
	print_member(event, "record", " ", out);
	print_member(event, "family",
		     json_object_get(event, "record") ? "/" : " ", out);
	print_member(event, "provider", " at ", out);
	(void)fprintf(out, ": %s", text_of(event, "event"));
	print_member(event, "state", " ", out);
	print_member(event, "address", " ", out);
	print_member(event, "old_address", ", was ", out);
	print_member(event, "prefix", " ", out);
	print_member(event, "old_prefix", ", was ", out);
	print_member(event, "interface", " on ", out);
	print_member(event, "error", ": ", out);
	print_member(event, "retry_in", ", again in ", out);
	if (json_is_integer(json_object_get(event, "retry_in")))
		(void)fputs(" s", out);
	print_member(event, "latency_ms", ", ", out);
	if (json_is_integer(json_object_get(event, "latency_ms")))
		(void)fputs(" ms after the kernel's event", out);
	(void)fputs("\n", out);
}

void print_faults(const json_t *answer, FILE *out)
{
	const json_t *fault;
	size_t i;

	json_array_foreach(json_object_get(answer, "faults"), i, fault)
		if (json_is_string(fault))
			(void)fprintf(out, "%s\n", json_string_value(fault));
}
