/*
 * path_watch - has something happened to a file: was it written, renamed
 * over, made or removed, or a link on the way to it turned elsewhere?
 *
 * Only the kernel's word (inotify): what the file says now, others look at.
 */
#ifndef BASE_PATH_WATCH_H
#define BASE_PATH_WATCH_H

#include <stdbool.h>
#include <stddef.h>

struct path_watch_one;

struct path_watch {
	int fd; /* readable: path_watch_read() */
	struct path_watch_one *items;
	size_t n;
};

/* 0 or -errno (-EMFILE: no inotify to be had). */
int path_watch_open(struct path_watch *w);
void path_watch_close(struct path_watch *w);

/*
 * Each folder on the way to path that may put another file there, and the
 * file, if there is one. What cannot be watched is not.
 */
void path_watch_add(struct path_watch *w, const char *path);
void path_watch_clear(struct path_watch *w);

/*
 * Reads what there is; true where it concerns a path. After that each should
 * be added anew, for the way may be another.
 */
bool path_watch_read(const struct path_watch *w);

#endif
