/*
 * str - strict parsing of numbers and durations, safe printing of text.
 *
 * Pure, but for str_dup_*() which allocate.
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Decimal digits only, the whole text, at most max. 0 or -EINVAL, -ERANGE. */
int str_to_u32(const char *text, uint32_t max, uint32_t *ret);

/*
 * "1500ms", "30s", "5m", "1h", "2d", or "0"; one number and one unit. A bare
 * number other than 0 is -EINVAL, more than 10 years -ERANGE. 0 otherwise.
 */
int str_to_duration_ms(const char *text, uint64_t *ret_ms);

/* "1500ms", "30s", "5m", …: the largest unit that loses nothing. */
const char *str_duration(uint64_t ms, char *out, size_t size);

/*
 * Copies at most max bytes of text that came from outside, with whatever is
 * not printable ASCII or well-formed UTF-8 (control characters, DEL, C1)
 * written as '?', and runs of white space as one space. Always ends out;
 * "…" marks what was cut. Returns out.
 */
const char *str_printable(const char *text, size_t len, size_t max, char *out,
			  size_t size);

/* Takes a begun UTF-8 character off the end of a text that was cut. */
void str_end_whole(char *text);

/* Does text match the shell pattern ('*', '?', '[a-z]')? */
bool str_glob(const char *pattern, const char *text);

/* ASCII only; the locale has no say. */
int str_case_compare(const char *a, const char *b);
void str_lower(char *text);

/*
 * The entry of words (NULL-ended) nearest to word by edit distance, if it is
 * near enough to be a slip of the finger; else NULL.
 */
const char *str_nearest(const char *word, const char *const words[]);

/* strdup() and vasprintf() that return NULL on every failure. */
char *str_dup(const char *text);
char *str_dupf(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Overwrites a secret so that no optimizer leaves it out. NULL is fine. */
void str_wipe(char *text);
/* str_wipe(), then free(). */
void str_wipe_free(char *text);

#endif
