#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ev.h>

#include "net/resolv.h"

#define LINKS_MOST   8
#define WATCHES_MOST (LINKS_MOST + 1)
#define CONTENT_MOST 65536
/* Who writes a file in pieces, or moves links about, is left in peace. */
#define SETTLE_S .02

#define IN_DIR                                                                 \
	(IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE |                 \
	 IN_CLOSE_WRITE | IN_DELETE_SELF | IN_MOVE_SELF)
/* The file itself too: it may be written by another path. */
#define IN_FILE (IN_CLOSE_WRITE | IN_MODIFY | IN_DELETE_SELF | IN_MOVE_SELF)

/* A folder on the way, and the name in it that concerns us. */
struct watch {
	int wd;
	char name[NAME_MAX + 1]; /* empty: the file itself */
};

struct resolv {
	struct ev_loop *loop;
	const char *path;
	ev_io io;
	ev_timer settle;
	struct watch watches[WATCHES_MOST];
	size_t n_watches;
	char *content;
	size_t len;
	resolv_changed_fn *changed;
	void *user;
};

static void watch_add(struct resolv *r, const char *path, uint32_t mask,
		      const char *name)
{
	struct watch *w = &r->watches[r->n_watches];
	int wd;

	if (r->n_watches == WATCHES_MOST || strlen(name) > NAME_MAX)
		return;
	wd = inotify_add_watch(r->io.fd, path, mask);
	if (wd < 0)
		return;
	w->wd = wd;
	memcpy(w->name, name, strlen(name) + 1);
	r->n_watches++;
}

/* Splits at the last slash; path keeps the folder. */
static const char *split(char *path)
{
	char *slash = strrchr(path, '/');

	if (!slash)
		return NULL;
	if (slash == path) {
		memmove(path + 2, path + 1, strlen(path));
		path[1] = '\0';
		return path + 2;
	}
	*slash = '\0';
	return slash + 1;
}

/* The folder that holds path, or, where it is missing, the one that will. */
static void watch_folder(struct resolv *r, const char *path)
{
	char folder[PATH_MAX + 1];
	struct stat st;

	if (snprintf(folder, sizeof(folder) - 1, "%s", path) >= PATH_MAX)
		return;
	for (const char *name; (name = split(folder)) != NULL;) {
		if (stat(folder, &st) == 0) {
			watch_add(r, folder, IN_DIR | IN_ONLYDIR, name);
			return;
		}
		if (strcmp(folder, "/") == 0)
			return;
	}
}

/* Where the link at path leads, into path. 0; -EINVAL: it is none. */
static int follow(char path[PATH_MAX])
{
	char target[PATH_MAX], folder[PATH_MAX + 1], out[2 * PATH_MAX + 2];
	ssize_t n = readlink(path, target, sizeof(target) - 1);

	if (n <= 0)
		return -EINVAL;
	target[n] = '\0';
	memcpy(folder, path, strlen(path) + 1);
	if (target[0] == '/')
		(void)snprintf(out, sizeof(out), "%s", target);
	else if (split(folder))
		(void)snprintf(out, sizeof(out), "%s/%s", folder, target);
	else
		return -EINVAL;
	if (strlen(out) >= PATH_MAX)
		return -ENAMETOOLONG;
	memcpy(path, out, strlen(out) + 1);
	return 0;
}

/* Each folder on the way, and the file at its end. */
static void watch_all(struct resolv *r)
{
	char path[PATH_MAX];

	for (size_t i = 0; i < r->n_watches; i++)
		(void)inotify_rm_watch(r->io.fd, r->watches[i].wd);
	r->n_watches = 0;
	if (strlen(r->path) >= sizeof(path))
		return;
	memcpy(path, r->path, strlen(r->path) + 1);
	for (int i = 0; i < LINKS_MOST; i++) {
		watch_folder(r, path);
		if (follow(path) < 0)
			break;
	}
	watch_add(r, path, IN_FILE, "");
}

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
	watch_all(r);
	if (content_changes(r))
		r->changed(r->user);
}

static bool concerns(const struct resolv *r, const struct inotify_event *e)
{
	if (e->mask & IN_Q_OVERFLOW)
		return true;
	for (size_t i = 0; i < r->n_watches; i++)
		if (r->watches[i].wd == e->wd &&
		    (e->len == 0 || strcmp(r->watches[i].name, e->name) == 0))
			return true;
	return false;
}

static void resolv_ready(struct ev_loop *loop, ev_io *w, int revents)
{
	_Alignas(struct inotify_event) char buf[4096];
	const struct inotify_event *e;
	struct resolv *r = w->data;
	bool ours = false;
	ssize_t n;

	(void)revents;
	while ((n = read(w->fd, buf, sizeof(buf))) > 0) {
		for (char *at = buf; at < buf + n;
		     at += sizeof(*e) + e->len) {
			e = (const struct inotify_event *)(void *)at;
			/* What follows our own taking a watch away. */
			if (!(e->mask & IN_IGNORED))
				ours = ours || concerns(r, e);
		}
	}
	if (ours && !ev_is_active(&r->settle)) {
		ev_timer_set(&r->settle, SETTLE_S, 0.);
		ev_timer_start(loop, &r->settle);
	}
}

int resolv_new(struct ev_loop *loop, const char *path,
	       resolv_changed_fn *changed, void *user, struct resolv **ret)
{
	struct resolv *r = calloc(1, sizeof(*r));
	int fd;

	if (!r)
		return -ENOMEM;
	fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (fd < 0) {
		free(r);
		return -errno;
	}
	r->loop = loop;
	r->path = path;
	r->changed = changed;
	r->user = user;
	ev_timer_init(&r->settle, resolv_settle, 0., 0.);
	r->settle.data = r;
	ev_io_init(&r->io, resolv_ready, fd, EV_READ);
	r->io.data = r;
	ev_io_start(loop, &r->io);
	watch_all(r);
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
	(void)close(r->io.fd);
	free(r->content);
	free(r);
}
