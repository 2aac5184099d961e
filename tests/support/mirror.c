/*
 * mirror - the real monitor, asked from outside.
 *
 * Reads one word per line: "show" prints the mirror as one line of JSON
 * (mirror_json.h), "resync" reads the kernel's tables anew and then does the
 * same. Ends with its input.
 */
#include "config.h"

#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <ev.h>
#include <jansson.h>

#include "base/clock.h"
#include "monitor/monitor.h"
#include "tests/support/mirror_json.h"

static struct monitor *m;
static unsigned int show_after; /* so many resyncs */
static bool waiting;

static void show(void)
{
	json_t *j = mirror_json(m, clock_mono_ms());

	if (json_dumpf(j, stdout, JSON_COMPACT) < 0 || puts("") < 0 ||
	    fflush(stdout) != 0)
		err(1, "standard output");
	json_decref(j);
}

static void changed(void *user, int ifindex, uint64_t heard_ns)
{
	(void)user;
	(void)ifindex;
	(void)heard_ns;
	if (!waiting || monitor_resyncs(m) < show_after)
		return;
	waiting = false;
	show();
}

static void told(const char *line)
{
	if (strcmp(line, "show") == 0) {
		show();
	} else if (strcmp(line, "resync") == 0) {
		waiting = true;
		show_after = monitor_resyncs(m) + 1;
		monitor_resync(m);
	} else {
		errx(64, "%s: neither show nor resync", line);
	}
}

static void readable(struct ev_loop *loop, ev_io *w, int revents)
{
	static char buf[256];
	static size_t len;
	ssize_t n = read(w->fd, buf + len, sizeof(buf) - 1 - len);
	char *end;

	(void)revents;
	if (n <= 0) {
		ev_break(loop, EVBREAK_ALL);
		return;
	}
	len += (size_t)n;
	buf[len] = '\0';
	while ((end = strchr(buf, '\n')) != NULL) {
		*end = '\0';
		told(buf);
		len -= (size_t)(end + 1 - buf);
		memmove(buf, end + 1, len + 1);
	}
}

int main(void)
{
	struct ev_loop *loop = ev_default_loop(0);
	ev_io input;
	int r;

	if (!loop)
		errx(1, "no event loop");
	r = monitor_new(loop, changed, NULL, &m);
	if (r < 0)
		errx(1, "no monitor: %s", strerror(-r));
	ev_io_init(&input, readable, STDIN_FILENO, EV_READ);
	/* The kernel's words come before ours in each turn. */
	ev_set_priority(&input, EV_MINPRI);
	ev_io_start(loop, &input);
	ev_run(loop, 0);
	monitor_free(m);
	ev_loop_destroy(loop);
	return 0;
}
