/*
 * fuzz_control - any bytes on the control socket, in pieces: each line gets
 * one answer, in its turn, and the answer is JSON; who says no more is let go.
 *
 * The first byte says who asks (may it act?) and in how many pieces. What
 * answers is real but for what it asks of a configuration.
 */
#include "config.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <ev.h>

#include "base/buf.h"
#include "base/log.h"
#include "config/config.h"
#include "daemon/control/announce.h"
#include "daemon/control/control.h"
#include "daemon/record/entry.h"
#include "daemon/report/command.h"
#include "daemon/report/metrics.h"
#include "daemon/report/status.h"
#include "daemon/setup/setup.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define LINES_MOST 4096

static struct ev_loop *loop;
static struct control *control;
static char dir[32], path[64];
static bool may_act;
static int reload_error;

/* ---- a configuration of one record ---- */

static struct config_record home = { .name = (char[]){ "home.example.org" } };
static struct entry one = { .config = &home };
static struct entry *const entries[] = { &one };

struct entry *const *setup_entries(const struct setup *s, size_t *ret_n)
{
	(void)s;
	*ret_n = 1;
	return entries;
}

void setup_look_again(struct setup *s)
{
	(void)s;
}

bool setup_rehearse_source(const struct setup *s, const char *event)
{
	(void)s;
	return event[0] == 'a';
}

bool setup_rehearse_record(const struct setup *s, const char *event,
			   const char *record)
{
	(void)s;
	(void)event;
	return record != NULL;
}

void entry_event(struct entry *e, enum record_event event)
{
	(void)e;
	(void)event;
}

void announce_rehearsal(const struct announce *a, const struct hook_event *e)
{
	(void)a;
	(void)e;
}

void status_print(const struct setup *s, const struct monitor *m,
		  uint64_t started_ms, const char *record, struct buf *out)
{
	(void)s;
	(void)m;
	(void)started_ms;
	buf_add_str(out, record ? "{\"one\":1}" : "{\"all\":1}");
}

void status_why(const struct setup *s, const char *record, struct buf *out)
{
	(void)s;
	buf_add_str(out, "{\"why\":");
	buf_add_json(out, record);
	buf_add_str(out, "}");
}

void metrics_print(const struct setup *s, uint64_t uptime_s, struct buf *out)
{
	(void)s;
	(void)uptime_s;
	buf_add_str(out, "# EOF\n");
}

static int reload(void *user)
{
	(void)user;
	return reload_error;
}

/* As peer.c would have it, without a group for each input. */
static json_t *answer(void *user, const json_t *request, bool act,
		      struct buf *out)
{
	const struct command_world w = {
		.setup = (struct setup *)&one, .reload = reload,
	};

	(void)user;
	(void)act;
	return command_answer(&w, request, may_act, out);
}

/* ---- one client ---- */

static void begin(void)
{
	const struct control_options o = { .path = path };

	(void)snprintf(dir, sizeof(dir), "/tmp/fuzz_control.XXXXXX");
	if (!mkdtemp(dir))
		abort();
	(void)snprintf(path, sizeof(path), "%s/s", dir);
	loop = ev_default_loop(EVFLAG_AUTO);
	if (control_open(loop, &o, answer, NULL, &control) < 0)
		abort();
}

static void end(void)
{
	control_close(control);
	(void)rmdir(dir);
}

static int dial(void)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memcpy(sun.sun_path, path, sizeof(path));
	if (connect(fd, (const struct sockaddr *)&sun, sizeof(sun)) < 0)
		abort();
	ev_run(loop, EVRUN_NOWAIT);
	return fd;
}

/* What it sent until now: each line is JSON. False: it has closed. */
static bool hear(int fd, size_t *lines, struct buf *text)
{
	char data[4096];
	const char *at;
	ssize_t n;

	while ((n = recv(fd, data, sizeof(data), MSG_DONTWAIT)) > 0)
		buf_add(text, data, (size_t)n);
	while (text->len > 0 &&
	       (at = memchr(text->data, '\n', text->len)) != NULL) {
		size_t len = (size_t)(at - text->data);
		json_t *o = json_loadb(text->data, len, 0, NULL);

		if (!json_is_object(o))
			abort();
		json_decref(o);
		buf_drop(text, len + 1);
		++*lines;
	}
	return n < 0;
}

static void turn(void)
{
	json_t *ok = json_pack("{s:b}", "ok", 1);

	ev_run(loop, EVRUN_NOWAIT);
	control_settle(control, ok);
	json_decref(ok);
}

static size_t count(const uint8_t *data, size_t len, bool *ret_long,
		    bool *ret_watch)
{
	size_t n = 0, at = 0;

	*ret_watch = false;
	for (size_t i = 0; i < len; i++) {
		if (i - at >= 4095)
			*ret_long = true;
		if (data[i] != '\n')
			continue;
		if (memmem(data + at, i - at, "ev", 2) ||
		    memmem(data + at, i - at, "\\u", 2))
			*ret_watch = true;
		at = i + 1;
		n++;
	}
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct buf text = BUF_INIT(1 << 22);
	bool too_long = false, watches, open = true;
	size_t lines = 0, want, at = 1, piece;
	int fd;

	if (len < 2 || len > 16384)
		return 0;
	if (!control) {
		begin();
		(void)atexit(end);
	}
	may_act = data[0] & 1;
	reload_error = data[0] & 2 ? -EBUSY : 0;
	piece = 1 + (len - 1) / (1 + (data[0] >> 2));
	want = count(data + 1, len - 1, &too_long, &watches);
	log_set_level(LOG_LEVEL_ERROR);
	fd = dial();
	while (at < len && open) {
		size_t n = len - at < piece ? len - at : piece;
		ssize_t sent = send(fd, data + at, n,
				    MSG_DONTWAIT | MSG_NOSIGNAL);

		at += sent > 0 ? (size_t)sent : 0;
		turn();
		open = hear(fd, &lines, &text);
	}
	(void)shutdown(fd, SHUT_WR);
	for (int i = 0; open && i < LINES_MOST * 4; i++) {
		turn();
		open = hear(fd, &lines, &text);
	}
	if (open || text.len > 0)
		abort();
	if (!too_long && !watches && lines != want)
		abort();
	(void)close(fd);
	turn();
	buf_done(&text);
	return 0;
}
