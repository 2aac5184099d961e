/*
 * faults - everything that is wrong with the operator's files, in one run.
 */
#ifndef CONFIG_FAULTS_H
#define CONFIG_FAULTS_H

#include <stdbool.h>
#include <stddef.h>

#define FAULTS_MAX 1000

/* text has no FILE:LINE; file is "" where a fault belongs to none. */
struct fault {
	char *file;
	unsigned int line; /* 0: the file as a whole, told as its first */
	char *text;
};

struct faults {
	struct fault *items;
	size_t n;
	bool failed; /* one was no fault of the files: no memory, no reader */
};

/*
 * At most FAULTS_MAX are kept; memory that is short loses some, never the
 * first. The text is made printable and one line.
 */
void faults_add(struct faults *f, const char *file, unsigned int line,
		const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* Out of memory while that place was read. */
void faults_add_no_memory(struct faults *f, const char *file,
			  unsigned int line);
/*
 * By file in the order of first mention, then line; stable. What was said
 * twice in the same words of the same line stays once.
 */
void faults_sort(struct faults *f);
/* "FILE:LINE: text", or "text" where there is no file. Returns out. */
const char *faults_print(const struct fault *f, char *out, size_t size);
void faults_done(struct faults *f);

#endif
