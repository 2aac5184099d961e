/*
 * keep - memory for small things that stay, apart from what comes and goes.
 *
 * What thousands of records learn in a burst of questions lies between the
 * questions' own memory if malloc() places it; when those are over, nearly
 * every page still holds something and none can be given back.
 *
 * For one thread. Pages that were taken stay taken, and are used again.
 */
#ifndef BASE_KEEP_H
#define BASE_KEEP_H

#include <stddef.h>

/* All zero, aligned for anything; NULL without memory. */
void *keep_alloc(size_t size);
/* size is the one it was asked for with. NULL is fine. */
void keep_free(void *p, size_t size);
/* A copy of text; NULL for NULL too. */
char *keep_text(const char *text);
void keep_text_free(char *text);

#endif
