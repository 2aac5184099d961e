#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "hooks/hook_dir.h"

#define NAME_CHARS                                                             \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"

const char *hook_dir_judge(const struct stat *st, uid_t uid)
{
	if (st->st_uid != 0 && st->st_uid != uid)
		return "is owned by neither root nor the daemon's user";
	if (st->st_mode & S_IWOTH)
		return "is writable by everybody";
	if (st->st_mode & S_IWGRP)
		return "is writable by its group";
	return NULL;
}

/* run-parts' rule: no dot, so that backups and leftovers never run. */
static bool is_hook_name(const char *name)
{
	return name[0] != '\0' && name[strspn(name, NAME_CHARS)] == '\0';
}

/* What editors and packagers leave behind is nobody's mistake. */
static bool is_leftover(const char *name)
{
	static const char *const patterns[] = {
		".*",      "*~",      "#*#",       "*.bak", "*.old",
		"*.orig",  "*.rej",   "*.swp",     "*.tmp", "*.dpkg-*",
		"*.ucf-*", "*.rpm*",  "*.apk-new", "*-opkg",
		"*.disabled", NULL,
	};

	for (size_t i = 0; patterns[i]; i++)
		if (str_glob(patterns[i], name))
			return true;
	return false;
}

/*
 * A link may point anywhere, but then whoever can swap the file there is in
 * command: the directory that the file really lies in is judged as well.
 */
static const char *judge_place(const char *path, uid_t uid)
{
	char *copy = str_dup(path), *slash = copy ? strrchr(copy, '/') : NULL;
	const char *why = NULL;
	struct stat st;

	if (!slash) {
		free(copy);
		return "cannot be judged: out of memory";
	}
	slash[slash == copy ? 1 : 0] = '\0';
	if (stat(copy, &st) < 0)
		why = "lies in a directory that cannot be looked at";
	else if (hook_dir_judge(&st, uid))
		why = "lies in a directory that others can change";
	free(copy);
	return why;
}

/*
 * One entry. *ret_path is set where it may be run, *ret_fault where it
 * looks like a hook but may not; neither where it is none.
 */
static void judge_file(int dir, const char *directory, const char *name,
		       uid_t uid, char **ret_path, const char **ret_fault)
{
	struct stat st;
	char *path, *real;

	if (fstatat(dir, name, &st, 0) < 0) {
		if (is_hook_name(name))
			*ret_fault = "is a link to nowhere";
		return;
	}
	if (!S_ISREG(st.st_mode) ||
	    !(st.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)))
		return;
	if (!is_hook_name(name)) {
		*ret_fault = "has a name with more than A-Z a-z 0-9 _ and -";
		return;
	}
	*ret_fault = hook_dir_judge(&st, uid);
	if (*ret_fault)
		return;
	if (faccessat(dir, name, X_OK, AT_EACCESS) < 0) {
		*ret_fault = "may not be executed by the daemon's user";
		return;
	}
	path = str_dupf("%s/%s", directory, name);
	real = path ? realpath(path, NULL) : NULL;
	free(path);
	*ret_fault = real ? judge_place(real, uid)
			  : "cannot be found in the file system";
	if (*ret_fault)
		free(real);
	else
		*ret_path = real;
}

static int add_file(struct hook_dir *d, const char *name, char *path,
		    const char *fault)
{
	struct hook_file *files =
		reallocarray(d->files, d->n + 1, sizeof(*files));

	if (!files)
		return -ENOMEM;
	d->files = files;
	files[d->n] = (struct hook_file){
		.name = str_dup(name),
		.path = path,
		.fault = str_dup(fault),
	};
	d->n++;
	return files[d->n - 1].name && (path || files[d->n - 1].fault)
		       ? 0
		       : -ENOMEM;
}

static int read_entries(struct hook_dir *d, DIR *stream, const char *path,
			uid_t uid)
{
	struct dirent *e;

	while ((e = readdir(stream)) != NULL) {
		const char *fault = NULL;
		char *file = NULL;
		int r;

		if (is_leftover(e->d_name))
			continue;
		judge_file(dirfd(stream), path, e->d_name, uid, &file, &fault);
		if (!file && !fault)
			continue;
		if (d->n == HOOK_DIR_MAX) {
			free(file);
			d->fault = str_dup("holds more than 256 hooks");
			return d->fault ? 0 : -ENOMEM;
		}
		r = add_file(d, e->d_name, file, fault);
		if (r < 0) {
			if (d->n == 0 || d->files[d->n - 1].path != file)
				free(file);
			return r;
		}
	}
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct hook_file *)a)->name,
		      ((const struct hook_file *)b)->name);
}

static void drop_files(struct hook_dir *d)
{
	for (size_t i = 0; i < d->n; i++) {
		free(d->files[i].name);
		free(d->files[i].path);
		free(d->files[i].fault);
	}
	free(d->files);
	d->files = NULL;
	d->n = 0;
}

/* The directory itself: *ret_stream where it may be read further. */
static int open_directory(const char *path, uid_t uid, DIR **ret_stream,
			  char **ret_fault)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const char *why;
	struct stat st;

	if (fd < 0) {
		if (errno == ENOENT)
			return 0;
		*ret_fault = str_dupf("cannot be read: %s", strerror(errno));
		return *ret_fault ? 0 : -ENOMEM;
	}
	why = fstat(fd, &st) < 0 ? "cannot be looked at"
				 : hook_dir_judge(&st, uid);
	if (why) {
		(void)close(fd);
		*ret_fault = str_dup(why);
		return *ret_fault ? 0 : -ENOMEM;
	}
	*ret_stream = fdopendir(fd);
	if (!*ret_stream)
		(void)close(fd);
	return *ret_stream ? 0 : -ENOMEM;
}

int hook_dir_read(const char *path, uid_t uid, struct hook_dir *ret)
{
	struct hook_dir d = { 0 };
	DIR *stream = NULL;
	int r = open_directory(path, uid, &stream, &d.fault);

	if (stream) {
		r = read_entries(&d, stream, path, uid);
		(void)closedir(stream);
	}
	if (r < 0) {
		hook_dir_done(&d);
		return r;
	}
	if (d.fault)
		drop_files(&d);
	else if (d.n > 1)
		qsort(d.files, d.n, sizeof(d.files[0]), by_name);
	*ret = d;
	return 0;
}

void hook_dir_done(struct hook_dir *d)
{
	drop_files(d);
	free(d->fault);
	d->fault = NULL;
}
