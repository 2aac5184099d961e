/*
 * hook_dir - what a hook directory holds, and what of it may be run.
 *
 * Reads and judges; runs nothing, logs nothing.
 */
#ifndef HOOKS_HOOK_DIR_H
#define HOOKS_HOOK_DIR_H

#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

/* More hooks than anybody writes; a directory of more is somebody's slip. */
#define HOOK_DIR_MAX 256

struct hook_file {
	char *name;  /* in the directory */
	char *path;  /* to execute: absolute, without symbolic links */
	char *fault; /* NULL: may be run. Else why not; there is no path */
};

struct hook_dir {
	struct hook_file *files; /* in the order of strcmp() */
	size_t n;
	char *fault; /* of the directory itself: then there are no files */
};

/*
 * Why a file or directory with this status must not be trusted, or NULL:
 * its owner is neither root nor uid, or somebody else may write to it.
 * Pure.
 */
const char *hook_dir_judge(const struct stat *st, uid_t uid);

/*
 * Everything that is or looks like a hook. What is no executable regular
 * file is left out, and so are hidden files and editors' and packagers'
 * backups. A missing directory is an empty one. 0 or -ENOMEM.
 */
int hook_dir_read(const char *path, uid_t uid, struct hook_dir *ret);

/* Fine for one that is all zero. */
void hook_dir_done(struct hook_dir *d);

#endif
