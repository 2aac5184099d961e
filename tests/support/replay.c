#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ev.h>
#include <jansson.h>
#include <libmnl/libmnl.h>

#include "base/clock.h"
#include "monitor/monitor.h"
#include "tests/support/fake_nl_sock.h"
#include "tests/support/mirror_json.h"
#include "tests/support/replay.h"
#include "tests/support/stream.h"

/* Longer than the monitor waits before it makes a dump for doubt. */
#define REPLAY_REST_S 0.03

static void replay_changed(void *user, int ifindex, uint64_t heard_ns)
{
	struct replay *r = user;

	(void)ifindex;
	(void)heard_ns;
	r->told++;
}

static void replay_tables(const struct stream *s, enum stream_kind kind)
{
	fake_nl_table_clear();
	for (size_t i = 0; i < s->n; i++)
		if (s->frames[i].kind == kind)
			fake_nl_table_add((const void *)s->frames[i].data);
}

static void replay_monitor(struct replay *r, const struct stream *s,
			   enum stream_kind kind)
{
	fake_nl_reset();
	replay_tables(s, kind);
	r->stream = s;
	r->told = 0;
	r->loop = ev_loop_new(0);
	if (!r->loop || monitor_new(r->loop, replay_changed, r,
				    &r->monitor) < 0)
		abort();
}

void replay_start(struct replay *r, const struct stream *s)
{
	replay_monitor(r, s, STREAM_BEFORE);
	replay_tables(s, STREAM_AFTER);
	replay_turn(r);
}

void replay_end(struct replay *r)
{
	monitor_free(r->monitor);
	ev_loop_destroy(r->loop);
	fake_nl_reset();
}

void replay_hear(const struct stream_frame *f)
{
	fake_nl_say_bytes(f->data, f->len);
}

static void replay_rested(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)revents;
	*(bool *)w->data = true;
	ev_break(loop, EVBREAK_ONE);
}

void replay_turn(struct replay *r)
{
	int dumps;

	do {
		bool rested = false;
		ev_timer rest;

		dumps = fake_nl_dumps();
		ev_now_update(r->loop);
		ev_timer_init(&rest, replay_rested, REPLAY_REST_S, 0.);
		rest.data = &rested;
		ev_timer_start(r->loop, &rest);
		while (!rested)
			ev_run(r->loop, EVRUN_ONCE);
	} while (dumps != fake_nl_dumps());
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Prints an array's elements in an order of their own. */
static json_t *in_order(json_t *array)
{
	size_t n = json_array_size(array);
	char **texts = calloc(n + 1, sizeof(*texts));
	json_t *out = json_array();

	if (!texts || !out)
		abort();
	for (size_t i = 0; i < n; i++) {
		json_t *e = json_array_get(array, i);

		for (int k = 0; k < 2; k++) {
			const char *key = k ? "valid_s" : "preferred_s";

			if (json_is_integer(json_object_get(e, key)))
				json_object_set_new(e, key, json_true());
		}
		texts[i] = json_dumps(e, JSON_COMPACT | JSON_SORT_KEYS);
	}
	qsort(texts, n, sizeof(*texts), by_text);
	for (size_t i = 0; i < n; i++) {
		json_array_append_new(out, json_string(texts[i]));
		free(texts[i]);
	}
	free(texts);
	return out;
}

char *replay_text(const struct replay *r)
{
	json_t *j = mirror_json(r->monitor, clock_mono_ms()), *link;
	size_t i;
	char *text;

	json_object_del(j, "resyncs");
	json_array_foreach(json_object_get(j, "links"), i, link)
		json_object_set_new(link, "addrs",
				    in_order(json_object_get(link, "addrs")));
	json_object_set_new(j, "routes",
			    in_order(json_object_get(j, "routes")));
	text = json_dumps(j, JSON_SORT_KEYS | JSON_INDENT(1));
	json_decref(j);
	if (!text)
		abort();
	return text;
}

char *replay_fault(const struct replay *r)
{
	struct replay after;
	char *ours = replay_text(r), *theirs, *fault = NULL;

	/* Another monitor, which has read the tables of after. */
	replay_monitor(&after, r->stream, STREAM_AFTER);
	theirs = replay_text(&after);
	replay_end(&after);
	if (strcmp(ours, theirs) != 0 &&
	    asprintf(&fault, "mirror %s\nkernel %s", ours, theirs) < 0)
		abort();
	free(ours);
	free(theirs);
	return fault;
}
