#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <ev.h>

#include "base/path_watch.h"
#include "net/resolv.h"

#define CONTENT_MOST 65536
/* Who writes a file in pieces, or moves links about, is left in peace. */
#define SETTLE_S .02

struct resolv {
	struct ev_loop *loop;
	const char *path;
	ev_io io;
	ev_timer settle;
	struct path_watch watch;
	char *content;
	size_t len;
	resolv_changed_fn *changed;
	void *user;
};

/* False: the same as before, or no memory to see it. */
static bool content_changes(struct resolv *r)
{
	int fd = open(r->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char *content = malloc(CONTENT_MOST), *own;
	ssize_t n = 0;
	bool same;

	if (content && fd >= 0)
		n = read(fd, content, CONTENT_MOST);
	if (fd >= 0)
		(void)close(fd);
	if (n < 0)
		n = 0;
	same = !content || ((size_t)n == r->len &&
			    memcmp(content, r->content ? r->content : "",
				   (size_t)n) == 0);
	if (same) {
		free(content);
		return false;
	}
	own = realloc(content, (size_t)n + 1);
	free(r->content);
	r->content = own ? own : content;
	r->len = (size_t)n;
	return true;
}

static void resolv_settle(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct resolv *r = w->data;

	(void)loop;
	(void)revents;
	path_watch_clear(&r->watch);
	path_watch_add(&r->watch, r->path);
	if (content_changes(r))
		r->changed(r->user);
}

static void resolv_ready(struct ev_loop *loop, ev_io *w, int revents)
{
	struct resolv *r = w->data;

	(void)revents;
	if (path_watch_read(&r->watch) && !ev_is_active(&r->settle)) {
		ev_timer_set(&r->settle, SETTLE_S, 0.);
		ev_now_update(loop);
		ev_timer_start(loop, &r->settle);
	}
}

int resolv_new(struct ev_loop *loop, const char *path,
	       resolv_changed_fn *changed, void *user, struct resolv **ret)
{
	struct resolv *r = calloc(1, sizeof(*r));
	int e;

	if (!r)
		return -ENOMEM;
	e = path_watch_open(&r->watch);
	if (e < 0) {
		free(r);
		return e;
	}
	r->loop = loop;
	r->path = path;
	r->changed = changed;
	r->user = user;
	ev_timer_init(&r->settle, resolv_settle, 0., 0.);
	r->settle.data = r;
	ev_io_init(&r->io, resolv_ready, r->watch.fd, EV_READ);
	r->io.data = r;
	ev_io_start(loop, &r->io);
	path_watch_add(&r->watch, path);
	(void)content_changes(r);
	*ret = r;
	return 0;
}

void resolv_free(struct resolv *r)
{
	if (!r)
		return;
	ev_timer_stop(r->loop, &r->settle);
	ev_io_stop(r->loop, &r->io);
	path_watch_close(&r->watch);
	free(r->content);
	free(r);
}
