#include "config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/str.h"
#include "daemon/setup/secret_watch.h"
#include "notify/notify.h"

/* Who writes a file in pieces, then sets its rights, is let finish. */
#define SETTLE_S .25

struct secret_watch_file {
	char *account, *path;
	uint64_t stamp; /* as it was read, or as of the last word about it */
	bool wanted, watched;
};

/* One that is not there, or not to be seen, cannot be read either. */
static bool file_changes(struct secret_watch_file *f)
{
	uint64_t stamp = f->stamp;
	bool changed;

	(void)file_stamp(f->path, &stamp);
	changed = stamp != f->stamp;
	f->stamp = stamp;
	return changed;
}

static void watch_files(struct secret_watch *w)
{
	path_watch_clear(&w->paths);
	for (size_t i = 0; i < w->n; i++)
		if (w->files[i].watched)
			path_watch_add(&w->paths, w->files[i].path);
}

static void secret_watch_settle(struct ev_loop *loop, ev_timer *t, int revents)
{
	struct secret_watch *w = t->data;
	const struct secret_watch_file *first = NULL;

	(void)loop;
	(void)revents;
	watch_files(w);
	for (size_t i = 0; i < w->n; i++)
		if (w->files[i].watched && file_changes(&w->files[i]) &&
		    !first)
			first = &w->files[i];
	if (first)
		w->changed(w->user, first->account, first->path);
}

static void arm(struct secret_watch *w)
{
	if (ev_is_active(&w->settle))
		return;
	ev_now_update(w->loop);
	ev_timer_set(&w->settle, SETTLE_S, 0.);
	ev_timer_start(w->loop, &w->settle);
}

static void secret_watch_ready(struct ev_loop *loop, ev_io *io, int revents)
{
	struct secret_watch *w = io->data;

	(void)loop;
	(void)revents;
	if (path_watch_read(&w->paths))
		arm(w);
}

static bool open_watch(struct secret_watch *w)
{
	if (w->open)
		return true;
	if (path_watch_open(&w->paths) < 0)
		return false;
	w->open = true;
	ev_io_set(&w->io, w->paths.fd, EV_READ);
	ev_io_start(w->loop, &w->io);
	return true;
}

static void close_watch(struct secret_watch *w)
{
	if (!w->open)
		return;
	ev_timer_stop(w->loop, &w->settle);
	ev_io_stop(w->loop, &w->io);
	path_watch_close(&w->paths);
	w->open = false;
}

static void forget_files(struct secret_watch *w)
{
	for (size_t i = 0; i < w->n; i++) {
		free(w->files[i].account);
		free(w->files[i].path);
	}
	free(w->files);
	w->files = NULL;
	w->n = 0;
}

/* Without memory it is left out. */
static void add_file(struct secret_watch *w, const char *account,
		     const struct notify_secret_file *f)
{
	struct secret_watch_file one = {
		.account = str_dup(account),
		.path = str_dup(f->path),
		.stamp = f->stamp,
	};

	if (one.account && one.path) {
		w->files[w->n++] = one;
		return;
	}
	free(one.account);
	free(one.path);
}

void secret_watch_use(struct secret_watch *w, const struct notify_account *as,
		      size_t n)
{
	size_t files = 0;

	close_watch(w);
	forget_files(w);
	for (size_t i = 0; i < n; i++)
		files += as[i].n_secret_files;
	w->files = files ? calloc(files, sizeof(*w->files)) : NULL;
	if (!w->files)
		return;
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < as[i].n_secret_files; k++)
			add_file(w, as[i].name, &as[i].secret_files[k]);
}

void secret_watch_begin(struct secret_watch *w)
{
	for (size_t i = 0; i < w->n; i++)
		w->files[i].wanted = false;
}

void secret_watch_want(struct secret_watch *w, const char *account)
{
	for (size_t i = 0; i < w->n; i++)
		if (strcmp(w->files[i].account, account) == 0)
			w->files[i].wanted = true;
}

void secret_watch_commit(struct secret_watch *w)
{
	bool any = false, same = true;

	for (size_t i = 0; i < w->n; i++) {
		any |= w->files[i].wanted;
		same &= w->files[i].wanted == w->files[i].watched;
	}
	if (same)
		return;
	if (!any)
		close_watch(w);
	else if (!open_watch(w))
		return; /* another time, maybe */
	for (size_t i = 0; i < w->n; i++)
		w->files[i].watched = w->files[i].wanted;
	if (!any)
		return;
	watch_files(w);
	/* It may have been written since it was read. */
	arm(w);
}

void secret_watch_start(struct secret_watch *w, struct ev_loop *loop,
			secret_watch_changed_fn *changed, void *user)
{
	*w = (struct secret_watch){ .loop = loop, .changed = changed,
				    .user = user };
	ev_init(&w->io, secret_watch_ready);
	w->io.data = w;
	ev_timer_init(&w->settle, secret_watch_settle, 0., 0.);
	w->settle.data = w;
}

void secret_watch_stop(struct secret_watch *w)
{
	close_watch(w);
	forget_files(w);
}
