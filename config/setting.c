#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "config/setting.h"

#define WORDS_MAX 64

/* One value on its way into a struct. */
struct reading {
	const struct setting *row;
	void *target;
	struct faults *faults; /* NULL: a default, which is right */
	const char *file;
	unsigned int line;
};

static void *reading_at(const struct reading *rd)
{
	return (char *)rd->target + rd->row->at;
}

/* "no or yes", "auto, never or always". */
static const char *words_print(const char *const *words, char *out,
			       size_t size)
{
	struct buf b = BUF_INIT(size - 1);

	for (size_t i = 0; words[i]; i++)
		buf_addf(&b, "%s%s", i == 0 ? "" : words[i + 1] ? ", " : " or ",
			 words[i]);
	(void)snprintf(out, size, "%s", b.data ? b.data : "");
	buf_done(&b);
	return out;
}

static void reading_choice(const struct reading *rd, const char *text)
{
	const char *const *words = rd->row->words;
	char list[256];

	for (unsigned int i = 0; words[i]; i++) {
		if (strcmp(words[i], text) != 0)
			continue;
		if (rd->row->kind == SETTING_FLAG)
			*(bool *)reading_at(rd) = i == 1;
		else
			*(unsigned int *)reading_at(rd) = i;
		return;
	}
	faults_add(rd->faults, rd->file, rd->line, "%s is %s, not \"%s\"",
		   rd->row->name, words_print(words, list, sizeof(list)),
		   text);
}

/* 0, or -EINVAL where text is no number at all, -ERANGE where too large. */
static int number_parse(const char *text, bool hex, uint64_t *ret)
{
	uint32_t n;
	int r;

	if (hex && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
		size_t digits = strspn(text + 2, "0123456789abcdefABCDEF");

		if (digits == 0 || text[2 + digits] != '\0')
			return -EINVAL;
		if (digits > 8)
			return -ERANGE;
		*ret = strtoul(text + 2, NULL, 16);
		return 0;
	}
	r = str_to_u32(text, UINT32_MAX, &n);
	if (r == 0)
		*ret = n;
	return r;
}

static void reading_number(const struct reading *rd, const char *text)
{
	const struct setting *row = rd->row;
	uint64_t n = 0;
	int r = number_parse(text, row->kind == SETTING_MARK, &n);

	if (r < 0 || n < row->min || n > row->max) {
		faults_add(rd->faults, rd->file, rd->line,
			   "%s is a number from %" PRIu64 " to %" PRIu64
			   ", not \"%s\"", row->name, row->min, row->max,
			   text);
		return;
	}
	*(uint32_t *)reading_at(rd) = (uint32_t)n;
}

/* 0 or -EINVAL, with the fault added. */
static int time_parse(const struct reading *rd, const char *text,
		      uint64_t *ret)
{
	const struct setting *row = rd->row;
	char least[24], most[24];
	uint64_t ms = 0;
	int r;

	if (row->also && strcmp(text, row->also) == 0) {
		*ret = UINT64_MAX;
		return 0;
	}
	r = str_to_duration_ms(text, &ms);
	if (r == -EINVAL && text[0] != '\0' &&
	    text[strspn(text, "0123456789")] == '\0') {
		faults_add(rd->faults, rd->file, rd->line,
			   "%s = %s has no unit: ms, s, m, h or d", row->name,
			   text);
		return -EINVAL;
	}
	if (r == -EINVAL) {
		faults_add(rd->faults, rd->file, rd->line,
			   "%s is a time such as 1500ms, 30s, 5m, 1h or 2d%s%s,"
			   " not \"%s\"", row->name, row->also ? ", or " : "",
			   row->also ? row->also : "", text);
		return -EINVAL;
	}
	if (r == 0 && ms == 0 && row->zero) {
		faults_add(rd->faults, rd->file, rd->line,
			   "%s must not be 0: %s", row->name, row->zero);
		return -EINVAL;
	}
	if (r < 0 || (ms != 0 && ms < row->min) || ms > row->max) {
		faults_add(rd->faults, rd->file, rd->line,
			   "%s is from %s to %s%s, not \"%s\"", row->name,
			   str_duration(row->min, least, sizeof(least)),
			   str_duration(row->max, most, sizeof(most)),
			   row->zero || row->min == 0 ? "" : ", or 0", text);
		return -EINVAL;
	}
	*ret = ms;
	return 0;
}

static void reading_time(const struct reading *rd, const char *text)
{
	uint64_t ms;

	if (time_parse(rd, text, &ms) < 0)
		return;
	if (rd->row->kind == SETTING_TIME32)
		*(uint32_t *)reading_at(rd) = (uint32_t)ms;
	else
		*(uint64_t *)reading_at(rd) = ms;
}

static bool reading_formed(const struct reading *rd, const char *text)
{
	const char *want;

	want = text[0] == '\0' ? "empty" : NULL;
	if (want) {
		faults_add(rd->faults, rd->file, rd->line, "%s is empty",
			   rd->row->name);
		return false;
	}
	want = rd->row->form ? rd->row->form(text) : NULL;
	if (want)
		faults_add(rd->faults, rd->file, rd->line,
			   "%s: \"%s\" is not %s", rd->row->name, text, want);
	return !want;
}

