#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "config/grammar.h"
#include "config/input.h"
#include "config/node.h"
#include "config/reader.h"

#define FILE_MAX_BYTES (1 << 20)
#define TOTAL_MAX_BYTES (16 << 20)
#define FILES_MAX 1000
#define INCLUDE_MAX 16

/* What all files of one reading share. */
struct reading {
	struct config_tree *tree;
	config_wanted_fn *wanted;
	struct faults *faults;
	size_t bytes;
	int error; /* a file that could not be read: told, and gone on */
};

/* One file under way. */
struct reader {
	struct reading *all;
	const struct reader *up; /* the file that includes this one */
	const char *file;        /* one of tree->files */
	struct stat st;
};

/* A path as an include line means it: relative to the file it stands in. */
static char *include_path(const char *from, const char *path)
{
	const char *slash = strrchr(from, '/');

	if (path[0] == '/' || !slash)
		return str_dup(path);
	return str_dupf("%.*s/%s", (int)(slash - from), from, path);
}

/* The name that nodes of this file carry; NULL: no memory. */
static const char *reading_add_file(struct reading *all, const char *path)
{
	struct config_tree *t = all->tree;
	char **more = node_grow(t->files, t->n_files, sizeof(*more));
	char *copy = str_dup(path);

	if (more)
		t->files = more;
	if (!more || !copy) {
		free(copy);
		return NULL;
	}
	t->files[t->n_files++] = copy;
	return copy;
}

/* What speaks against including this file, or NULL. */
static const char *reading_objects(const struct reading *all,
				   const struct reader *up,
				   const struct input *in)
{
	unsigned int depth = 0;

	for (; up; up = up->up, depth++)
		if (up->st.st_dev == in->st.st_dev &&
		    up->st.st_ino == in->st.st_ino)
			return "includes itself";
	if (depth > INCLUDE_MAX)
		return "is included more than 16 levels deep";
	if (all->tree->n_files >= FILES_MAX ||
	    all->bytes + in->len > TOTAL_MAX_BYTES)
		return "is one too many: at most 1,000 files of 16 MiB in all";
	return NULL;
}

static int reader_open(struct reading *all, const struct reader *up,
		       const char *path, unsigned int line);

static int reader_include(void *user, const char *path, unsigned int line)
{
	const struct reader *rd = user;
	char *full = include_path(rd->file, path);
	int r;

	if (!full) {
		faults_add_no_memory(rd->all->faults, rd->file, line);
		return -ENOMEM;
	}
	r = reader_open(rd->all, rd, full, line);
	free(full);
	return r;
}

static int reader_run(struct reader *rd, const char *text, size_t len)
{
	struct grammar g = {
		.lx = {
			.file = rd->file,
			.text = text,
			.len = len,
			.line = 1,
			.faults = rd->all->faults,
		},
		.tree = rd->all->tree,
		.wanted = rd->all->wanted,
		.include = reader_include,
		.user = rd,
		.file = rd->file,
		.file_mode = rd->st.st_mode,
		.file_gid = rd->st.st_gid,
	};

	return grammar_run(&g);
}

/* Reads the main file (up is NULL) or one that line of up includes. */
static int reader_open(struct reading *all, const struct reader *up,
		       const char *path, unsigned int line)
{
	struct reader rd = { .all = all, .up = up };
	const char *objection;
	struct input in;
	char text[256];
	int r = input_read(path, FILE_MAX_BYTES, &in);

	if (r < 0) {
		(void)input_error_text(r, text, sizeof(text));
		if (up)
			faults_add(all->faults, up->file, line, "%s %s", path,
				   text);
		else
			faults_add(all->faults, path, 0, "%s", text);
		all->faults->failed |= r == -ENOMEM || r == -EMFILE ||
				       r == -ENFILE || r == -EIO;
		if (all->error == 0)
			all->error = r;
		return 0;
	}
	objection = reading_objects(all, up, &in);
	rd.file = objection ? NULL : reading_add_file(all, path);
	if (objection)
		faults_add(all->faults, up ? up->file : path, line, "%s %s",
			   path, objection);
	else if (!rd.file)
		faults_add_no_memory(all->faults, path, 0);
	if (!rd.file) {
		input_done(&in);
		return objection ? -EINVAL : -ENOMEM;
	}
	all->bytes += in.len;
	rd.st = in.st;
	r = reader_run(&rd, in.data, in.len);
	input_done(&in);
	return r;
}

int reader_read_file(const char *path, config_wanted_fn *wanted,
		     struct config_tree *tree, struct faults *faults)
{
	struct reading all = {
		.tree = tree,
		.wanted = wanted,
		.faults = faults,
	};
	int r = reader_open(&all, NULL, path, 0);

	return r < 0 ? r : all.error;
}

int reader_read_text(const char *name, const char *text, size_t len,
		     config_wanted_fn *wanted, struct config_tree *tree,
		     struct faults *faults)
{
	struct reading all = {
		.tree = tree,
		.wanted = wanted,
		.faults = faults,
	};
	struct reader rd = { .all = &all };
	int r;

	rd.file = reading_add_file(&all, name);
	if (!rd.file) {
		faults_add_no_memory(faults, name, 0);
		return -ENOMEM;
	}
	r = reader_run(&rd, text, len);
	return r < 0 ? r : all.error;
}
