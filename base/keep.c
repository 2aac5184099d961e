#include "config.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/keep.h"

/* Sizes are rounded up to these steps; each has a list of what is free. */
#define STEP  16
#define MOST  1024 /* larger ones are malloc()'s */
#define CHUNK (64 << 10)

/* The sanitizer sees who uses what is free, but only in memory of its own. */
#ifdef __SANITIZE_ADDRESS__
#define KEEP_NOTHING 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define KEEP_NOTHING 1
#endif
#endif
#ifndef KEEP_NOTHING
#define KEEP_NOTHING 0
#endif

struct piece {
	struct piece *next;
};

static struct {
	struct piece *free[MOST / STEP + 1];
	char *chunk; /* what was not handed out yet */
	size_t left;
} keep;

static bool is_ours(size_t size)
{
	return !KEEP_NOTHING && size > 0 && size <= MOST;
}

static void *keep_cut(size_t size)
{
	char *piece;

	if (keep.left < size) {
		void *chunk = mmap(NULL, CHUNK, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (chunk == MAP_FAILED)
			return NULL;
		keep.chunk = chunk;
		keep.left = CHUNK;
	}
	piece = keep.chunk;
	keep.chunk += size;
	keep.left -= size;
	return piece;
}

void *keep_alloc(size_t size)
{
	size_t step = (size + STEP - 1) / STEP;
	struct piece *p;

	if (!is_ours(size))
		return calloc(1, size);
	p = keep.free[step];
	if (!p)
		return keep_cut(step * STEP); /* from the kernel: all zero */
	keep.free[step] = p->next;
	return memset(p, 0, step * STEP);
}

void keep_free(void *p, size_t size)
{
	size_t step = (size + STEP - 1) / STEP;
	struct piece *piece = p;

	if (!p)
		return;
	if (!is_ours(size)) {
		free(p);
		return;
	}
	piece->next = keep.free[step];
	keep.free[step] = piece;
}

char *keep_text(const char *text)
{
	char *copy = text ? keep_alloc(strlen(text) + 1) : NULL;

	return copy ? memcpy(copy, text, strlen(text) + 1) : NULL;
}

void keep_text_free(char *text)
{
	keep_free(text, text ? strlen(text) + 1 : 0);
}
