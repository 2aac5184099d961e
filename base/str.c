#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

#define DURATION_MAX_MS (3660ULL * 24 * 3600 * 1000)

static const struct unit {
	const char *name;
	uint64_t ms;
} units[] = {
	{ "ms", 1 },
	{ "s", 1000 },
	{ "m", 60 * 1000 },
	{ "h", 3600 * 1000 },
	{ "d", 24 * 3600 * 1000 },
};

#define N_UNITS (sizeof(units) / sizeof(units[0]))

int str_to_u32(const char *text, uint32_t max, uint32_t *ret)
{
	uint64_t n = 0;

	if (*text == '\0')
		return -EINVAL;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return -EINVAL;
		n = n * 10 + (uint64_t)(*text - '0');
		if (n > max)
			return -ERANGE;
	}
	*ret = (uint32_t)n;
	return 0;
}

int str_to_duration_ms(const char *text, uint64_t *ret_ms)
{
	size_t digits = strspn(text, "0123456789");
	char number[11];
	uint32_t n;

	if (strcmp(text, "0") == 0) {
		*ret_ms = 0;
		return 0;
	}
	if (digits == 0)
		return -EINVAL;
	if (digits >= sizeof(number))
		return -ERANGE;
	memcpy(number, text, digits);
	number[digits] = '\0';
	if (str_to_u32(number, UINT32_MAX, &n) < 0)
		return -ERANGE;
	for (size_t i = 0; i < N_UNITS; i++) {
		if (strcmp(text + digits, units[i].name) != 0)
			continue;
		if (n * units[i].ms > DURATION_MAX_MS)
			return -ERANGE;
		*ret_ms = n * units[i].ms;
		return 0;
	}
	return -EINVAL;
}

const char *str_duration(uint64_t ms, char *out, size_t size)
{
	size_t i = N_UNITS - 1;

	while (i > 0 && (ms == 0 || ms % units[i].ms != 0))
		i--;
	if (ms == 0)
		i = 1;
	(void)snprintf(out, size, "%llu%s",
		       (unsigned long long)(ms / units[i].ms), units[i].name);
	return out;
}

/* The length of the well-formed UTF-8 sequence at p (RFC 3629), or 0. */
static size_t utf8_len(const unsigned char *p, size_t left)
{
	size_t len = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
	uint32_t c = p[0] & (0xffU >> (len + 1));
	static const uint32_t least[] = { 0, 0, 0xa0, 0x800, 0x10000 };

	if (p[0] < 0xc2 || p[0] > 0xf4 || len > left)
		return 0;
	for (size_t i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	/* U+2028 and U+202A.. are line ends and direction overrides. */
	if (c < least[len] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000) ||
	    (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069))
		return 0;
	return len;
}

void str_end_whole(char *text)
{
	size_t len = strlen(text), lead = len;
	unsigned char c;

	while (lead > 0 && ((unsigned char)text[lead - 1] & 0xc0) == 0x80)
		lead--;
	if (lead == 0)
		return;
	c = (unsigned char)text[lead - 1];
	if (len - lead < (c >= 0xf0 ? 3U : c >= 0xe0 ? 2U : c >= 0xc0 ? 1U : 0))
		text[lead - 1] = '\0';
}

const char *str_printable(const char *text, size_t len, size_t max, char *out,
			  size_t size)
{
	static const char cut[] = "\xe2\x80\xa6";
	const unsigned char *p = (const unsigned char *)text;
	size_t room = size - sizeof(cut), n = 0, i = 0;

	if (room > max)
		room = max;
	while (i < len) {
		size_t step = 1, wide = p[i] >= 0x80 ? utf8_len(p + i,
								len - i) : 1;

		if (isspace(p[i])) {
			while (i + step < len && isspace(p[i + step]))
				step++;
			if (i + step == len || n == 0) {
				i += step;
				continue;
			}
		}
		if (wide > 1)
			step = wide;
		if (n + (wide > 1 ? wide : 1) > room) {
			memcpy(out + n, cut, sizeof(cut));
			return out;
		}
		if (wide > 1) {
			memcpy(out + n, p + i, wide);
			n += wide;
		} else if (isspace(p[i])) {
			out[n++] = ' ';
		} else {
			out[n++] = p[i] >= 0x20 && p[i] < 0x7f ? (char)p[i]
							       : '?';
		}
		i += step;
	}
	out[n] = '\0';
	return out;
}

bool str_glob(const char *pattern, const char *text)
{
	return fnmatch(pattern, text, 0) == 0;
}

static int lower(char c)
{
	return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : (unsigned char)c;
}

int str_case_compare(const char *a, const char *b)
{
	while (*a && lower(*a) == lower(*b)) {
		a++;
		b++;
	}
	return lower(*a) - lower(*b);
}

void str_lower(char *text)
{
	for (; *text; text++)
		*text = (char)lower(*text);
}

#define NEAREST_MAX 40

/* Optimal string alignment: a swap of neighbours counts one. */
static size_t edit_distance(const char *a, const char *b)
{
	size_t la = strlen(a), lb = strlen(b);
	unsigned char d[NEAREST_MAX + 1][NEAREST_MAX + 1];

	if (la > NEAREST_MAX || lb > NEAREST_MAX)
		return SIZE_MAX;
	for (size_t i = 0; i <= la; i++)
		d[i][0] = (unsigned char)i;
	for (size_t j = 0; j <= lb; j++)
		d[0][j] = (unsigned char)j;
	for (size_t i = 1; i <= la; i++)
		for (size_t j = 1; j <= lb; j++) {
			int best = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);

			if (d[i - 1][j] + 1 < best)
				best = d[i - 1][j] + 1;
			if (d[i][j - 1] + 1 < best)
				best = d[i][j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1] && d[i - 2][j - 2] + 1 < best)
				best = d[i - 2][j - 2] + 1;
			d[i][j] = (unsigned char)best;
		}
	return d[la][lb];
}

const char *str_nearest(const char *word, const char *const words[])
{
	size_t limit = strlen(word) / 3, best = SIZE_MAX;
	const char *nearest = NULL;

	if (limit == 0)
		limit = 1;
	for (size_t i = 0; words[i]; i++) {
		size_t d = edit_distance(word, words[i]);

		if (d <= limit && d < best) {
			best = d;
			nearest = words[i];
		}
	}
	return nearest;
}

char *str_dup(const char *text)
{
	return text ? strdup(text) : NULL;
}

char *str_dupf(const char *format, ...)
{
	va_list args;
	char *text;
	int n;

	va_start(args, format);
	n = vasprintf(&text, format, args);
	va_end(args);
	return n < 0 ? NULL : text;
}

void str_wipe(char *text)
{
	if (text)
		explicit_bzero(text, strlen(text));
}

void str_wipe_free(char *text)
{
	str_wipe(text);
	free(text);
}
