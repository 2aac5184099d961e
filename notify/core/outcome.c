#include "config.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "base/str.h"
#include "notify/core/job.h"
#include "notify/protocol.h"

void outcome_set(struct outcome *o, enum notify_status status,
		 uint32_t retry_after_s, const char *format, ...)
{
	char text[2 * JOB_TEXT_SIZE];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	*o = (struct outcome){
		.status = status,
		.ipv4 = status,
		.ipv6 = status,
		.retry_after_s = retry_after_s,
	};
	(void)str_printable(text, strlen(text), JOB_TEXT_SIZE, o->text,
			    sizeof(o->text));
}

static char *dumped(json_t *o)
{
	char *text = o ? json_dumps(o, JSON_COMPACT) : NULL, *line = NULL;

	if (text)
		line = str_dupf("%s\n", text);
	free(text);
	json_decref(o);
	return line;
}

static void add_family(json_t *families, const char *name, bool given,
		       enum notify_status status)
{
	if (given)
		(void)json_object_set_new(families, name,
					  json_string(protocol_status_name(
						  status)));
}

static json_t *reply_of(const struct job *j, const struct outcome *o)
{
	json_t *families = json_object(), *reply;

	add_family(families, "ipv4", j->ipv4.given, o->ipv4);
	add_family(families, "ipv6", j->ipv6.given, o->ipv6);
	reply = json_pack("{sI ss so sI ss sI}", "id", (json_int_t)j->id,
			  "status", protocol_status_name(o->status),
			  "families", families, "retry_after_s",
			  (json_int_t)o->retry_after_s, "text", o->text,
			  "sent_monotonic_ns", (json_int_t)o->sent_ns);
	if (o->clock && reply)
		(void)json_object_set_new(reply, "clock", json_true());
	if (o->unclassified && reply)
		(void)json_object_set_new(reply, "unclassified", json_true());
	if (o->ban && reply)
		(void)json_object_set_new(reply, "ban", json_true());
	return reply;
}

char *outcome_print(const struct job *j, const struct outcome *o,
		    json_t *values)
{
	json_t *reply = reply_of(j, o);

	if (reply && values)
		(void)json_object_set(reply, "values", values);
	json_decref(values);
	return dumped(reply);
}

char *job_fault_print(const struct job_fault *f)
{
	return dumped(json_pack("{so ss ss}", "id",
				f->has_id ? json_integer(f->id) : json_null(),
				"status", "refused", "text", f->text));
}