static int reading_text(const struct reading *rd, const char *text)
{
	char *copy;

	if (!reading_formed(rd, text))
		return 0;
	copy = str_dup(text);
	if (!copy)
		return -ENOMEM;
	free(*(char **)reading_at(rd));
	*(char **)reading_at(rd) = copy;
	return 0;
}

static int reading_texts(struct reading *rd, const struct config_setting *set)
{
	struct config_strings strings = { 0 };

	if (set->n_values == 0)
		return 0;
	strings.items = calloc(set->n_values, sizeof(*strings.items));
	if (!strings.items)
		return -ENOMEM;
	for (size_t i = 0; i < set->n_values; i++) {
		rd->line = set->values[i].line;
		if (!reading_formed(rd, set->values[i].text))
			continue;
		strings.items[strings.n] = str_dup(set->values[i].text);
		if (!strings.items[strings.n]) {
			setting_strings_done(&strings);
			return -ENOMEM;
		}
		strings.n++;
	}
	setting_strings_done(reading_at(rd));
	*(struct config_strings *)reading_at(rd) = strings;
	return 0;
}

static int reading_single(const struct reading *rd, const char *text)
{
	switch (rd->row->kind) {
	case SETTING_TEXT:
		return reading_text(rd, text);
	case SETTING_NUMBER:
	case SETTING_MARK:
		reading_number(rd, text);
		return 0;
	case SETTING_TIME:
	case SETTING_TIME32:
		reading_time(rd, text);
		return 0;
	case SETTING_CHOICE:
	case SETTING_FLAG:
		reading_choice(rd, text);
		return 0;
	case SETTING_TEXTS:
		break;
	}
	return 0;
}

static void setting_unknown(const struct config_section *s,
			    const struct config_setting *set,
			    const struct setting *rows,
			    struct faults *faults)
{
	const char *words[WORDS_MAX] = { NULL };
	const char *near;

	for (size_t i = 0; rows[i].name && i < WORDS_MAX - 1; i++)
		words[i] = rows[i].name;
	near = str_nearest(set->name, words);
	faults_add(faults, set->file, set->line,
		   "unknown setting \"%s\" in %s%s%s%s%s%s%s", set->name,
		   s->type, s->title ? " \"" : "", s->title ? s->title : "",
		   s->title ? "\"" : "", near ? "; did you mean \"" : "",
		   near ? near : "", near ? "\"?" : "");
}

static int setting_take(const struct config_setting *set,
			const struct setting *row, void *target,
			struct faults *faults)
{
	struct reading rd = {
		.row = row,
		.target = target,
		.faults = faults,
		.file = set->file,
		.line = set->line,
	};

	if (set->skipped)
		return 0;
	if (row->set_at)
		*(bool *)((char *)target + row->set_at) = true;
	if (set->n_values == 0 && !row->empty) {
		faults_add(faults, set->file, set->line, "%s is an empty list",
			   row->name);
		return 0;
	}
	if (row->kind == SETTING_TEXTS)
		return reading_texts(&rd, set);
	if (set->list) {
		faults_add(faults, set->file, set->line,
			   "%s takes one value, not a list", row->name);
		return 0;
	}
	rd.line = set->values[0].line;
	return reading_single(&rd, set->values[0].text);
}

int setting_set_defaults(const struct setting *rows, void *target)
{
	for (; rows->name; rows++) {
		struct reading rd = { .row = rows, .target = target };
		int r = rows->fallback ? reading_single(&rd, rows->fallback)
				       : 0;

		if (r < 0)
			return r;
	}
	return 0;
}

int setting_read(const struct config_section *s, const struct setting *rows,
		 void *target, struct faults *faults)
{
	for (size_t i = 0; i < s->n_settings; i++) {
		const struct config_setting *set = &s->settings[i];
		const struct setting *row = rows;
		int r = 0;

		while (row->name && strcmp(row->name, set->name) != 0)
			row++;
		if (row->name)
			r = setting_take(set, row, target, faults);
		else if (faults->n < FAULTS_MAX)
			setting_unknown(s, set, rows, faults);
		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < s->n_sections; i++)
		faults_add(faults, s->sections[i].file, s->sections[i].line,
			   "no section stands within a %s: is \"}\" missing "
			   "above, or \"=\" after \"%s\"?", s->type,
			   s->sections[i].type);
	return 0;
}

void setting_strings_done(struct config_strings *strings)
{
	for (size_t i = 0; i < strings->n; i++)
		free(strings->items[i]);
	free(strings->items);
	*strings = (struct config_strings){ 0 };
}

void setting_done(const struct setting *rows, void *target)
{
	for (; rows->name; rows++) {
		void *at = (char *)target + rows->at;

		if (rows->kind == SETTING_TEXTS)
			setting_strings_done(at);
		if (rows->kind == SETTING_TEXT) {
			free(*(char **)at);
			*(char **)at = NULL;
		}
	}
}
