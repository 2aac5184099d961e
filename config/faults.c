#include <config.h>

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "config/faults.h"

#define TEXT_MAX_BYTES 500

/*
 * Stands in for the first fault where there is no memory for it, so that
 * "no fault" always means that all was well. Never freed, never written.
 */
static char no_file[] = "";
static char no_memory[] = "out of memory";
static struct fault last_resort = { .file = no_file, .text = no_memory };

static void fault_free(struct fault *fault)
{
	if (fault->text == no_memory)
		return;
	free(fault->file);
	free(fault->text);
}

/* Room for one fault more; false where there is none. */
static bool faults_grow(struct faults *f)
{
	struct fault *items;
	bool fixed = f->items == &last_resort;

	/* Room is made at each power of two, for as many again. */
	if (!fixed && f->n != 0 && (f->n & (f->n - 1)) != 0)
		return true;
	items = realloc(fixed ? NULL : f->items,
			(f->n ? 2 * f->n : 1) * sizeof(*items));
	if (!items)
		return false;
	if (fixed)
		items[0] = last_resort;
	f->items = items;
	return true;
}

void faults_add(struct faults *f, const char *file, unsigned int line,
		const char *format, ...)
{
	char raw[2 * TEXT_MAX_BYTES], text[TEXT_MAX_BYTES + 8];
	struct fault fault = { .line = line };
	va_list args;

	if (f->n >= FAULTS_MAX)
		return;
	va_start(args, format);
	(void)vsnprintf(raw, sizeof(raw), format, args);
	va_end(args);
	/* It quotes the operator's files and environment: one clean line. */
	(void)str_printable(raw, strlen(raw), TEXT_MAX_BYTES, text,
			    sizeof(text));
	fault.file = str_dup(file);
	fault.text = str_dup(text);
	if (fault.file && fault.text && faults_grow(f)) {
		f->items[f->n++] = fault;
		return;
	}
	free(fault.file);
	free(fault.text);
	if (f->n == 0) {
		f->items = &last_resort;
		f->n = 1;
	}
	f->failed = true;
}

void faults_add_no_memory(struct faults *f, const char *file,
			  unsigned int line)
{
	faults_add(f, file, line, "%s", no_memory);
	f->failed = true;
}

/* A fault with what it is sorted by. */
struct ranked {
	struct fault fault;
	size_t file; /* the first fault that has the same file */
	size_t at;
};

static int ranked_compare(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	if (x->file != y->file)
		return x->file < y->file ? -1 : 1;
	if (x->fault.line != y->fault.line)
		return x->fault.line < y->fault.line ? -1 : 1;
	return x->at < y->at ? -1 : 1;
}

/* Has this one been said already, among those of the same line? */
static bool faults_said(const struct faults *f, const struct fault *fault)
{
	for (size_t i = f->n; i-- > 0;) {
		const struct fault *old = &f->items[i];

		if (old->line != fault->line ||
		    strcmp(old->file, fault->file) != 0)
			return false;
		if (strcmp(old->text, fault->text) == 0)
			return true;
	}
	return false;
}

void faults_sort(struct faults *f)
{
	struct ranked *r;
	size_t n = f->n;

	if (n < 2)
		return;
	r = calloc(n, sizeof(*r));
	if (!r)
		return; /* unsorted is better than lost */
	for (size_t i = 0; i < n; i++) {
		size_t first = 0;

		while (strcmp(f->items[first].file, f->items[i].file) != 0)
			first++;
		r[i] = (struct ranked){ f->items[i], first, i };
	}
	qsort(r, n, sizeof(*r), ranked_compare);
	f->n = 0;
	for (size_t i = 0; i < n; i++) {
		if (faults_said(f, &r[i].fault))
			fault_free(&r[i].fault);
		else
			f->items[f->n++] = r[i].fault;
	}
	free(r);
}

const char *faults_print(const struct fault *f, char *out, size_t size)
{
	if (f->file[0] == '\0')
		(void)snprintf(out, size, "%s", f->text);
	else
		(void)snprintf(out, size, "%s:%u: %s", f->file,
			       f->line ? f->line : 1, f->text);
	return out;
}

void faults_done(struct faults *f)
{
	for (size_t i = 0; i < f->n; i++)
		fault_free(&f->items[i]);
	if (f->items != &last_resort)
		free(f->items);
	*f = (struct faults){ 0 };
}
