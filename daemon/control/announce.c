#include "config.h"

#include "base/buf.h"
#include "base/clock.h"
#include "daemon/control/announce.h"
#include "daemon/control/control.h"
#include "daemon/control/event_line.h"

static void publish(const struct announce *a, const struct hook_event *e,
		    const char *state)
{
	struct buf line = BUF_INIT(8192);

	if (!a->control || !control_is_watched(a->control))
		return;
	event_line_print(e, clock_wall_s(), state, &line);
	buf_add_str(&line, "\n");
	if (!line.failed)
		control_publish(a->control, line.data, line.len);
	buf_done(&line);
}

void announce_rehearsal(const struct announce *a, const struct hook_event *e)
{
	if (!a->dry_run && a->hooks)
		hooks_post(a->hooks, e);
}

void announce_event(const struct announce *a, const struct hook_event *e)
{
	announce_rehearsal(a, e);
	publish(a, e, NULL);
}

void announce_plain(const struct announce *a, const char *event)
{
	announce_event(a, &(struct hook_event){
				  .event = event,
				  .retry_in_s = -1,
				  .latency_ms = -1,
			  });
}

void announce_state(const struct announce *a, const struct hook_event *e,
		    const char *state)
{
	publish(a, e, state);
}
