#include "config.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/path_watch.h"

#define LINKS_MOST   8
#define WATCHES_MOST 10000

#define IN_DIR                                                                 \
	(IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE |                 \
	 IN_CLOSE_WRITE | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF)
/* The file itself too: it may be written by another path. */
#define IN_FILE                                                                \
	(IN_CLOSE_WRITE | IN_MODIFY | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF)

/* A folder on the way, and the name in it that concerns us. */
struct path_watch_one {
	int wd;
	char name[NAME_MAX + 1]; /* empty: the file itself */
};

static void watch_add(struct path_watch *w, const char *path, uint32_t mask,
		      const char *name)
{
	struct path_watch_one *items;
	int wd;

	if (w->n == WATCHES_MOST || strlen(name) > NAME_MAX)
		return;
	items = realloc(w->items, (w->n + 1) * sizeof(*items));
	if (!items)
		return;
	w->items = items;
	wd = inotify_add_watch(w->fd, path, mask);
	if (wd < 0)
		return;
	items[w->n].wd = wd;
	memcpy(items[w->n].name, name, strlen(name) + 1);
	w->n++;
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
static void watch_folder(struct path_watch *w, const char *path)
{
	char folder[PATH_MAX + 1];
	struct stat st;

	if (snprintf(folder, sizeof(folder) - 1, "%s", path) >= PATH_MAX)
		return;
	for (const char *name; (name = split(folder)) != NULL;) {
		if (stat(folder, &st) == 0) {
			watch_add(w, folder, IN_DIR | IN_ONLYDIR, name);
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

void path_watch_add(struct path_watch *w, const char *path)
{
	char way[PATH_MAX];

	/* One without a slash is in this folder. */
	if (snprintf(way, sizeof(way), "%s%s", strchr(path, '/') ? "" : "./",
		     path) >= (int)sizeof(way))
		return;
	for (int i = 0; i < LINKS_MOST; i++) {
		watch_folder(w, way);
		if (follow(way) < 0)
			break;
	}
	watch_add(w, way, IN_FILE, "");
}

void path_watch_clear(struct path_watch *w)
{
	for (size_t i = 0; i < w->n; i++)
		(void)inotify_rm_watch(w->fd, w->items[i].wd);
	free(w->items);
	w->items = NULL;
	w->n = 0;
}

static bool concerns(const struct path_watch *w, const struct inotify_event *e)
{
	/* What follows our own taking a watch away. */
	if (e->mask & IN_IGNORED)
		return false;
	if (e->mask & IN_Q_OVERFLOW)
		return true;
	for (size_t i = 0; i < w->n; i++)
		if (w->items[i].wd == e->wd &&
		    (e->len == 0 || strcmp(w->items[i].name, e->name) == 0))
			return true;
	return false;
}

bool path_watch_read(const struct path_watch *w)
{
	_Alignas(struct inotify_event) char buf[4096];
	const struct inotify_event *e;
	bool ours = false;
	ssize_t n;

	while ((n = read(w->fd, buf, sizeof(buf))) > 0)
		for (char *at = buf; at < buf + n; at += sizeof(*e) + e->len) {
			e = (const struct inotify_event *)(void *)at;
			ours = ours || concerns(w, e);
		}
	return ours;
}

int path_watch_open(struct path_watch *w)
{
	int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

	if (fd < 0)
		return -errno;
	*w = (struct path_watch){ .fd = fd };
	return 0;
}

void path_watch_close(struct path_watch *w)
{
	(void)close(w->fd);
	free(w->items);
	*w = (struct path_watch){ .fd = -1 };
}
