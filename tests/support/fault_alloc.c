/*
 * fault_alloc - preloaded: the n-th allocation finds no memory.
 *
 *     FAULT_ALLOC_PROGRAM  whose allocations are counted, from main() on
 *     FAULT_ALLOC_ARGUMENT only with this argument, where given
 *     FAULT_ALLOC_N        the first that fails; 0: none
 *     FAULT_ALLOC_COUNT    so many from there on (1)
 *     FAULT_ALLOC_FIRED    a file that is made when the first one fails;
 *                          where it is there already, none does
 *     FAULT_ALLOC_TOTAL    the count is written there at the end
 *     FAULT_ALLOC_TRAP     stops there, for a debugger
 *
 * What libc allocates for itself (strdup, fopen, …) comes here, too.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

static struct {
	bool on, trap;
	unsigned long n, count, seen;
	const char *fired, *total;
} a;

static unsigned long number(const char *name, unsigned long otherwise)
{
	const char *text = getenv(name);

	return text ? strtoul(text, NULL, 10) : otherwise;
}

static bool has_argument(int argc, char **argv)
{
	const char *want = getenv("FAULT_ALLOC_ARGUMENT");

	for (int i = 1; want && i < argc; i++)
		if (strcmp(argv[i], want) == 0)
			return true;
	return !want;
}

/* glibc hands main()'s arguments to constructors. */
__attribute__((constructor)) static void begin(int argc, char **argv)
{
	const char *program = getenv("FAULT_ALLOC_PROGRAM");

	if (!program || strcmp(program, program_invocation_short_name) != 0 ||
	    !has_argument(argc, argv))
		return;
	a.n = number("FAULT_ALLOC_N", 0);
	a.count = number("FAULT_ALLOC_COUNT", 1);
	a.fired = getenv("FAULT_ALLOC_FIRED");
	a.total = getenv("FAULT_ALLOC_TOTAL");
	a.trap = getenv("FAULT_ALLOC_TRAP") != NULL;
	a.on = true;
}

__attribute__((destructor)) static void end(void)
{
	char text[32];
	int fd = -1, len;

	if (a.on && a.total)
		fd = open(a.total, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC,
			  0600);
	if (fd < 0)
		return;
	len = snprintf(text, sizeof(text), "%lu\n", a.seen);
	if (write(fd, text, (size_t)len) != len)
		_exit(99);
	(void)close(fd);
}

/* Whoever is first makes the file; later processes go on unharmed. */
static bool is_mine(void)
{
	int fd;

	if (!a.fired)
		return true;
	fd = open(a.fired, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd >= 0)
		(void)close(fd);
	return fd >= 0;
}

static bool fails(void)
{
	int before = errno;

	if (!a.on)
		return false;
	a.seen++;
	if (a.n == 0 || a.seen < a.n || a.seen >= a.n + a.count)
		return false;
	if (a.seen == a.n && !is_mine()) {
		a.n = 0;
		errno = before;
		return false;
	}
	if (a.trap)
		(void)raise(SIGTRAP);
	errno = ENOMEM;
	return true;
}

void *malloc(size_t size)
{
	return fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	return fails() ? NULL : __libc_calloc(n, size);
}

void *realloc(void *p, size_t size)
{
	return size > 0 && fails() ? NULL : __libc_realloc(p, size);
}

void *reallocarray(void *p, size_t n, size_t size)
{
	size_t all;

	if (__builtin_mul_overflow(n, size, &all)) {
		errno = ENOMEM;
		return NULL;
	}
	return realloc(p, all);
}

void *memalign(size_t align, size_t size)
{
	return fails() ? NULL : __libc_memalign(align, size);
}

void *aligned_alloc(size_t align, size_t size)
{
	return memalign(align, size);
}

int posix_memalign(void **ret, size_t align, size_t size)
{
	void *p = memalign(align, size);

	if (!p)
		return ENOMEM;
	*ret = p;
	return 0;
}
