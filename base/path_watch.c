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

/* On the way down a path, with each link's target put in its place. */
struct walk {
	char here[PATH_MAX]; /* a folder, no link, and a slash at its end */
	char rest[PATH_MAX]; /* the way from there */
};

/* Takes the next name off the way; false: there is none, or it is too long. */
static bool walk_name(struct walk *k, char name[NAME_MAX + 1])
{
	size_t from = strspn(k->rest, "/"), n = strcspn(k->rest + from, "/");

	if (n == 0 || n > NAME_MAX)
		return false;
	memcpy(name, k->rest + from, n);
	name[n] = '\0';
	from += n;
	memmove(k->rest, k->rest + from, strlen(k->rest + from) + 1);
	return true;
}

/* False where that cannot be, as a path's length goes. */
static bool walk_link(struct walk *k, const char *link)
{
	char target[PATH_MAX], rest[PATH_MAX];
	ssize_t n = readlink(link, target, sizeof(target) - 1);

	if (n <= 0)
		return false;
	target[n] = '\0';
	if (snprintf(rest, sizeof(rest), "%s/%s", target, k->rest) >=
	    (int)sizeof(rest))
		return false;
	memcpy(k->rest, rest, strlen(rest) + 1);
	if (target[0] == '/')
		memcpy(k->here, "/", 2);
	return true;
}

/* What stands there, and where that is; 0: nothing that we may see. */
static mode_t walk_look(const struct walk *k, const char *name,
			char at[2 * PATH_MAX])
{
	struct stat st;

	(void)snprintf(at, 2 * PATH_MAX, "%s%s", k->here, name);
	return lstat(at, &st) == 0 ? st.st_mode & S_IFMT : 0;
}

static bool walk_down(struct walk *k, const char *folder)
{
	return snprintf(k->here, sizeof(k->here), "%s/", folder) <
	       (int)sizeof(k->here);
}

/*
 * Watched are: the folder of each link on the way, for the link may turn; the
 * folder that the file is in, and the file. Where something is missing it is
 * the folder that will hold it.
 */
void path_watch_add(struct path_watch *w, const char *path)
{
	char at[2 * PATH_MAX], name[NAME_MAX + 1];
	struct walk k;
	int links = 0;

	(void)snprintf(k.here, sizeof(k.here), path[0] == '/' ? "/" : "./");
	if (snprintf(k.rest, sizeof(k.rest), "%s", path) >=
	    (int)sizeof(k.rest))
		return;
	while (walk_name(&k, name)) {
		mode_t kind = walk_look(&k, name, at);

		if (kind == S_IFDIR && k.rest[strspn(k.rest, "/")] != '\0') {
			if (!walk_down(&k, at))
				return;
			continue;
		}
		watch_add(w, k.here, IN_DIR | IN_ONLYDIR, name);
		if (kind != S_IFLNK) {
			watch_add(w, at, IN_FILE, "");
			return;
		}
		if (++links > LINKS_MOST || !walk_link(&k, at))
			return;
	}
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
