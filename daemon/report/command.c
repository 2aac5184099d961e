#include "config.h"

#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "config/domain.h"
#include "daemon/control/announce.h"
#include "daemon/control/control.h"
#include "daemon/report/command.h"
#include "daemon/report/metrics.h"
#include "daemon/report/status.h"
#include "daemon/setup/setup.h"

/* Of ten thousand records. */
#define METRICS_MAX (16 << 20)

static json_t *done(void)
{
	return json_pack("{s:b}", "ok", 1);
}

/* Does any record have this name? NULL stands for all of them. */
static bool knows(const struct setup *s, const char *record)
{
	struct entry *const *entries;
	size_t n;

	entries = setup_entries(s, &n);
	for (size_t i = 0; record && i < n; i++)
		if (strcmp(entries[i]->config->name, record) == 0)
			return true;
	return !record;
}

/*
 * As people write it: with capitals, umlauts and a final dot. What is no name
 * stays as it is, and is known by nobody.
 */
static const char *name_of(const json_t *asked, char ret[DOMAIN_SIZE])
{
	const char *text = json_string_value(asked), *why;

	if (text && domain_normalize(text, ret, &why) == 0)
		return ret;
	return text ? text : json_is_null(asked) || !asked ? NULL : "";
}

static json_t *say_status(const struct command_world *w, const char *record,
			  struct buf *out)
{
	status_print(w->setup, w->monitor, w->started_ms, record, out);
	return NULL;
}

static json_t *say_why(const struct command_world *w, const char *record,
		       struct buf *out)
{
	if (!record)
		return control_error("why needs a \"record\"");
	status_why(w->setup, record, out);
	return NULL;
}

static json_t *poke(const struct command_world *w, const char *record,
		    enum record_event event)
{
	struct entry *const *entries;
	size_t n;

	entries = setup_entries(w->setup, &n);
	for (size_t i = 0; i < n; i++)
		if (!record || strcmp(entries[i]->config->name, record) == 0)
			entry_event(entries[i], event);
	return done();
}

static json_t *do_refresh(const struct command_world *w, const char *record,
			  struct buf *out)
{
	(void)out;
	if (record)
		return poke(w, record, RECORD_LOOK);
	setup_look_again(w->setup);
	return done();
}

static json_t *do_retry(const struct command_world *w, const char *record,
			struct buf *out)
{
	(void)out;
	return poke(w, record, RECORD_RETRY);
}

static json_t *do_reload(const struct command_world *w, const char *record,
			 struct buf *out)
{
	int r;

	(void)record;
	(void)out;
	r = w->reload(w->user);
	return r < 0 ? control_error(strerror(-r)) : json_null();
}

static json_t *say_metrics(const struct command_world *w, const char *record,
			   struct buf *out)
{
	struct buf text = BUF_INIT(METRICS_MAX);
	json_t *answer = NULL;

	(void)record;
	(void)out;
	metrics_print(w->setup, (clock_mono_ms() - w->started_ms) / 1000,
		      &text);
	if (!text.failed)
		answer = json_pack("{s:s}", "metrics", text.data);
	buf_done(&text);
	return answer;
}

static const struct command {
	const char *name;
	/* The answer; or NULL, and it is in out. */
	json_t *(*run)(const struct command_world *w, const char *record,
		       struct buf *out);
	bool acts; /* changes something: not for everybody */
} commands[] = {
	{ "status", say_status, false },
	{ "why", say_why, false },
	{ "metrics", say_metrics, false },
	{ "refresh", do_refresh, true },
	{ "retry", do_retry, true },
	{ "reload", do_reload, true },
};

static json_t *set_log_level(const char *level)
{
	enum log_level l;

	if (!level || log_level_parse(level, &l) < 0)
		return control_error("\"level\" is error, warning, notice, "
				     "info or debug");
	log_set_level(l);
	return done();
}

enum about { ABOUT_DAEMON, ABOUT_SOURCE, ABOUT_RECORD };

static const struct hook_name {
	const char *name;
	enum about about;
} hook_names[] = {
	{ "start", ABOUT_DAEMON },	{ "stop", ABOUT_DAEMON },
	{ "reload", ABOUT_DAEMON },	{ "address", ABOUT_SOURCE },
	{ "prefix", ABOUT_SOURCE },	{ "lost", ABOUT_SOURCE },
	{ "updated", ABOUT_RECORD },	{ "published", ABOUT_RECORD },
	{ "unchanged", ABOUT_RECORD },	{ "failed", ABOUT_RECORD },
	{ "refused", ABOUT_RECORD },	{ "recovered", ABOUT_RECORD },
};

/*
 * With the values of now, or a hook would take an address that is not told
 * for one that is gone.
 */
static json_t *test_hook(const struct command_world *w, const char *event,
			 const char *record)
{
	const struct hook_name *h = NULL;
	bool shown = false;

	for (size_t i = 0; event && i < sizeof(hook_names) / sizeof(*h); i++)
		if (strcmp(event, hook_names[i].name) == 0)
			h = &hook_names[i];
	if (!h)
		return control_error("\"event\" is none of those in "
				     "evddns-hooks(7)");
	if (h->about == ABOUT_SOURCE)
		shown = setup_rehearse_source(w->setup, h->name);
	else if (h->about == ABOUT_RECORD)
		shown = setup_rehearse_record(w->setup, h->name, record);
	if (!shown)
		announce_rehearsal(w->announce, &(struct hook_event){
							.event = h->name,
							.retry_in_s = -1,
							.latency_ms = -1,
						});
	return done();
}

json_t *command_answer(const struct command_world *w, const json_t *request,
		       bool may_act, struct buf *out)
{
	static const char no_right[] =
		"only root, the daemon's user and admin-group may do that";
	const char *name = json_string_value(json_object_get(request,
							     "command"));
	const json_t *asked = json_object_get(request, "record");
	char normal[DOMAIN_SIZE];
	const char *record = name_of(asked, normal);
	bool level = name && strcmp(name, "log-level") == 0;
	bool hook = name && strcmp(name, "test-hook") == 0;

	if (!name)
		return control_error("there is no \"command\"");
	if (!w->setup)
		return control_error("the daemon is stopping");
	if (!knows(w->setup, record))
		return control_error("there is no such record");
	if ((level || hook) && !may_act)
		return control_error(no_right);
	if (level)
		return set_log_level(json_string_value(
			json_object_get(request, "level")));
	if (hook)
		return test_hook(w, json_string_value(json_object_get(
					    request, "event")), record);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(name, commands[i].name) != 0)
			continue;
		if (commands[i].acts && !may_act)
			return control_error(no_right);
		return commands[i].run(w, record, out);
	}
	return control_error("unknown command");
}
