#include "config.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "daemon/control/event_line.h"

#define VALUE_MAX 300

static void put_text(struct buf *out, const char *key, const char *value)
{
	char clean[VALUE_MAX + 8];

	if (!value)
		return;
	buf_addf(out, ",\"%s\":", key);
	buf_add_json(out, str_printable(value, strlen(value), VALUE_MAX,
					clean, sizeof(clean)));
}

static void put_number(struct buf *out, const char *key, int64_t value)
{
	if (value >= 0)
		buf_addf(out, ",\"%s\":%" PRId64, key, value);
}

void event_line_print(const struct hook_event *e, int64_t wall_s,
		      const char *state, struct buf *out)
{
	char text[32];

	buf_addf(out, "{\"time\":\"%s\"",
		 clock_rfc3339(wall_s, text, sizeof(text)));
	put_text(out, "event", e->event);
	put_text(out, "record", e->record);
	put_text(out, "family", e->family);
	put_text(out, "provider", e->provider);
	put_text(out, "state", state);
	put_text(out, "address", e->address);
	put_text(out, "old_address", e->old_address);
	put_text(out, "prefix", e->prefix);
	put_text(out, "old_prefix", e->old_prefix);
	put_text(out, "interface", e->interface);
	put_text(out, "error", e->error);
	put_number(out, "retry_in", e->retry_in_s);
	put_number(out, "latency_ms", e->latency_ms);
	buf_add_str(out, "}");
}
